import { deepStrictEqual } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { Chat, type ConversationWindow, type Message } from "../../../src/index.ts";
import type { Device } from "./device.ts";
import { fresh, freshList, plain, type Truth } from "./truth.ts";

/** In ms. Shorter than the 40 s after which a client repeats a send: every send has had its answer. */
const PATIENCE = 30_000;
const LOOK_EVERY = 100;

/** Waits until nothing is to be said against a state. @throws an Error with what is said at last */
async function settled(look: () => Promise<void> | void): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/**
 * Checks that every device ends with what a fresh load has, and that none has shown anything else
 * meanwhile.
 */
export async function judge(origin: string, devices: readonly Device[]): Promise<void> {
  for (const device of devices) {
    await settled(() => {
      const { name, chat, unsettled } = device;
      const { connection } = chat.state;
      expect({ name, connection, unsettled }).toEqual({ name, connection: "live", unsettled: [] });
    });
  }
  const truths = new Map<Device, Truth>();
  for (const device of devices) {
    const { api } = new Chat({ url: origin, token: device.person.token });
    await settled(async () => sameList(device, await freshList(api)));
    truths.set(device, await fresh(api));
  }
  const common = union([...truths.values()]);
  for (const [device, truth] of truths) {
    expect(device.broken).toEqual([]);
    rightUnread(device, truth, common);
    for (const room of device.rooms) await sameMessages(device, room.id, truth);
    contiguous(device, truth);
    told(device, truth);
    for (const { id } of device.rooms) eachOnce(device, id, common.get(id) ?? []);
    nothingMissed(device, truth);
  }
}

/** All that any user sees. */
function union(truths: readonly Truth[]): Map<number, Message[]> {
  const rooms = new Map<number, Map<number, Message>>();
  for (const { all } of truths)
    for (const [id, messages] of all) {
      const known = rooms.get(id) ?? new Map<number, Message>();
      rooms.set(id, known);
      for (const message of messages) known.set(message.seq, message);
    }
  return new Map([...rooms].map(([id, known]) => [id, [...known.values()].sort((a, b) => a.seq - b.seq)]));
}

function sameList(device: Device, { list, mentions }: Pick<Truth, "list" | "mentions">): void {
  const shown = device.chat.state.conversations.map((entry) => ({
    ...listed(entry),
    mentions: [...entry.mentions],
  }));
  const right = list.map((one) => ({ ...listed(one), mentions: [...(mentions.get(one.id) ?? [])] }));
  sameInOrder(shown, right, `the list of ${device.name}`);
}

/** Compares one by one: to write down how two long lists differ takes so long that connections break. */
function sameInOrder<T>(shown: readonly T[], right: readonly T[], what: string): void {
  const at = right.findIndex((one, i) => !isDeepStrictEqual(shown[i], one));
  if (at >= 0)
    deepStrictEqual(shown[at], right[at], `${what}: ${at} of ${right.length}, ${shown.length} shown`);
  expect(shown.length, what).toBe(right.length);
}

type Listed = ReturnType<Chat["state"]["conversation"]> & object;

function listed({
  id,
  name,
  last_seq,
  last_message: last,
  updated_at,
  unread_count,
  unread_from,
  threads_unread,
  read_seq,
}: Omit<Listed, "draft" | "typing" | "mentions" | "unread_from" | "last_message"> & {
  unread_from?: number | undefined;
  last_message:
    | (Pick<Message, "seq" | "kind" | "revoked" | "created_at" | "sender"> & { body: unknown })
    | null;
}) {
  const last_message = last && {
    seq: last.seq,
    kind: last.kind,
    revoked: last.revoked,
    created_at: last.created_at,
    sender: last.sender.id,
    body: last.body,
  };
  return {
    id,
    name,
    last_seq,
    last_message,
    updated_at,
    unread_count,
    unread_from,
    threads_unread,
    read_seq,
  };
}

/** What the server counts as unread is what a model counts. */
function rightUnread(device: Device, { list }: Truth, common: Map<number, Message[]>): void {
  for (const { id, unread_count, unread_from, read_seq } of list) {
    const from = unread_from ?? read_seq + 1;
    const unread = (common.get(id) ?? []).filter(
      ({ seq, sender, kind, thread, revoked }) =>
        seq >= from &&
        sender.id !== device.me &&
        kind !== "tip" &&
        !revoked &&
        thread?.also_in_main !== false,
    );
    expect({ id, unread_count }).toEqual({ id, unread_count: unread.length });
  }
}

