import { z } from "zod";

/** Makes a call with a token, and gives the body of its answer. @throws an Error if it is refused */
export type Api = (token: string, method: string, path: string, body?: unknown) => Promise<unknown>;

/** A signed-in user. */
export interface WorldUser {
  token: string;
  user: { id: number };
}

/** Users who have something of everything, and their conversations. */
export interface World {
  users: WorldUser[];
  conversations: number[];
}

const Id = z.object({ id: z.int() });
const Sent = z.object({ seq: z.int() });
const Uploaded = z.object({ url: z.string() });
const ListPage = z.object({ items: z.array(z.unknown()), next_cursor: z.string().nullable() });
const MessagesPage = z.object({ items: z.array(z.looseObject({ seq: z.int() })), has_more: z.boolean() });

const Sessions = z.object({ items: z.array(z.object({ id: z.string() })) });

const HOUR_MS = 3_600_000;

/**
 * Fills a server: three users with a direct conversation and a group, and in them what a member can do.
 * @param messages texts in the group, besides
 */
export async function fillWorld(
  api: Api,
  [ann, bob, cai]: [WorldUser, WorldUser, WorldUser],
  messages: number,
): Promise<World> {
  const direct = await idOf(
    api(ann.token, "POST", "/v1/conversations", { kind: "direct", user_id: bob.user.id }),
  );
  const members = { kind: "group", name: "Backup", member_ids: [bob.user.id, cai.user.id] };
  const group = await idOf(api(ann.token, "POST", "/v1/conversations", members));
  const send = async (who: WorldUser, to: number, what: object) =>
    Sent.parse(await api(who.token, "POST", `/v1/conversations/${to}/messages`, what)).seq;
  const text = (content: string, more: object = {}) => ({ kind: "text", body: { text: content }, ...more });

  await api(ann.token, "PUT", `/v1/friends/${bob.user.id}`);
  await api(bob.token, "PUT", `/v1/friends/${ann.user.id}`);
  await api(cai.token, "PUT", `/v1/friends/${ann.user.id}`);
  await api(bob.token, "PUT", `/v1/blocks/${cai.user.id}`);
  const first = await send(ann, direct, text("an apple a day"));
  await send(bob, direct, text("keeps the doctor away", { quote_seq: first }));
  for (let i = 0; i < messages; i++) await send([ann, bob, cai][i % 3] ?? ann, group, text(`line ${i}`));

  const at = (seq: number, path: string) => `/v1/conversations/${group}/messages/${seq}${path}`;
  const edited = await send(ann, group, text("before the edit"));
  await api(ann.token, "PATCH", at(edited, ""), { base_version: 1, body: { text: "after the edit" } });
  const liked = await send(bob, group, text("liked"));
  for (const { token } of [ann, cai]) await api(token, "PUT", at(liked, "/reactions/👍"));
  await api(ann.token, "PUT", at(liked, "/pin"));
  const hidden = await send(bob, group, text("hidden from Cai"));
  await api(cai.token, "DELETE", at(hidden, "?for=me"));
  const revoked = await send(cai, group, text("a word too much"));
  await api(cai.token, "DELETE", at(revoked, "?for=everyone"));
  const question = {
    question: "Tea?",
    options: ["yes", "no"],
    multiple: false,
    anonymous: false,
    ends_at: 0,
  };
  const poll = await send(ann, group, { kind: "poll", body: question });
  await api(bob.token, "PUT", at(poll, "/votes"), { options: [1] });
  await send(cai, group, text("an answer", { thread: { root: liked, also_in_main: false } }));
  const upload = await api(
    bob.token,
    "POST",
    "/v1/files?name=pear.txt",
    new Blob(["a file"], { type: "text/plain" }),
  );
  const { url } = Uploaded.parse(upload);
  await send(bob, group, { kind: "file", body: { url, name: "pear.txt", size: 6 } });
  await send(bob, group, text("unread to the others", { mentions: [ann.user.id] }));

  await api(bob.token, "PUT", `/v1/conversations/${group}/draft`, { text: "not sent yet" });
  const later = { ...text("later"), send_at: Date.now() + HOUR_MS };
  await api(ann.token, "POST", `/v1/conversations/${group}/messages`, later);
  await api(cai.token, "PUT", at(edited, "/saved"), { note: "remember" });
  await api(cai.token, "PUT", `/v1/conversations/${group}/read`, { seq: edited });
  await api(ann.token, "POST", `/v1/conversations/${group}/invitations`, {});
  await api(bob.token, "PUT", `/v1/conversations/${direct}/preferences`, { sticky: true });
  return { users: [ann, bob, cai], conversations: [direct, group] };
}

/** Everything that a user sees, in one value: lists, unread counts, histories, and what is their own. */
export async function viewOf(api: Api, { token, user }: WorldUser): Promise<unknown> {
  const get = (path: string) => api(token, "GET", path);
  const conversations: unknown[] = [];
  const histories: Record<string, unknown> = {};
  for (let query = "?limit=100"; ; ) {
    const { items, next_cursor: next } = ListPage.parse(await get(`/v1/conversations${query}`));
    conversations.push(...items);
    if (next === null) break;
    query = `?limit=100&cursor=${encodeURIComponent(next)}`;
  }
  for (const item of conversations) {
    const { id } = Id.parse(item);
    const path = `/v1/conversations/${id}`;
    histories[id] = {
      conversation: await get(path),
      messages: await historyOf(get, path),
      members: await get(`${path}/members?limit=100`),
      pins: await get(`${path}/pins`),
      threads: await get(`${path}/threads`),
      attachments: await get(`${path}/attachments?type=file`),
    };
  }
  return {
    user: user.id,
    conversations,
    histories,
    me: await get("/v1/me"),
    unread: await get("/v1/me/unread"),
    friends: await get("/v1/friends"),
    requests: await get("/v1/friends/requests"),
    blocks: await get("/v1/blocks"),
    mentions: await get("/v1/mentions"),
    followed: await get("/v1/threads"),
    saved: await get("/v1/saved"),
    scheduled: await get("/v1/scheduled"),
    // To look at them is a use of one.
    sessions: Sessions.parse(await get("/v1/sessions")).items.map(({ id }) => id),
    found: await get(`/v1/messages/search?q=${encodeURIComponent("apple")}`),
  };
}

async function historyOf(get: (path: string) => Promise<unknown>, path: string): Promise<unknown[]> {
  const all: { seq: number }[] = [];
  for (;;) {
    const query = `after=${all.at(-1)?.seq ?? 0}&limit=100`;
    const page = MessagesPage.parse(await get(`${path}/messages?${query}`));
    all.push(...page.items);
    if (!page.has_more) return all;
  }
}

async function idOf(answer: Promise<unknown>): Promise<number> {
  return Id.parse(await answer).id;
}
