import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { stateOf } from "./changes.ts";
import { Device, type Owner } from "./device.ts";
import { type Draft, History } from "./history.ts";
import { ask, ChangesPage, Conversation, MessagePage, pinOf, Receipts, shown } from "./http.ts";

const DEVICES = 2;
const MAX_ALARMS = 200;
const LAST_WORDS = 10;

/** The root of a thread, counted back among what its sender sees. */
interface ThreadChoice {
  back: number;
  alsoInMain: boolean;
}

interface DraftChoice {
  named?: boolean;
  answers?: ThreadChoice | null;
  poll?: Draft["poll"];
}

/** A conversation under test: its members' devices and its expected history. */
export class Room {
  readonly id: number;
  readonly path: string;
  readonly members: Owner[];
  readonly ownerId: number | undefined;
  readonly history = new History();
  readonly devices: Device[];
  readonly #names: () => number;
  /** the object is evicted in this step, so that sends under way may be lost or overtaken */
  #disturbed = false;

  constructor(id: number, members: Owner[], ownerId: number | undefined, names: () => number) {
    this.id = id;
    this.path = `/v1/conversations/${id}`;
    this.members = members;
    this.ownerId = ownerId;
    this.#names = names;
    this.devices = members.flatMap((member) =>
      Array.from({ length: DEVICES }, (_, nth) => new Device(member, nth, id, this.history)),
    );
  }

  /** The member with this number, counted round. */
  member(who: number): Owner {
    const member = this.members[who % this.members.length];
    if (!member) throw new Error("a room has members");
    return member;
  }

  device(owner: Owner, nth: number): Device {
    const device = this.devices.filter((one) => one.owner === owner)[nth];
    if (!device) throw new Error(`${owner.id} has no device ${nth}`);
    return device;
  }