/** Windows that were open all the time, and new ones, show the same when they have grown. */
async function sameMessages(device: Device, id: number, truth: Truth): Promise<void> {
  const all = truth.all.get(id) ?? [];
  const roots = all.filter(({ thread_summary: summary }) => summary).map(({ seq }) => seq);
  device.open(id);
  for (const root of roots.slice(0, 2)) device.open(id, root);
  for (const { window } of device.windows) {
    const { conversationId, thread } = window;
    if (conversationId !== id) continue;
    const right =
      thread === undefined
        ? (truth.main.get(id) ?? [])
        : all.filter((message) => message.thread?.root === thread);
    window.jump(Infinity);
    await settled(() => {
      grow(window);
      sameInOrder(window.view.messages.map(plain), right, `${device.name} in ${id}, thread ${thread}`);
      expect(window.view.pending.filter(({ state }) => state !== "failed")).toEqual([]);
    });
  }
}

function grow(window: ConversationWindow): void {
  const { hasOlder, isLoading } = window.view;
  if (hasOlder && !isLoading) void window.older();
}

/**
 * What was shown beside each other has nothing between it, but for what the device itself has sent: a message
 * of another user may come before the `ack` of an earlier send, which is among the pending until then.
 */
function contiguous(device: Device, truth: Truth): void {
  const own = new Set(device.lives.flatMap(({ sent }) => [...sent.values()].flat()));
  const gaps = [...device.neighbours.values()].flatMap(({ room, thread, before, behind }) => {
    const right = (thread === undefined ? truth.main : truth.all).get(room) ?? [];
    return right
      .filter(({ seq, client_msg_id: id }) => before < seq && seq < behind && !own.has(id ?? ""))
      .filter((message) => thread === undefined || message.thread?.root === thread)
      .map(({ seq }) => `${device.name} showed ${before} and ${behind} of ${room} without ${seq}`);
  });
  expect(gaps).toEqual([]);
}

/** Each send was shown from its call on. */
function nothingMissed(device: Device, truth: Truth): void {
  const missed = device.missed.filter(({ room, clientMsgId, from }) => {
    const seq = truth.main.get(room)?.find((one) => one.client_msg_id === clientMsgId)?.seq;
    return seq !== undefined && seq > from;
  });
  expect(missed).toEqual([]);
}

/** Each send is there once, in the order in which its device has sent. */
function eachOnce(device: Device, id: number, messages: readonly Message[]): void {
  const stored = messages.flatMap(({ sender, client_msg_id: sent }) =>
    sent && sender.id === device.me ? [sent] : [],
  );
  expect(new Set(stored).size).toBe(stored.length);
  const places = new Map(stored.map((sent, i) => [sent, i]));
  const failed = new Set(device.failed);
  for (const life of device.lives) {
    const sent = life.sent.get(id) ?? [];
    const lost = sent.filter((one) => !places.has(one) && !failed.has(one) && !device.mayBeLost.has(one));
    expect(lost).toEqual([]);
    const there = sent.flatMap((one) => places.get(one) ?? []);
    expect(there).toEqual(there.toSorted((a, b) => a - b));
  }
  expect([...failed].filter((one) => places.has(one))).toEqual([]);
}

/** The bot has heard of each message of other users once, in order. */
function told(device: Device, truth: Truth): void {
  if (!device.isBot) return;
  for (const { id } of device.rooms)
    for (const life of device.lives) {
      const heard = life.told.get(id) ?? [];
      expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b));
      const isLast = life === device.lives.at(-1);
      const all = truth.all.get(id) ?? [];
      const from = life.from.get(id) ?? (heard[0] ?? Infinity) - 1;
      const to = isLast ? Infinity : (heard.at(-1) ?? 0);
      const others = all.filter(({ sender }) => sender.id !== device.person.user.id);
      const right = others.map(({ seq }) => seq).filter((seq) => from < seq && seq <= to);
      const known = new Set(heard);
      expect(right.filter((seq) => !known.has(seq))).toEqual([]);
    }
}
