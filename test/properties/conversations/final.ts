import { expect } from "vitest";
import type { z } from "zod";
import { EditsPage } from "../../../src/surfaces/v1/schemas/messages/edits.ts";
import { ReactorPage } from "../../../src/surfaces/v1/schemas/messages/reactions.ts";
import { call } from "../../support/clients/api.ts";
import { NOTHING_OWN } from "./changes.ts";
import type { Owner } from "./device.ts";
import type { Scope, Shown } from "./history.ts";
import {
  ask,
  Conversation,
  ConversationList,
  Message,
  MessagePage,
  Pins,
  Receipts,
  shown,
  ThreadList,
} from "./http.ts";
import type { Room } from "./room.ts";

/** The conversation's fields that a member should get, in the list and alone. */
function expected(room: Room, { id }: Owner) {
  return {
    id: room.id,
    last_seq: room.history.last,
    read_seq: room.history.position(id),
    unread_count: room.history.unread(id),
    unread_from: room.history.mark(id),
    threads_unread: room.history.unreadInThreads(id),
    member_count: room.members.length,
    newest: room.history.view(id, "main").map(listed).at(-1) ?? null,
  };
}

type Said = ReturnType<typeof expected>;

function said({ last_message, ...conversation }: z.infer<typeof Conversation>): Said {
  const { id, last_seq, read_seq, unread_count, unread_from, threads_unread, member_count } = conversation;
  const newest = last_message && listed(shown(last_message));
  return { id, last_seq, read_seq, unread_count, unread_from, threads_unread, member_count, newest };
}

/** A list's preview has no quote. */
function unquoted(conversation: Said): Said {
  const { newest } = conversation;
  return { ...conversation, newest: newest && { ...newest, quote: undefined } };
}

/** The newest message of a conversation has nothing that changes without its text. */
function listed(message: Shown): Shown {
  const nothing = { reactions: [], pinnedAt: 0, pinnedBy: null, poll: null, ...NOTHING_OWN };
  return { ...message, ...nothing, rev: 0 };
}

/** Asserts that a member's list has the current conversation. */
export async function checkListed(room: Room, owner: Owner): Promise<void> {
  const [token = ""] = owner.tokens;
  const { items } = await ask(ConversationList, "/v1/conversations?limit=100", token);
  const row = items.find(({ id }) => id === room.id);
  expect(row && unquoted(said(row)), `the list of ${owner.id}`).toEqual(unquoted(expected(room, owner)));
  const times = items.map(({ updated_at }) => updated_at);
  expect(times, "newest activity first").toEqual(times.toSorted((a, b) => b - a));
}

/** Asserts that everything a member can read over HTTP equals the model. */
export async function checkHttp(room: Room, owner: Owner, pageSize: number): Promise<void> {
  const [token = ""] = owner.tokens;
  expect(said(await ask(Conversation, room.path, token))).toEqual(expected(room, owner));
  for (const scope of ["main", "all"] as const) {
    const all = room.history.view(owner.id, scope);
    expect(await forward(room, token, pageSize, scope), `what ${owner.id} pages forward`).toEqual(all);
    expect(await backward(room, token, pageSize, scope), `what ${owner.id} pages back`).toEqual(all);
  }
  await checkThreads(room, owner);
  await checkChanges(room, owner);
  const view = room.history.view(owner.id);
  for (const one of view.slice(-3)) {
    expect(shown(await ask(Message, `${room.path}/messages/${one.seq}`, token))).toEqual(one);
  }
  for (const { seq } of room.history.said.filter(({ seq }) => room.history.isHidden(owner.id, seq))) {
    const answer = await call("GET", `${room.path}/messages/${seq}`, { token });
    expect(answer.status, `hidden message ${seq}`).toBe(404);
  }
  const { items } = await ask(Receipts, `${room.path}/receipts`, token);
  for (const { user_id, read_seq } of items) expect(read_seq).toBe(room.history.position(user_id));
}

/** Asserts which threads a member follows, what is unread there, and the replies of each. */
async function checkThreads({ path, history }: Room, { id, tokens: [token = ""] }: Owner): Promise<void> {
  const { items } = await ask(ThreadList, `${path}/threads?limit=100`, token);
  const followed = items.map(({ root, unread_count }) => [root.seq, unread_count]);
  const expected = history.followed(id).map((root) => [root, history.unreadIn(id, root)]);
  const bySeq = ([one = 0]: number[], [other = 0]: number[]) => one - other;
  expect(followed.toSorted(bySeq), `the threads of ${id}`).toEqual(expected.toSorted(bySeq).slice(0, 100));
  for (const { root } of items.slice(0, 3)) {
    const page = await ask(MessagePage, `${path}/threads/${root.seq}/messages?limit=100`, token);
    const replies = history.view(id).filter(({ thread }) => thread?.root === root.seq);
    expect(page.items.map(shown), `the replies to ${root.seq}`).toEqual(replies.slice(-100));
  }
}

/** Asserts what is pinned, and of a few messages who has reacted and what they said before. */
async function checkChanges({ path, history }: Room, { id, tokens: [token = ""] }: Owner): Promise<void> {
  const { items } = await ask(Pins, `${path}/pins`, token);
  const times = items.map(({ pinned_at }) => pinned_at);
  expect(times, "the newest pin first").toEqual(times.toSorted((one, other) => other - one));
  const view = history.view(id);
  expect(items.map(shown).sort((one, other) => one.seq - other.seq)).toEqual(
    view.filter(({ pinnedAt }) => pinnedAt > 0),
  );
  for (const { seq } of view.filter(({ reactions }) => reactions.length > 0).slice(-2)) {
    for (const [key, users] of history.changes.reactors(seq)) {
      const reactors = `${path}/messages/${seq}/reactions/${encodeURIComponent(key)}`;
      const page = await ask(ReactorPage, reactors, token);
      expect(
        page.items.map(({ user }) => user.id),
        `who reacted to ${seq} with ${key}`,
      ).toEqual(users);
    }
  }
  for (const { seq } of view.filter(({ version }) => version > 1).slice(-2)) {
    const { items: former } = await ask(EditsPage, `${path}/messages/${seq}/edits`, token);
    const texts = history.changes.former(seq, history.said[seq - 1]?.draft.text ?? "");
    expect(former.map(({ body }) => body)).toEqual(
      history.revoked.has(seq) ? [] : texts.map((text) => ({ text })),
    );
  }
}

const query = (scope: Scope) => (scope === "all" ? "&threads=all" : "");

async function forward({ path }: Room, token: string, limit: number, scope: Scope): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let more = true; more; ) {
    const page = await ask(
      MessagePage,
      `${path}/messages?after=${all.at(-1)?.seq ?? 0}&limit=${limit}${query(scope)}`,
      token,
    );
    all.push(...page.items.map(shown));
    more = page.has_more;
  }
  return all;
}

async function backward({ path }: Room, token: string, limit: number, scope: Scope): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let more = true; more; ) {
    const before = all[0] ? `&before=${all[0].seq}` : "";
    const page = await ask(MessagePage, `${path}/messages?limit=${limit}${before}${query(scope)}`, token);
    all.unshift(...page.items.map(shown));
    more = page.has_more;
  }
  return all;
}
