import type { Keeper } from "../../src/cache/keeper.ts";
import type { OutboxItem } from "../../src/index.ts";
import type { Conversations } from "../../src/list/conversations.ts";
import type { Outbox } from "../../src/outbox/outbox.ts";
import type { Timeline } from "../../src/sync/timeline.ts";
import type { ConversationState, Message } from "../../src/types.ts";

/** So many of the newest messages of a conversation are kept. */
const KEPT_MESSAGES = 200;

interface SavedTimeline {
  seq: number;
  rev: number;
  hidden: number[];
  /** the place from which on all messages are kept; undefined: none are */
  from: number | undefined;
  messages: Message[];
}

/** What survives a client: the state of one moment. */
export class Disk {
  me = 0;
  conversations: { state: ConversationState; readTo: number }[] = [];
  outbox: OutboxItem[] = [];
  /** each item of the outbox is stored behind this `seq` */
  after = new Map<string, number>();
  timelines = new Map<number, SavedTimeline>();
}

/**
 * Keeps the state of a client as a copy in memory. A write happens at `save` alone, so a test chooses its
 * moment.
 */
export class MemoryKeeper implements Keeper {
  readonly #disk: Disk;
  readonly #dirty = new Set<Timeline>();
  readonly #timelines = new Map<number, Timeline>();
  readonly #after = new Map<string, number>();
  #list: Conversations | undefined;
  /** the items of the outbox by now, in order */
  readonly outbox = new Map<string, OutboxItem>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async restore(list: Conversations, outbox: Outbox): Promise<void> {
    await turn();
    const saved = structuredClone(this.#disk);
    this.#list = list;
    list.me = saved.me;
    for (const { state, readTo } of saved.conversations) list.take(state, undefined, readTo);
    for (const [id, after] of saved.after) this.#after.set(id, after);
    for (const { seq: _, ...item } of saved.outbox)
      outbox.add({ ...item, state: item.state === "failed" ? "failed" : "queued" });
  }

  async restoreTimeline(timeline: Timeline): Promise<boolean> {
    const { phase } = timeline;
    await turn();
    const saved = structuredClone(this.#disk.timelines.get(timeline.id));
    this.#timelines.set(timeline.id, timeline);
    // Another window may have been quicker.
    if (!saved || timeline.phase !== phase) return false;
    timeline.seq = saved.seq;
    timeline.rev = saved.rev;
    for (const seq of saved.hidden) timeline.hidden.add(seq);
    for (const message of saved.messages) timeline.main.put(message);
    if (saved.from !== undefined) timeline.main.cover(saved.from, Infinity);
    return true;
  }

  /** A save copies the whole list. */
  listChanged(): void {}

  timelineChanged(timeline: Timeline): void {
    this.#dirty.add(timeline);
  }

  outboxChanged(clientMsgId: string, item: OutboxItem | undefined): void {
    if (!item) this.outbox.delete(clientMsgId);
    else {
      const after = this.#timelines.get(item.conversation_id)?.seq ?? 0;
      if (!this.outbox.has(clientMsgId) && !this.#after.has(clientMsgId)) this.#after.set(clientMsgId, after);
      this.outbox.set(clientMsgId, item);
    }
  }

  /** Keeps what has changed by now, as of this moment. */
  save(): void {
    const list = this.#list;
    if (!list) return;
    this.#disk.me = list.me;
    this.#disk.conversations = list.all.map((entry) => {
      const { typing: _, mentions: __, ...state } = structuredClone(entry);
      return { state, readTo: list.readTo(entry.id) };
    });
    this.#disk.outbox = structuredClone([...this.outbox.values()]);
    this.#disk.after = new Map(this.#after);
    for (const timeline of this.#dirty) this.#saveTimeline(timeline);
    this.#dirty.clear();
  }

  #saveTimeline(timeline: Timeline): void {
    const { id, rev, hidden, main, phase } = timeline;
    if (phase === "none" || rev < 0) return;
    const waiting = [...this.outbox.values()].filter(
      ({ conversation_id, state }) => conversation_id === id && state !== "failed",
    );
    const seq = Math.min(timeline.seq, ...waiting.map((item) => this.#after.get(item.client_msg_id) ?? 0));
    const from = main.runAt(Infinity)?.from;
    const all = from === undefined ? [] : main.slice(from, seq);
    const messages = structuredClone(all.slice(-KEPT_MESSAGES));
    const isCut = messages.length < all.length;
    const kept = { from: isCut ? messages[0]?.seq : from, messages };
    this.#disk.timelines.set(id, { seq, rev, hidden: [...hidden], ...kept });
  }

  async flush(): Promise<void> {
    this.save();
  }

  async clear(): Promise<void> {
    Object.assign(this.#disk, new Disk());
  }

  /**
   * The client ends without a word, as a page that the system kills: nothing of it is written from now on.
   */
  crash(): void {
    this.#list = undefined;
  }
}

/** A store on a disk answers in a later turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
