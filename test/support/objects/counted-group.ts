import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import { signedInUsers } from "../accounts/users.ts";
import type { SignedIn } from "../clients/api.ts";
import { send } from "../clients/chat.ts";
import { untilAcked } from "../clients/device-frames.ts";
import { openDevice, type TestSocket } from "../clients/socket.ts";
import { setTiming, timing } from "../timing.ts";
import { Costs } from "./costs.ts";
import { type Bill, QuietTime } from "./quiet-time.ts";
import { createGroupId, itemAt, range } from "./room.ts";
import { Writes, type Written } from "./writes.ts";

const MINUTE_MS = 60_000;
/** No token ends while costs are counted. */
const LIFETIME_S = 24 * 60 * 60;
const PATIENCE = { timeout: 100_000, interval: 5 };

export interface Size {
  members: number;
  /** members with a device socket open, the sender among them; with 0 the sender posts over HTTP */
  connected: number;
}

/** What some messages have cost. */
export interface Cost extends Written {
  /** calls from the Worker to an object, and from one object to another */
  calls: number;
  /** what the platform bills as requests: all calls over one channel are one */
  requests: number;
  /** the calls by the name of the method */
  byMethod: ReadonlyMap<string, number>;
  /** from the first send until every member to be updated has the last message, in ms */
  elapsedMs: number;
}

/** A group whose members sleep between messages, and what its messages cost. */
export class CountedGroup {
  readonly #id: ConversationId;
  readonly #users: SignedIn[];
  readonly #devices: TestSocket[] = [];
  #lastSeq = 0;

  private constructor(id: ConversationId, users: SignedIn[]) {
    this.#id = id;
    this.#users = users;
  }

  /** Makes a group. A first message teaches its conversation which members have devices. */
  static async open({ members, connected }: Size): Promise<CountedGroup> {
    const users = await signedInUsers(members, LIFETIME_S);
    const group = new CountedGroup(await createGroupId(itemAt(users, 0), ...users.slice(1)), users);
    await group.settle();
    for (const { token } of users.slice(0, connected)) group.#devices.push(await openDevice(token));
    await group.send(1);
    await group.settle();
    return group;
  }

  /**
   * A burst with the pauses and the pace of the product: costs follow from them. Outside of it they would
   * only take time.
   */
  async burst(count: number): Promise<Cost> {
    const { pace, fanout, list, callChannels } = TIMING;
    const restore = setTiming({ pace, fanout, callChannels, list: { writeBehindMs: list.writeBehindMs } });
    try {
      return await this.send(count);
    } finally {
      restore();
    }
  }

  /**
   * Sends messages, each once the one before is stored, to a group that sleeps.
   * @returns what they cost, with all that follows until everybody sleeps again
   */
  async send(count: number): Promise<Cost> {
    const conversation = env.CONVERSATION.get(env.CONVERSATION.idFromName(String(this.#id)));
    using writes = await Writes.begin(conversation);
    using costs = new Costs([], { channels: true });
    const started = performance.now();
    for (const _ of range(1, count)) await this.#sendOne();
    const recipients = this.#recipients();
    const has = ({ user }: SignedIn) => (costs.newestSeq.get(String(user.id)) ?? 0) >= this.#lastSeq;
    await expect.poll(() => recipients.every(has), PATIENCE).toBe(true);
    const elapsedMs = performance.now() - started;
    await this.#rest();
    const calls = [...costs.byMethod.values()].reduce((sum, number) => sum + number, 0);
    const { requests, byMethod } = costs;
    return { ...writes.written, calls, requests, byMethod: new Map(byMethod), elapsedMs };
  }

  /** Lets everything end, and sleep. */
  async settle(): Promise<void> {
    await this.pass(5 * MINUTE_MS);
  }

  /** Lets time pass without anybody. @returns what it costs */
  async pass(ms: number): Promise<Bill> {
    const ids = this.#users.map(({ user }) => user.id);
    using time = await QuietTime.begin([this.#id], ids);
    return await time.pass(ms);
  }

  /**
   * Asserts that each device has received every message once, in order. In a crowded group it was told of the
   * last one.
   */
  assertReceived(): void {
    const [sender, ...others] = this.#devices;
    const all = range(1, this.#lastSeq);
    expect(sender?.acks.map(({ seq }) => seq) ?? all).toEqual(all);
    for (const device of others) {
      const told = device.of("activity").at(-1)?.last_seq;
      if (told === undefined) expect(device.seqs).toEqual(all);
      else expect(told).toBe(this.#lastSeq);
    }
  }

  async #sendOne(): Promise<void> {
    const [device] = this.#devices;
    const seq = ++this.#lastSeq;
    const draft = { kind: "text", client_msg_id: `m${seq}`, body: { text: "one of many" } };
    if (!device) {
      await send(itemAt(this.#users, 0), this.#id, draft);
      return;
    }
    device.send({ type: "send", conversation_id: this.#id, ...draft });
    await untilAcked(device, seq);
  }

  /** The members whom a message reaches without an alarm, apart from the sender. */
  #recipients(): SignedIn[] {
    const size = { members: this.#users.length, connected: this.#devices.length };
    return this.#users.slice(1, updatedAtOnce(size));
  }

  /** Evicts the objects that were used: the runtime waits until each has nothing to do, and no timer. */
  async #rest(): Promise<void> {
    const inboxes = [itemAt(this.#users, 0), ...this.#recipients()].map(({ user }) =>
      env.INBOX.get(env.INBOX.idFromName(String(user.id))),
    );
    const conversation = env.CONVERSATION.get(env.CONVERSATION.idFromName(String(this.#id)));
    for (const stub of [conversation, ...inboxes]) {
      // On a slow machine it may sleep by itself, and only an object that is awake can be evicted.
      await runInDurableObject(stub, () => undefined);
      await evictDurableObject(stub);
    }
  }
}

/** The number of members whom a message reaches without an alarm, the sender among them. */
export function updatedAtOnce({ members, connected }: Size): number {
  return isLarge(members) ? Math.max(1, connected) : members;
}

export function isLarge(members: number): boolean {
  return members > timing.largeGroup.aboveMembers;
}

/** Two decimals. */
export function perMessage(number: number, messages: number): number {
  return Number((number / messages).toFixed(2));
}
