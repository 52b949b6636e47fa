import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { SessionId } from "../../../src/domain/ids.ts";
import { firstRefreshToken } from "../../../src/http/access/refresh-token.ts";
import { PASSWORD } from "../../support/clients/api.ts";
import { wire } from "../../support/clients/wire.ts";
import { KEY } from "../appkey/client.ts";
import { RULE_KEY } from "../usersig/client.ts";
import { appkey, BY_CLOUDFLARE, id, lock, nameOf, type Row, self, tim, usersig, v1, WRONG } from "./scene.ts";

const Numbered = z.object({ id: z.int() });
const Coded = z.object({ code: z.string() });
const Hooked = z.object({ id: z.string() });

/** What v1 records. */
export const V1: Row[] = [
  {
    what: "registering",
    run: ({ name }) => v1(undefined, "POST", "/register", { username: name, password: PASSWORD }),
    events: () => [{ action: "registered" }],
  },
  {
    what: "a sign-in",
    run: ({ ann }) => v1(undefined, "POST", "/login", { username: nameOf(ann), password: PASSWORD }),
    events: ({ ann }) => [self("sign_in", ann)],
  },
  {
    what: "a wrong password",
    run: ({ ann }) => v1(undefined, "POST", "/login", { username: nameOf(ann), password: WRONG }),
    events: ({ ann }) => [{ action: "sign_in_failed", user: id(ann), by: null }],
  },
  {
    what: "an unknown name",
    run: ({ name }) => v1(undefined, "POST", "/login", { username: name, password: PASSWORD }),
    events: () => [{ action: "sign_in_failed", user: null, by: null }],
  },
  {
    what: "a sign-in with a locked name",
    prepare: ({ ann }) => lock(nameOf(ann)),
    run: ({ ann }) => v1(undefined, "POST", "/login", { username: nameOf(ann), password: PASSWORD }),
    events: ({ ann }) => [{ action: "locked", user: id(ann), by: null }],
  },
  {
    what: "a sign-in that has to wait while somebody guesses elsewhere",
    prepare: ({ ann }) => lock(nameOf(ann), { "CF-Connecting-IP": "198.51.100.7" }),
    run: ({ ann }) => v1(undefined, "POST", "/login", { username: nameOf(ann), password: PASSWORD }),
    events: ({ ann }) => [{ action: "locked", user: id(ann), by: null }],
  },
  {
    what: "a locked name without an account",
    prepare: ({ name }) => lock(name),
    run: ({ name }) => v1(undefined, "POST", "/login", { username: name, password: PASSWORD }),
    events: () => [{ action: "locked", user: null, by: null }],
  },
  {
    what: "a wrong password of the caller's own",
    run: ({ ann }) => v1(ann.token, "POST", "/me/password", { current: WRONG, next: `${WRONG}!` }),
    events: ({ ann }) => [self("sign_in_failed", ann)],
  },
  {
    what: "a new password, which ends the other session",
    run: ({ ann }) => v1(ann.token, "POST", "/me/password", { current: PASSWORD, next: `${PASSWORD}!` }),
    events: ({ ann }) => [self("password_changed", ann)],
  },
  {
    what: "a sign-out",
    run: ({ second }) => v1(second.token, "POST", "/logout"),
    events: ({ ann }) => [self("session_ended", ann)],
  },
  {
    what: "the end of another session",
    run: ({ ann, second }) => v1(ann.token, "DELETE", `/sessions/${second.sessionId}`),
    events: ({ ann }) => [self("session_ended", ann)],
  },
  {
    what: "a refresh token that was used before",
    run: ({ second }) => {
      const { text } = firstRefreshToken(env.TOKEN_SECRET, SessionId.parse(second.sessionId));
      return v1(undefined, "POST", "/token", { grant_type: "refresh_token", refresh_token: text });
    },
    events: ({ ann }) => [{ action: "refresh_reused", user: id(ann), by: null }],
  },
  {
    what: "the deletion of an account",
    run: ({ ann }) => v1(ann.token, "DELETE", "/me", { password: PASSWORD }),
    events: ({ ann }) => [self("account_deleted", ann)],
  },
  {
    what: "a new admin",
    run: ({ owner, ann, id: group }) =>
      v1(owner.token, "PATCH", `/conversations/${group}/members/${id(ann)}`, { role: "admin" }),
    events: ({ owner, ann, id: conversation }) => [
      { action: "role_changed", user: id(ann), by: id(owner), conversation, role: "admin" },
    ],
  },
  {
    what: "a new owner",
    run: ({ owner, ann, id: group }) =>
      v1(owner.token, "POST", `/conversations/${group}/owner`, { user_id: id(ann) }),
    events: ({ owner, ann, id: conversation }) => [
      { action: "ownership_changed", user: id(ann), by: id(owner), conversation },
    ],
  },
  {
    what: "a member who is removed",
    run: ({ owner, bob, id: group }) =>
      v1(owner.token, "DELETE", `/conversations/${group}/members/${id(bob)}`),
    events: ({ owner, bob, id: conversation }) => [
      { action: "member_removed", user: id(bob), by: id(owner), conversation },
    ],
  },
  {
    what: "a ban",
    run: ({ owner, bob, id: group }) =>
      v1(owner.token, "PUT", `/conversations/${group}/bans/${id(bob)}`, { reason: WRONG }),
    events: ({ owner, bob, id: conversation }) => [
      { action: "banned", user: id(bob), by: id(owner), conversation },
    ],
  },
  {
    what: "a ban that is lifted",
    prepare: ({ owner, bob, id: group }) =>
      v1(owner.token, "PUT", `/conversations/${group}/bans/${id(bob)}`, { reason: WRONG }),
    run: ({ owner, bob, id: group }) => v1(owner.token, "DELETE", `/conversations/${group}/bans/${id(bob)}`),
    events: ({ owner, bob, id: conversation }) => [
      { action: "ban_lifted", user: id(bob), by: id(owner), conversation },
    ],
  },
  {
    what: "an invitation",
    run: ({ owner, id: group }) => v1(owner.token, "POST", `/conversations/${group}/invitations`, {}),
    events: ({ owner, id: conversation }) => [
      { action: "invitation_created", user: null, by: id(owner), conversation },
    ],
  },
  {
    what: "an invitation that is withdrawn",
    run: async ({ owner, id: group }) => {
      const path = `/conversations/${group}/invitations`;
      const { code } = Coded.parse((await v1(owner.token, "POST", path, {})).body);
      return v1(owner.token, "DELETE", `${path}/${code}`);
    },
    events: ({ owner, id: conversation }) => [
      { action: "invitation_created", user: null, by: id(owner), conversation },
      { action: "invitation_withdrawn", user: null, by: id(owner), conversation },
    ],
  },
  {
    what: "an incoming hook",
    run: ({ owner, id: group }) =>
      v1(owner.token, "POST", `/conversations/${group}/hooks`, { name: "Builds" }),
    events: ({ owner, id: conversation }) => [
      { action: "incoming_hook_created", user: null, by: id(owner), conversation },
    ],
  },
  {
    what: "an incoming hook that gets another URL and is deleted",
    run: async ({ owner, id: group }) => {
      const path = `/conversations/${group}/hooks`;
      const { id: hook } = Hooked.parse((await v1(owner.token, "POST", path, { name: "Builds" })).body);
      await v1(owner.token, "POST", `${path}/${hook}/rotate`);
      return v1(owner.token, "DELETE", `${path}/${hook}`);
    },
    events: ({ owner, id: conversation }) => [
      { action: "incoming_hook_created", user: null, by: id(owner), conversation },
      { action: "incoming_hook_rotated", user: null, by: id(owner), conversation },
      { action: "incoming_hook_deleted", user: null, by: id(owner), conversation },
    ],
  },
  {
    what: "a group that is dissolved",
    run: ({ owner, id: group }) => v1(owner.token, "DELETE", `/conversations/${group}`),
    events: ({ owner, id: conversation }) => [
      { action: "group_dissolved", user: null, by: id(owner), conversation },
    ],
  },
  {
    what: "an invitation to a space, and a role of it, which is dissolved",
    run: async ({ owner }) => {
      const { id: space } = Numbered.parse((await v1(owner.token, "POST", "/spaces", { name: "A" })).body);
      await v1(owner.token, "POST", `/spaces/${space}/invitations`, {});
      await v1(owner.token, "POST", `/spaces/${space}/roles`, { name: "A" });
      return v1(owner.token, "DELETE", `/spaces/${space}`);
    },
    events: ({ owner }) => [
      { action: "invitation_created", user: null, by: id(owner), space: expect.any(Number) },
      { action: "rights_changed", user: null, by: id(owner), space: expect.any(Number) },
      { action: "space_dissolved", user: null, by: id(owner), space: expect.any(Number) },
    ],
  },
];