  /** A text that was never used. */
  text(): string {
    return String(this.#names());
  }

  /** A new text of a user. @param again reuses the client id with this number, if not null */
  draft(
    { id }: Owner,
    lane: string,
    again: number | null,
    quote: number | null,
    { named = true, answers = null, poll }: DraftChoice = {},
  ): Draft {
    const text = this.text();
    const used = this.history.clientIds(id);
    const repeated = again === null ? undefined : used[used.length - 1 - again];
    const clientMsgId = named ? (repeated ?? `id ${text}`) : undefined;
    const visible = this.history.view(id).filter(({ isTip }) => !isTip);
    const quoteSeq = quote === null ? undefined : visible[visible.length - 1 - quote]?.seq;
    // Neither a reply nor a revoked message begins a thread.
    const roots = visible.filter((shown) => !shown.thread && shown.text !== null);
    const root = answers && roots[roots.length - 1 - answers.back]?.seq;
    const thread = root ? { root, alsoInMain: answers.alsoInMain } : undefined;
    const tainted = this.#disturbed;
    return this.history.draft({ text, userId: id, clientMsgId, quoteSeq, thread, poll, lane, tainted });
  }

  /** Begins a step. */
  begin(disturbed: boolean): void {
    this.#disturbed = disturbed;
    for (const device of this.devices) {
      device.mayBeCut = disturbed;
      if (disturbed) for (const draft of device.pending) draft.tainted = true;
    }
  }

  /** Ends a step: every draft is answered, and all members see the same conversation. */
  async settle(): Promise<void> {
    if (this.#disturbed) {
      await this.#all((device) => device.caughtUp());
      await this.#all((device) => device.repeat());
    }
    await this.#all((device) => device.answered());
    do {
      await this.#learn();
      await this.#all((device) => device.caughtUp());
    } while (await this.#learn());
    this.history.check();
    await this.#learnChanges();
    await this.#checkReceipts();
    await this.#learnMarks();
    for (const device of this.devices) if (device.isHere) device.displayed.check(this.history);
  }

  /** Reconnects all devices while one member keeps sending: a device more than a page behind catches up. */
  async gather(): Promise<void> {
    this.begin(false);
    const speaker = this.device(this.member(0), 0);
    await speaker.come(false);
    const coming = this.#all((device) => device.come(false));
    for (let i = 0; i < LAST_WORDS; i++) {
      await speaker.say([this.draft(speaker.owner, speaker.name, null, null)], false);
      await speaker.answered();
    }
    await coming;
    await this.settle();
    for (const device of this.devices) expect(device.isHere, `${device.name} is back`).toBe(true);
  }

  /** Disconnects all devices. An eviction waits until the object has processed that. */
  async disperse(): Promise<void> {
    await this.#all((device) => device.end());
    await this.evict(false);
  }

  async evict(cut: boolean): Promise<void> {
    await evictRunning(this.#stub, cut);
  }

  /** Half a minute passes for the fan-out: the alarm checks whether all deliveries were made. */
  async alarm(): Promise<void> {
    const sql = "UPDATE jobs SET due = 1 WHERE kind = 'fanout'";
    await runInDurableObject(this.#stub, (_, { storage }) => void storage.sql.exec(sql));
    await runDurableObjectAlarm(this.#stub);
  }

  /** Advances time while the retry marker stands. After that all inboxes must be up to date. */
  async toldAll(): Promise<void> {
    const sql = "SELECT 1 FROM jobs WHERE kind = 'fanout'";
    const hasNote = () =>
      runInDurableObject(this.#stub, (_, { storage }) => storage.sql.exec(sql).toArray().length > 0);
    for (let i = 0; await hasNote(); i++) {
      expect(i, "the retry marker goes once all have their update").toBeLessThan(MAX_ALARMS);
      await this.alarm();
    }
  }

  get #stub() {
    return env.CONVERSATION.getByName(String(this.id));
  }

  /** Takes in new messages from the server, as the first member sees them. @returns whether there were any */
  async #learn(): Promise<boolean> {
    const before = this.history.last;
    const [token = ""] = this.member(0).tokens;
    for (let more = true; more; ) {
      const path = `${this.path}/messages?threads=all&after=${this.history.last}&limit=100`;
      const page = await ask(MessagePage, path, token);
      for (const message of page.items) {
        const { seq, senderId, text, thread, createdAt } = shown(message);
        const tip = pinOf(message);
        const { draft } = tip
          ? this.history.storeTip(seq, tip, createdAt)
          : this.history.store(seq, text ?? "", createdAt);
        expect([senderId, message.client_msg_id]).toEqual([draft.userId, draft.clientMsgId]);
        expect(thread).toEqual(draft.thread);
      }
      more = page.has_more;
    }
    return this.history.last > before;
  }

  /** Takes in what has changed since the last step, as each member sees it. */
  async #learnChanges(): Promise<void> {
    const { changes } = this.history;
    let highest = changes.rev;
    for (const { id, tokens } of this.members) {
      let rev = changes.rev;
      for (let more = true; more; ) {
        const path = `${this.path}/changes?threads=all&after_rev=${rev}`;
        const page = await ask(ChangesPage, path, tokens[0] ?? "");
        for (const message of page.items) {
          expect(message.rev, "changes come in the order of their revs").toBeGreaterThanOrEqual(rev);
          const told = shown(message);
          const { mine, votes } = told;
          changes.learn(id, message.seq, stateOf(told), { mine, votes });
        }
        rev = page.rev;
        more = page.has_more;
      }
      highest = Math.max(highest, rev);
    }
    changes.rev = highest;
    const isSeen = (seq: number) => this.members.some(({ id }) => !this.history.isHidden(id, seq));
    changes.endStep((seq) => (isSeen(seq) ? this.history.stateOf(seq) : undefined));
  }

  async #checkReceipts(): Promise<void> {
    const [token = ""] = this.member(0).tokens;
    const { items } = await ask(Receipts, `${this.path}/receipts`, token);
    expect(items.length).toBe(this.members.length);
    for (const { user_id, read_seq } of items) {
      const own = this.devices.filter(({ owner }) => owner.id === user_id);
      if (own.some(({ doubtful }) => doubtful.includes(read_seq))) this.history.read(user_id, read_seq);
      expect(read_seq, `how far ${user_id} has read`).toBe(this.history.position(user_id));
    }
  }

  async #learnMarks(): Promise<void> {
    for (const { id, tokens } of this.members) {
      const own = this.devices.filter(({ owner }) => owner.id === id);
      // A read on a socket that is closed may arrive at any time.
      if (own.some(({ doubtful }) => doubtful.length > 0)) this.history.mayEndMark(id);
      const { unread_from } = await ask(Conversation, this.path, tokens[0] ?? "");
      this.history.learnMark(id, unread_from);
    }
  }

  async #all(work: (device: Device) => Promise<void>): Promise<void> {
    await Promise.all(this.devices.map(work));
  }
}

/** What the runtime says of an object that it does not evict: it is evicted already, or stays busy. */
const NOT_EVICTED = ["not currently running", "still has active references"];

/** Evicts an object, unless it is not running, or does not come to rest while other actions call it. */
export async function evictRunning(stub: DurableObjectStub, cut = false): Promise<void> {
  try {
    await evictDurableObject(stub, { webSockets: cut ? "close" : "hibernate" });
  } catch (error) {
    if (!NOT_EVICTED.some((reason) => String(error).includes(reason))) throw error;
  }
}
