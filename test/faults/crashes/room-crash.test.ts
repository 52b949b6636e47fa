import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { expectAsked, getConversation } from "../../support/clients/chat.ts";
import { openRoom, type TestSocket } from "../../support/clients/socket.ts";
import {
  conversationObject,
  createGroupId,
  itemAt,
  postText,
  range,
  runInboxJob,
  textFrame,
  untilShownOnline,
} from "../../support/objects/room.ts";
import { repetitions, sampledCases } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeAll(async () => {
  const registered = await registerUsers(2);
  ann = itemAt(registered, 0);
  bob = itemAt(registered, 1);
});

/** A correct client: it repeats unacknowledged sends, and resumes after the last message shown. */
class Client {
  readonly #id: ConversationId;
  readonly #who: SignedIn;
  readonly #name: string;
  readonly shown: number[] = [];
  readonly acked = new Map<string, number>();
  #unacked: string[] = [];
  #sent = 0;
  #socket: TestSocket | undefined;

  constructor(id: ConversationId, who: SignedIn, name: string) {
    this.#id = id;
    this.#who = who;
    this.#name = name;
  }

  get sent(): number {
    return this.#sent;
  }

  async connect(): Promise<void> {
    this.#collect();
    this.#socket = await openRoom(this.#id, this.#who.token, `?after=${this.shown.at(-1) ?? 0}`);
    let synced = await this.#socket.next("synced");
    while (synced.has_more === true) {
      this.#socket.send({ type: "sync", after: synced.last_seq });
      synced = await this.#socket.next("synced");
    }
    for (const name of this.#unacked) this.#socket.send(textFrame(name, name));
  }

  send(count: number): void {
    for (let i = 0; i < count; i++) {
      const name = `${this.#name} ${++this.#sent}`;
      this.#unacked.push(name);
      this.#socket?.send(textFrame(name, name));
    }
  }

  /** Resolves once a send is acknowledged on this socket. */
  async firstAck(): Promise<void> {
    await this.#socket?.until(({ acks }) => acks.length > 0);
  }

  /** Resolves once the last send is acknowledged. */
  async answered(): Promise<void> {
    const socket = this.#socket;
    if (!socket) throw new Error("not connected");
    await socket.until(() => {
      const acked = new Set(socket.acks.map((ack) => ack.client_msg_id));
      return this.#unacked.every((name) => acked.has(name));
    });
    this.#collect();
  }

  /** Resolves once the client has shown a message, also on an earlier socket. */
  async seen(seq: number): Promise<void> {
    await this.#socket?.until(({ seqs }) => this.shown.includes(seq) || seqs.includes(seq));
    this.#collect();
  }

  /** Adds the new messages and acks of the socket to the client's state. */
  #collect(): void {
    const socket = this.#socket;
    if (!socket) return;
    for (const { client_msg_id, seq } of socket.acks) {
      const name = String(client_msg_id);
      // A repeated send is acknowledged with its first seq.
      expect(this.acked.get(name) ?? seq).toBe(seq);
      this.acked.set(name, seq);
    }
    this.#unacked = this.#unacked.filter((name) => !this.acked.has(name));
    this.shown.push(...socket.seqs.filter((seq) => seq > (this.shown.at(-1) ?? 0)));
  }
}

/** The seqs and client_msg_ids of the stored messages, in order. */
async function stored(id: ConversationId): Promise<{ seq: number; name: string | null }[]> {
  const Row = z.object({ seq: z.int(), name: z.string().nullable() });
  const query = "SELECT seq, client_msg_id AS name FROM messages ORDER BY seq";
  return runInDurableObject(conversationObject(id), (_, { storage }) =>
    z.array(Row).parse(storage.sql.exec(query).toArray()),
  );
}

async function expectStoredOnce(id: ConversationId, clients: Client[], reader: Client): Promise<void> {
  const rows = await stored(id);
  expect(rows.map(({ seq }) => seq)).toEqual(range(1, rows.length));
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(rows.length).toBe(clients.reduce((sum, { sent }) => sum + sent, 0));
  const seqByName = new Map(rows.map(({ seq, name }) => [name, seq]));
  for (const { acked } of clients) for (const [name, seq] of acked) expect(seqByName.get(name)).toBe(seq);
  await reader.seen(rows.length);
  expect(reader.shown).toEqual(range(1, rows.length));
}