/** What tim records. */
export const TIM: Row[] = [
  {
    what: "registering",
    run: ({ name }) =>
      tim(undefined, "/register", { username: name, email: "a@example.com", password: PASSWORD }),
    events: () => [{ action: "registered" }],
  },
  {
    what: "a sign-in",
    run: ({ ann }) => tim(undefined, "/login", { username: nameOf(ann), password: PASSWORD }),
    events: ({ ann }) => [self("sign_in", ann)],
  },
  {
    what: "a wrong password",
    run: ({ ann }) => tim(undefined, "/login", { username: nameOf(ann), password: WRONG }),
    events: ({ ann }) => [{ action: "sign_in_failed", user: id(ann), by: null }],
  },
  {
    what: "a locked name",
    prepare: ({ ann }) => lock(nameOf(ann)),
    run: ({ ann }) => tim(undefined, "/login", { username: nameOf(ann), password: PASSWORD }),
    events: ({ ann }) => [{ action: "locked", user: id(ann), by: null }],
  },
  {
    what: "a new admin",
    run: ({ owner, ann, id: groupID }) =>
      tim(owner.token, "/group/setGroupMemberRole", { groupID, userID: nameOf(ann), role: "Admin" }),
    events: ({ owner, ann, id: conversation }) => [
      { action: "role_changed", user: id(ann), by: id(owner), conversation, role: "admin" },
    ],
  },
  {
    what: "a new owner",
    run: ({ owner, ann, id: groupID }) =>
      tim(owner.token, "/group/changeGroupOwner", { groupID, newOwnerID: nameOf(ann) }),
    events: ({ owner, ann, id: conversation }) => [
      { action: "ownership_changed", user: id(ann), by: id(owner), conversation },
    ],
  },
  {
    what: "two members who are removed",
    run: ({ owner, ann, bob, id: groupID }) =>
      tim(owner.token, "/group/deleteGroupMember", { groupID, userIDList: [nameOf(ann), nameOf(bob)] }),
    events: ({ owner, ann, bob, id: conversation }) => [
      { action: "member_removed", user: id(ann), by: id(owner), conversation },
      { action: "member_removed", user: id(bob), by: id(owner), conversation },
    ],
  },
  {
    what: "a group that is dissolved",
    run: ({ owner, id: groupID }) => tim(owner.token, "/group/dismissGroup", { groupID }),
    events: ({ owner, id: conversation }) => [
      { action: "group_dissolved", user: null, by: id(owner), conversation },
    ],
  },
];

