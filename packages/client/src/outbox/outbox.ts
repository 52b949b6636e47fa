import { type FailureCode, isTemporary } from "../api/problem.ts";
import type { OutboxItem } from "./item.ts";

/** The server takes this many sends in a frame. */
const MAX_SENDS = 100;
/** The server takes frames of 256 KiB. A UTF-16 unit of JSON has at most three bytes. */
const MAX_UNITS = 63 * 1024;
/** The server answers a send within 30 s. Without an answer after this time it is repeated, in ms. */
const ANSWER_TIME = 40_000;

/** What an outbox needs, and whom it tells. */
export interface OutboxOptions {
  /** Sends messages on the socket of a conversation, in a frame. @returns false: there is none */
  transmit(conversationId: number, items: readonly object[]): boolean;
  /** an item is new or has changed; without `item` it is gone */
  onChange(clientMsgId: string, item: OutboxItem | undefined): void;
  /** the pause before a send that was refused for now is repeated, in ms */
  pause: number;
}

/** The items of one conversation. */
interface Lane {
  readonly id: number;
  /** in order, by `client_msg_id` */
  readonly items: Map<string, OutboxItem>;
  list?: readonly OutboxItem[] | undefined;
  /** the sends of the frame that has no answer yet */
  readonly sent: Set<string>;
  /** a send was refused for now */
  isRefused: boolean;
  /** ends a pause, or the waiting for an answer */
  timer?: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The messages that the user has sent, until each stands in its conversation. One frame of a conversation is
 * under way at a time, so that the order stays whatever is lost; what gathers meanwhile goes in the next one.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<number, Lane>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** The items of a conversation, in order. */
  items(conversationId: number): readonly OutboxItem[] {
    const lane = this.#lane(conversationId);
    lane.list ??= [...lane.items.values()];
    return lane.list;
  }

  /** Whether nothing waits for the server. */
  get isEmpty(): boolean {
    return [...this.#lanes.keys()].every((id) => this.items(id).every(({ state }) => state === "failed"));
  }

  /** Puts a message behind those of its conversation. */
  add(item: OutboxItem): void {
    const lane = this.#lane(item.conversation_id);
    this.#put(lane, item);
    // What is sent in one turn goes in one frame.
    queueMicrotask(() => this.#pump(lane));
  }

  /** Changes an item, as when its file is uploaded, unless it is gone. */
  change(clientMsgId: string, fields: Partial<OutboxItem>): void {
    const [lane, item] = this.#find(clientMsgId);
    if (!lane || !item) return;
    this.#put(lane, { ...item, ...fields });
    this.#pump(lane);
  }

  /** Sends a message that has failed once more, behind the others. */
  retry(clientMsgId: string): void {
    const [, failed] = this.#find(clientMsgId);
    if (failed?.state !== "failed") return;
    this.discard(clientMsgId);
    this.add({ ...failed, code: undefined, reason: undefined, state: "queued" });
  }

  /** Forgets a message that has failed, or was not sent yet. @returns false: it may be stored */
  discard(clientMsgId: string): boolean {
    const [lane, item] = this.#find(clientMsgId);
    if (!lane || item?.state === "sending" || item?.state === "sent") return false;
    this.#remove(lane, clientMsgId);
    return true;
  }

  /** A message of the user's is stored at a place. `shown`: its conversation shows everything up to there. */
  stored(clientMsgId: string, seq: number, shown: number): void {
    const [lane, item] = this.#find(clientMsgId);
    if (!lane || !item) return;
    if (seq <= shown) this.#remove(lane, clientMsgId);
    else this.#put(lane, { ...item, state: "sent", seq });
    this.answered(clientMsgId);
  }

  /** A conversation shows its messages up to a place. */
  shown(conversationId: number, seq: number): void {
    const lane = this.#lane(conversationId);
    for (const item of lane.items.values())
      if ((item.seq ?? NaN) <= seq) this.#remove(lane, item.client_msg_id);
  }

  /** A send was refused. @param reason in the words of the team's backend */
  refused(clientMsgId: string, code: FailureCode, reason?: string): void {
    const [lane, item] = this.#find(clientMsgId);
    if (!lane || !item || item.seq) return;
    const isForNow = isTemporary(code);
    lane.isRefused ||= isForNow;
    this.#put(lane, isForNow ? { ...item, state: "queued" } : { ...item, state: "failed", code, reason });
    this.answered(clientMsgId);
  }

  /** The socket of one conversation, or of all, is lost. */
  suspend(conversationId?: number): void {
    for (const lane of this.#lanes.values())
      if (lane.id === (conversationId ?? lane.id)) {
        this.#end(lane);
        for (const item of lane.items.values())
          if (item.state === "sending") this.#put(lane, { ...item, state: "queued" });
      }
  }

  /** There is a socket for one conversation, or for all: sends what has no answer, in order. */
  resume(conversationId?: number): void {
    this.suspend(conversationId);
    for (const lane of this.#lanes.values()) this.#pump(lane);
  }

  /** Sends the next frame of a conversation, unless one has no answer yet. */
  #pump(lane: Lane): void {
    if (lane.timer) return;
    const items: OutboxItem[] = [];
    const sends: object[] = [];
    let units = 0;
    for (const item of lane.items.values()) {
      if (item.state !== "queued") continue;
      const { client_msg_id, conversation_id, message } = item;
      const send = { ...message, client_msg_id, conversation_id };
      const { length } = JSON.stringify(send);
      // The server would close the socket.
      if (length > MAX_UNITS) {
        this.#put(lane, { ...item, state: "failed", code: "too_large" });
        continue;
      }
      units += length;
      // A message whose file or mentions are not there yet keeps back those behind it.
      if (item.file || message.mentions === "later" || items.length === MAX_SENDS || units > MAX_UNITS) break;
      sends.push(send);
      items.push(item);
    }
    if (!items.length || !this.#options.transmit(lane.id, sends)) return;
    lane.timer = setTimeout(() => this.resume(lane.id), ANSWER_TIME);
    for (const item of items) {
      lane.sent.add(item.client_msg_id);
      this.#put(lane, { ...item, state: "sending" });
    }
  }

  /** The server has answered a send. The next frame goes once each send of the last one is answered. */
  answered(clientMsgId = ""): void {
    // Its item may be gone: a message that is shown waits no more.
    for (const lane of this.#lanes.values())
      if (lane.sent.delete(clientMsgId) && !lane.sent.size) {
        const { isRefused } = lane;
        this.#end(lane);
        if (isRefused) lane.timer = setTimeout(() => this.resume(lane.id), this.#options.pause);
        else this.#pump(lane);
      }
  }

  #end(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.isRefused = false;
    lane.sent.clear();
  }

  #find(clientMsgId: string): [Lane | undefined, OutboxItem | undefined] {
    const lane = [...this.#lanes.values()].find(({ items }) => items.has(clientMsgId));
    return [lane, lane?.items.get(clientMsgId)];
  }

  #lane(id: number): Lane {
    const lane = this.#lanes.get(id) ?? { id, items: new Map(), sent: new Set(), isRefused: false };
    this.#lanes.set(id, lane);
    return lane;
  }

  #put(lane: Lane, item: OutboxItem): void {
    lane.items.set(item.client_msg_id, item);
    lane.list = undefined;
    this.#options.onChange(item.client_msg_id, item);
  }

  #remove(lane: Lane, clientMsgId: string): void {
    lane.items.delete(clientMsgId);
    lane.list = undefined;
    this.#options.onChange(clientMsgId, undefined);
    // It may have kept back others.
    this.#pump(lane);
  }
}