async function clientsOf(id: ConversationId) {
  const senders = [new Client(id, ann, "ann"), new Client(id, bob, "bob")];
  const reader = new Client(id, bob, "reader");
  for (const client of [...senders, reader]) await client.connect();
  return { senders, reader };
}

test("acknowledged messages survive crashes, and repeated sends are stored once", async () => {
  const id = await createGroupId(ann, bob);
  const { senders, reader } = await clientsOf(id);
  const first = senders.slice(0, 1);
  // The crash comes right behind the sends, after the first ack of one sender, or after that of both.
  for (const awaited of [[], first, senders, [], first, senders]) {
    for (const client of senders) client.send(10);
    for (const client of awaited) await client.firstAck();
    await abortAllDurableObjects();
    for (const client of [...senders, reader]) await client.connect();
  }
  for (const client of senders) await client.answered();
  await expectStoredOnce(id, senders, reader);
});

test("sends around an eviction are stored once and reach every client", async () => {
  const id = await createGroupId(ann, bob);
  const { senders, reader } = await clientsOf(id);
  for (const round of range(1, repetitions(3, 6))) {
    for (const client of senders) client.send(round * 3);
    for (const client of senders) await client.answered();
    await evictDurableObject(conversationObject(id));
  }
  await expectStoredOnce(id, senders, reader);
});

test.each(sampledCases([61, 62, 63, 64], 1))(
  "after a crash senders have read up to their messages, with %i before somebody joins",
  async (before) => {
    const [cay = ann] = await registerUsers(1);
    const id = await createGroupId(ann, bob);
    for (const i of range(1, before)) await postText(id, i % 2 ? ann : bob, `${i}`);
    await expectAsked(ann, id, "POST", "/members", { user_ids: [cay.user.id] });
    await postText(id, bob, "welcome");
    const receipts = async () => (await expectAsked(ann, id, "GET", "/receipts")).body;
    const known = await receipts();
    await abortAllDurableObjects();
    expect(await receipts()).toEqual(known);
    expect(await getConversation(bob, id)).toMatchObject({ unread_count: 0, read_seq: before + 2 });
    expect(await getConversation(ann, id)).toMatchObject({ unread_count: before % 2 ? 1 : 2 });
  },
);

test("sockets that a crash closes do not keep their user online", async () => {
  const [eve = ann] = await registerUsers(1);
  const id = await createGroupId(eve, ann);
  await openRoom(id, eve.token);
  await untilShownOnline(eve, true);
  await abortAllDurableObjects();
  await runInboxJob(eve, "sockets");
  await runInboxJob(eve, "offline");
  await untilShownOnline(eve, false);
});

test("a server error closes the socket with 1011, and a new socket resumes", async () => {
  const id = await createGroupId(ann, bob);
  await postText(id, bob, "one");
  const [anns, bobs] = [await openRoom(id, ann.token), await openRoom(id, bob.token)];
  const rename = (from: string, to: string) =>
    runInDurableObject(conversationObject(id), (_, { storage }) => {
      storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
    });
  await rename("members", "elsewhere");
  anns.send({ type: "read", seq: 1 });
  expect((await anns.closed()).code).toBe(1011);
  await rename("elsewhere", "members");
  const back = await openRoom(id, ann.token, "?after=0");
  await back.next("synced");
  expect(back.seqs).toEqual([1]);
  await bobs.untilProcessed();
});

test("without ?after live messages follow last_seq of the ready frame", async () => {
  const id = await createGroupId(ann, bob);
  const sender = await openRoom(id, ann.token);
  for (const round of range(1, repetitions(2, 6))) {
    for (const i of range(1, 20)) sender.send(textFrame("x", `${round} ${i}`));
    const reader = await openRoom(id, bob.token);
    const { last_seq } = z.object({ last_seq: z.int() }).parse(reader.frames[0]);
    await sender.until(({ acks }) => acks.length === round * 20);
    const last = await postText(id, ann, "end");
    await reader.until(({ seqs }) => seqs.includes(last));
    expect(reader.seqs).toEqual(range(last_seq + 1, last));
  }
});
