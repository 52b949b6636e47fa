import { z } from "zod";
import type { Frame } from "../socket.ts";

/** A message as the recipes keep it. */
export const Shown = z.looseObject({
  conversation_id: z.int(),
  seq: z.int(),
  revoked: z.boolean(),
  rev: z.int(),
  mine: z.array(z.string()).optional(),
  body: z.record(z.string(), z.json()),
});
export type Shown = z.infer<typeof Shown>;

const Single = z.object({ message: Shown });
const Batch = z.object({ items: z.array(Shown) });
const Hidden = z.object({ conversation_id: z.int(), seq: z.int(), rev: z.int() });
const Changed = z.object({ conversation_id: z.int(), rev: z.int(), items: z.array(Shown) });
const Reset = z.object({ conversation_id: z.int() });
const Synced = z.object({ conversation_id: z.int(), last_seq: z.int(), rev: z.int(), has_more: z.boolean() });
const Ack = z.object({ client_msg_id: z.string(), message: Shown });
const Acks = z.object({ items: z.array(Ack) });
const Refused = z.object({
  code: z.string(),
  client_msg_id: z.string().optional(),
  conversation_id: z.int().optional(),
});
export type Refused = z.infer<typeof Refused>;

/** Refusals after which the recipes repeat. */
export const AGAIN = ["unavailable", "internal", "rate_limited"];

/** A send of a text. */
export interface Send {
  conversationId: number;
  clientMsgId: string;
  text: string;
}

/** A frame of sends. */
export function sendsFrame(sends: readonly Send[]): object {
  const items = sends.map(({ conversationId, clientMsgId, text }) => ({
    ...{ conversation_id: conversationId, client_msg_id: clientMsgId },
    ...{ kind: "text", body: { text } },
  }));
  return { type: "sends", items };
}

/** One conversation as step 1 of both recipes keeps it. */
export class Kept {
  seq = 0;
  rev = 0;
  /** only `synced` raises `seq` and `rev` */
  isBehind = true;
  readonly #messages = new Map<number, Shown>();
  /** as they came in `changed`, also those that are not shown */
  readonly #changed = new Map<number, Shown>();
  readonly #hidden = new Set<number>();

  /** What is shown, in order. */
  get shown(): Shown[] {
    return [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Room 5, device 8. */
  message(message: Shown): void {
    this.show(message);
    if (!this.isBehind) this.seq = Math.max(this.seq, message.seq);
  }

  /** Shows a message, also one of a page over HTTP: of one `seq`, what has the highest `rev`. */
  show(message: Shown): void {
    const { seq } = message;
    if (this.#hidden.has(seq)) return;
    const states = [message, this.#messages.get(seq), this.#changed.get(seq)];
    const sorted = states.flatMap((state) => state ?? []).sort((a, b) => b.rev - a.rev);
    // What is the reader's own is as it was last told.
    const mine = sorted.find((state) => state.mine !== undefined)?.mine ?? [];
    this.#messages.set(seq, { ...(sorted[0] ?? message), mine });
  }

  /** Room 6, device 9. */
  changed(items: readonly Shown[], rev: number): void {
    for (const message of items) {
      const mine = message.mine ?? this.#changed.get(message.seq)?.mine;
      this.#changed.set(message.seq, { ...message, ...(mine && { mine }) });
      if (this.#messages.has(message.seq)) this.show(message);
    }
    if (!this.isBehind) this.rev = Math.max(this.rev, rev);
  }

  /** Room 6, device 9. */
  hide(seq: number, rev: number): void {
    this.#hidden.add(seq);
    this.#messages.delete(seq);
    if (!this.isBehind) this.rev = Math.max(this.rev, rev);
  }

  /** Room 6, device 9: nothing is shown any more, until the messages are loaded anew. */
  reset(): void {
    this.#messages.clear();
    this.#changed.clear();
    this.#hidden.clear();
  }
}

/** What a recipe does with a frame. */
interface Handlers {
  /** the conversation of a frame; undefined: it is not kept */
  keptOf(conversationId: number): Kept | undefined;
  synced(conversationId: number, hasMore: boolean): void;
  /** a message of a conversation that is not kept */
  unknown(message: Shown): void;
  refused(refused: Refused): void;
}

/** The steps that both recipes share: pages, messages, changes, answers. Keeps the unanswered sends. */
export class Steps {
  readonly #handlers: Handlers;
  /** in order, by client message id */
  readonly unanswered = new Map<string, Send>();
  /** the sends that were refused for good, with the code */
  readonly refused = new Map<string, string>();

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  take(frame: Frame): void {
    switch (frame.type) {
      case "message":
        this.#message(Single.parse(frame).message);
        return;
      case "messages":
        for (const message of Batch.parse(frame).items) this.#message(message);
        return;
      case "changed": {
        const { conversation_id, items, rev } = Changed.parse(frame);
        this.#handlers.keptOf(conversation_id)?.changed(items, rev);
        return;
      }
      case "hidden": {
        const { conversation_id, seq, rev } = Hidden.parse(frame);
        this.#handlers.keptOf(conversation_id)?.hide(seq, rev);
        return;
      }
      case "reset":
        this.#handlers.keptOf(Reset.parse(frame).conversation_id)?.reset();
        return;
      case "synced":
        this.#synced(Synced.parse(frame));
        return;
      case "ack":
        this.#answer(Ack.parse(frame));
        return;
      case "acks":
        for (const ack of Acks.parse(frame).items) this.#answer(ack);
        return;
      case "error":
        this.#error(Refused.parse(frame));
        return;
    }
  }

  /** Room 3, device 7. */
  #synced({ conversation_id, last_seq, rev, has_more }: z.infer<typeof Synced>): void {
    const kept = this.#handlers.keptOf(conversation_id);
    if (!kept) throw new Error(`conversation ${conversation_id} was not synced`);
    kept.seq = Math.max(kept.seq, last_seq);
    kept.rev = Math.max(kept.rev, rev);
    kept.isBehind = has_more;
    this.#handlers.synced(conversation_id, has_more);
  }

  /** Room 5, device 8. */
  #message(message: Shown): void {
    const kept = this.#handlers.keptOf(message.conversation_id);
    if (kept) kept.message(message);
    else this.#handlers.unknown(message);
  }

  /** Room 7, device 10. */
  #answer({ client_msg_id, message }: z.infer<typeof Ack>): void {
    this.unanswered.delete(client_msg_id);
    this.#message(message);
  }

  #error(refused: Refused): void {
    const { client_msg_id: clientMsgId, code } = refused;
    if (clientMsgId !== undefined && !AGAIN.includes(code)) {
      this.unanswered.delete(clientMsgId);
      this.refused.set(clientMsgId, code);
      return;
    }
    this.#handlers.refused(refused);
  }
}
