import { expect } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId } from "../../support/accounts/server-users.ts";
import { advanceClock } from "../../support/clock.ts";
import { exchange, refresh, setIssuers, TestIssuer, tokensOf } from "../../support/issuer/issuer.ts";
import { id, type Row, type Scene, v1 } from "./scene.ts";

/** A call with a key that may do all that these rows do. */
async function byKey(method: string, path: string, body?: Record<string, unknown>) {
  const { text } = await makeServerKey(["keys", "users", "tokens", "act", "conversations", "data"]);
  return v1(text, method, path, body);
}

const KEY = { server_key: expect.stringMatching(/^[0-9a-f]{12}$/), by: null };
const ofAnn = ({ ann }: Scene, path = "") => `/server/users/${id(ann)}${path}`;

/** A refresh token that was used more than 30 s ago. */
let used = "";

/** What a team's backend does, which names the key, and what its issuer's users do. */
export const BACKEND: Row[] = [
  {
    what: "a new key",
    run: () => byKey("POST", "/server/keys", { name: "backend", scopes: ["users"] }),
    events: () => [{ action: "key_created", user: null, ...KEY }],
  },
  {
    what: "a revoked key",
    run: async () => byKey("DELETE", `/server/keys/${(await makeServerKey(["users"])).id}`),
    events: () => [{ action: "key_revoked", user: null, ...KEY }],
  },
  {
    what: "a new user of the backend",
    run: () => byKey("PUT", `/server/users/ext:${freshExternalId()}`, {}),
    events: () => [{ action: "registered", ...KEY }],
  },
  {
    what: "an export of a user by the backend",
    run: (scene) => byKey("GET", ofAnn(scene, "/export")),
    events: ({ ann }) => [{ action: "exported", user: id(ann), ...KEY }],
  },
  {
    what: "a token for a user",
    run: (scene) => byKey("POST", ofAnn(scene, "/tokens")),
    events: ({ ann }) => [{ action: "token_issued", user: id(ann), ...KEY }],
  },
  {
    what: "the end of all sessions of a user",
    run: (scene) => byKey("DELETE", ofAnn(scene, "/sessions")),
    events: ({ ann }) => [{ action: "session_ended", user: id(ann), ...KEY }],
  },
  {
    what: "a suspension",
    run: (scene) => byKey("PUT", ofAnn(scene, "/suspension"), { reason: "spam" }),
    events: ({ ann }) => [{ action: "suspended", user: id(ann), ...KEY }],
  },
  {
    what: "the end of a suspension",
    prepare: async (scene) => {
      await byKey("PUT", ofAnn(scene, "/suspension"));
    },
    run: (scene) => byKey("DELETE", ofAnn(scene, "/suspension")),
    events: ({ ann }) => [{ action: "suspension_lifted", user: id(ann), ...KEY }],
  },
  {
    what: "the deletion of a user by the backend",
    run: (scene) => byKey("DELETE", ofAnn(scene)),
    events: ({ ann }) => [{ action: "account_deleted", user: id(ann), ...KEY }],
  },
  {
    what: "a group of the backend, with a user who is new",
    run: ({ ann }) => {
      const members = [id(ann), `ext:${freshExternalId()}`];
      return byKey("PUT", `/server/conversations/ext:${freshExternalId()}`, { kind: "group", members });
    },
    events: () => [{ action: "registered", ...KEY }],
  },
  {
    what: "another owner by the backend",
    run: ({ id: group, ann }) =>
      byKey("PUT", `/server/conversations/${group}`, { kind: "group", owner: id(ann) }),
    events: ({ id: group, ann }) => [
      { action: "ownership_changed", user: id(ann), conversation: group, ...KEY },
    ],
  },
  {
    what: "an admin and a removal by the backend",
    run: ({ id: group, ann, bob }) => {
      const body = { add: [{ ref: id(ann), role: "admin" }], remove: [id(bob)] };
      return byKey("PATCH", `/server/conversations/${group}/members`, body);
    },
    events: ({ id: group, ann, bob }) => [
      { action: "role_changed", user: id(ann), conversation: group, role: "admin", ...KEY },
      { action: "member_removed", user: id(bob), conversation: group, ...KEY },
    ],
  },
  {
    what: "a refresh token that comes again",
    prepare: async () => {
      const issuer = await TestIssuer.start();
      const restore = setIssuers(issuer.entry());
      used = tokensOf(await exchange(await issuer.sign())).refresh_token ?? "";
      restore();
      tokensOf(await refresh(used));
      advanceClock(60_000);
    },
    run: () => v1(undefined, "POST", "/token", { grant_type: "refresh_token", refresh_token: used }),
    events: () => [{ action: "refresh_reused", by: null }],
  },
];
