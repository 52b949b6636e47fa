import type { Permission } from "../../../src/domain/spaces/permission.ts";
import { call, freshName } from "../../support/clients/api.ts";
import { upgrade } from "../../support/clients/socket.ts";
import { type Act, type Actor, outcome, type Place } from "./acts.ts";

const TEXT = { kind: "text", body: { text: "x" } };
const POLL = { question: "Tea?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };

type Asked = (at: Place, who: Actor) => [method: string, path: string, body?: object];

/** A call about a channel. */
function act(needs: Permission[], name: string, asked: Asked, more: Partial<Act> = {}): Act {
  return {
    ...{ name: `v1: ${name}`, needs, ...more },
    run: async (who, at) => {
      const [method, path, body] = asked(at, who);
      const options = { token: who.token, ...(body && { body }) };
      const answer = await call(method, `/v1/conversations/${at.channel}${path}`, options);
      return outcome(answer, answer.status < 300);
    },
  };
}

const read = (name: string, path: (at: Place) => string) => act([], name, (at) => ["GET", path(at)]);
const post = (needs: Permission[], name: string, body: (at: Place) => object) =>
  act(needs, name, (at) => ["POST", "/messages", body(at)]);

/** The calls of v1 about a channel. */
export const ACTS_OF_V1: readonly Act[] = [
  read("the channel", () => ""),
  read("messages", () => "/messages"),
  read("a message", ({ seq }) => `/messages/${seq}`),
  read("changes", () => "/changes?since=0"),
  read("search", () => "/messages/search?q=hello"),
  read("followers", () => "/members"),
  read("readers", () => "/readers"),
  read("one's permissions", () => "/permissions"),
  read("pins", () => "/pins"),
  read("who has reacted", ({ seq }) => `/messages/${seq}/reactions/:yes:`),
  read("threads", () => "/threads"),
  read("a thread", ({ seq }) => `/threads/${seq}/messages`),
  read("files", () => "/attachments?type=file"),
  act([], "a message saved", ({ seq }) => ["PUT", `/messages/${seq}/saved`]),
  act([], "a thread followed", ({ seq }) => ["PUT", `/threads/${seq}/follow`]),
  act([], "follow", () => ["PUT", "/follow"]),
  {
    name: "v1: a room socket",
    needs: [],
    run: async (who, { channel }) => {
      const response = await upgrade(`/v1/conversations/${channel}/socket`, who.token);
      response.webSocket?.accept();
      response.webSocket?.close(1000);
      const body = response.webSocket ? null : await response.json();
      return outcome({ status: response.status, body }, response.status === 101);
    },
  },
  post(["write"], "a text", () => TEXT),
  post(["write"], "a poll", () => ({ kind: "poll", body: POLL })),
  post(["write"], "a forward", ({ channel, seq }) => ({ forward: { conversation_id: channel, seq } })),
  post(["write", "files"], "a file", ({ file }) => ({ kind: "file", body: { url: file, name: "a.txt" } })),
  post(["write", "mention_all"], "a mention of all", () => ({ ...TEXT, mentions: "all" })),
  post(["threads"], "a reply in a thread", ({ seq }) => ({
    ...{ ...TEXT, thread: { root: seq, also_in_main: false } },
  })),
  post(["threads", "write"], "a reply in a thread and in the main stream", ({ seq }) => ({
    ...{ ...TEXT, thread: { root: seq, also_in_main: true } },
  })),
  act(["reactions"], "a reaction", ({ seq }) => ["PUT", `/messages/${seq}/reactions/:yes:`]),
  act(["pin"], "a pin", ({ seq }) => ["PUT", `/messages/${seq}/pin`]),
  act(["manage_messages"], "another's message revoked", ({ seq }) => [
    ...(["DELETE", `/messages/${seq}?for=everyone`] as const),
  ]),
  act(["manage_channel"], "a topic", () => ["PATCH", "", { introduction: freshName("about") }]),
  act(["manage_channel"], "a name", () => ["PATCH", "", { name: freshName("name") }]),
  act(["manage_channel"], "overrides", () => ["GET", "/overrides"]),
  act(["manage_channel"], "hooks", () => ["GET", "/hooks"]),
  act(["manage_channel"], "a new hook", () => ["POST", "/hooks", { name: "Alerts" }]),
  act(
    ["manage_channel", "manage_roles"],
    "an override of a role",
    ({ lowest }) => ["PUT", `/overrides/roles/${lowest}`, { allow: [], deny: [] }],
    { hasRank: true },
  ),
  act(
    ["manage_channel", "manage_roles"],
    "an override of a member",
    ({ other }) => ["PUT", `/overrides/users/${other.user.id}`, { allow: [], deny: [] }],
    { hasRank: true },
  ),
  act(["manage_roles"], "another's permissions", ({ other }) => [
    ...(["GET", `/permissions?user_id=${other.user.id}`] as const),
  ]),
];