/** What only the other APIs record. */
export const OTHERS: Row[] = [
  {
    what: "usersig: a user whom the service creates",
    run: ({ name }) => usersig("/create-chat-user", name, RULE_KEY),
    events: () => [{ action: "registered", by: null }],
  },
  {
    what: "usersig: a user_sig",
    prepare: ({ name }) => usersig("/create-chat-user", name, RULE_KEY),
    run: ({ name }) => usersig("/get-user-sig", name, RULE_KEY),
    events: () => [{ action: "sig_issued", by: null }],
  },
  {
    what: "usersig: a wrong rule key",
    run: ({ ann }) => usersig("/get-user-sig", nameOf(ann), `${RULE_KEY}x`),
    events: () => [{ action: "wrong_key", user: null, by: null, key: "rule" }],
  },
  {
    what: "appkey: a wrong key",
    run: ({ ann }) => appkey(`${KEY}x`, ann.token),
    events: () => [{ action: "wrong_key", user: null, by: null, key: "app" }],
  },
  {
    what: "formpost: a wrong password of the caller's own",
    run: ({ ann }) =>
      wire({
        method: "POST",
        path: "/user/secondary_validate/",
        headers: BY_CLOUDFLARE,
        body: { token: ann.token, password: WRONG },
      }),
    events: ({ ann }) => [self("sign_in_failed", ann)],
  },
];
