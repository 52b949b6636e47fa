import { expect } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { befriend } from "../../support/accounts/friends.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";
import type { Values } from "../../support/surfaces/matching.ts";
import type { Sign } from "../../support/surfaces/stories.ts";

/** An id of no user and no conversation. */
const NOBODY = 999_999_999;

const Opened = z.strictObject({
  code: z.literal(0),
  info: z.literal("Succeed"),
  conversation_id: ConversationId,
  silent: z.boolean(),
});
const Created = Opened.omit({ silent: true });
const Flags = {
  ...{ id: ConversationId, is_Private: z.boolean(), silent: z.boolean(), sticked: z.boolean() },
  ...{ disabled: z.boolean(), validation: z.boolean() },
};
const Private = z.strictObject({
  ...Flags,
  ...{ friend_id: z.int(), friend_name: z.string(), friend_avatar: z.string() },
});
const Group = z.strictObject({ ...Flags, name: z.string(), avatar: z.string() });
export type Item = z.infer<typeof Private> | z.infer<typeof Group>;
const Listed = z.looseObject({ conversations: z.array(z.union([Private, Group])) });

/** A message in the document's form, without extra fields. */
const Fields = z.strictObject({
  ...{ conversation_id: z.int(), msg_id: z.int(), msg_body: z.string() },
  ...{ sender_id: z.int(), sender_name: z.string(), sender_avatar: z.string() },
  create_time: z.iso.datetime({ precision: 3 }),
  ...{ is_image: z.boolean(), image_url: z.string(), is_file: z.boolean(), file_url: z.string() },
  ...{ is_audio: z.boolean(), is_video: z.boolean() },
  ...{ quote_with: z.int(), mentioned_members: z.array(z.int()) },
  ...{ is_transmit: z.boolean(), transmit_with: z.array(z.unknown()) },
});
export type Wired = z.infer<typeof Fields>;
const Queried = z.strictObject({
  ...{ code: z.literal(0), info: z.literal("Succeed") },
  messages: z.array(Fields),
});

/** An action in the document's form: JSON that contains the token. */
export function act(user: SignedIn, action: string, fields: object = {}): Promise<WireAnswer> {
  return wire({ method: "POST", path: `/user/${action}/`, body: { token: user.token, ...fields } });
}

/** Puts the token where the document has it: into JSON, else into a header. */
export const withToken: Sign = (call, token) => {
  const { body } = call;
  if (typeof body === "object") return { ...call, body: { token, ...body } };
  return { ...call, headers: { Authorization: token, ...call.headers } };
};

/** Asserts success. @returns the body */
export function success({ status, body }: WireAnswer): unknown {
  expect({ status, body }).toMatchObject({ status: 200, body: { code: 0, info: "Succeed" } });
  return body;
}

/** Asserts that an action failed with this code, and that the answer has nothing else. */
export function failure({ status, body }: WireAnswer, code: number, expected = code === 1 ? 401 : 400): void {
  expect({ status, body }).toEqual({ status: expected, body: { code, info: expect.stringMatching(/./) } });
}

export async function open(user: SignedIn, friend: SignedIn): Promise<ConversationId> {
  const answer = await act(user, "get_or_create_private_conversation", { friend: friend.user.id });
  return Opened.parse(success(answer)).conversation_id;
}

export async function group(user: SignedIn, members: unknown, name = "a group"): Promise<ConversationId> {
  return Created.parse(success(await act(user, "create_group_conversation", { members, name })))
    .conversation_id;
}

const LISTS = {
  private: "get_private_conversations",
  group: "get_group_conversations",
  stickyPrivate: "get_sticky_private_conversations",
  stickyGroup: "get_sticked_group_conversations",
};

export async function list(user: SignedIn, which: keyof typeof LISTS): Promise<Item[]> {
  return Listed.parse(success(await act(user, LISTS[which]))).conversations;
}

/** A conversation in the user's four lists; it is in one at most. */
export async function inLists(user: SignedIn, id: number): Promise<Item | undefined> {
  const all = await Promise.all(
    (["private", "group", "stickyPrivate", "stickyGroup"] as const).map((which) => list(user, which)),
  );
  const found = all.flat().filter((item) => item.id === id);
  expect(found.length).toBeLessThan(2);
  return found[0];
}

/** The messages of a query: all records, or those that `fields` selects. */
export async function query(user: SignedIn, id: number, fields: object = {}): Promise<Wired[]> {
  return Queried.parse(success(await ask(user, id, fields))).messages;
}

/** The query action that takes these fields. */
export function ask(user: SignedIn, id: number, fields: object = {}): Promise<WireAnswer> {
  const by = (["sender", "content", "type"] as const).find((name) => name in fields);
  return act(user, by ? `query_by_${by}` : "query_all_records", { conversation: id, ...fields });
}

export async function bodies(user: SignedIn, id: number, fields: object = {}): Promise<string[]> {
  return (await query(user, id, fields)).map(({ msg_body }) => msg_body);
}

/** Users who are all friends of the first. */
export async function friends(count: number): Promise<SignedIn[]> {
  const everybody = await signedInUsers(count);
  for (const friend of everybody.slice(1)) await befriend(itemAt(everybody, 0), friend);
  return everybody;
}

/** Ann, who has friends, conversations and messages of most kinds, and users who are strangers to her. */
export async function createFixtureValues(): Promise<Values> {
  const ann = await register();
  const everybody = await signedInUsers(4);
  const [bob, cas, dan, eve] = [
    itemAt(everybody, 0),
    itemAt(everybody, 1),
    itemAt(everybody, 2),
    itemAt(everybody, 3),
  ];
  for (const friend of [bob, cas]) await befriend(ann, friend);
  await befriend(dan, eve);
  await befriend(eve, bob);
  const [talk, sticky_talk] = [await open(ann, bob), await open(ann, cas)];
  const [plain, sticky_group] = [await group(ann, [bob.user.id], "吃饭"), await group(ann, [], "置顶")];
  for (const conversaion of [sticky_talk, sticky_group])
    success(await act(ann, "set_sticky_conversation", { conversaion, sticky: "True" }));
  await send(bob, talk, "吃了吗？ Hello");
  const image = { url: "https://files.example/noodles.png", name: "面.png" };
  await send(ann, talk, { kind: "image", body: image, quote_seq: 1, mentions: [bob.user.id] });
  await send(ann, talk, { forward: { conversation_id: talk, seq: 1 } });
  return {
    ...{ "ann.token": ann.token, "eve.token": eve.token, "ann.id": ann.user.id, "dan.id": dan.user.id },
    ...{ "ann.name": ann.user.username, "bob.id": bob.user.id, "bob.name": bob.user.username },
    ...{ "cas.id": cas.user.id, "cas.name": cas.user.username, password: PASSWORD },
    ...{ talk, sticky_talk, group: plain, sticky_group, nobody: NOBODY, nowhere: NOBODY },
    ...{ strangers: await open(dan, eve), eves: await group(eve, []) },
  };
}

/** A call over v1 that must succeed. */
export async function v1(user: SignedIn, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await call(method, `/v1${path}`, { token: user.token, ...(body && { body }) });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
}
