import { z } from "zod";
import { Message } from "../../../src/surfaces/v1/schemas/messages.ts";
import { DisplayedConversation, shown } from "./displayed.ts";
import type { Frame } from "./socket.ts";

const MAX_SENDS = 64;
const MAX_POINTS = 100;

/** What a device wants to say. `elsewhere`: the same may have come to the server on another way too. */
export interface Draft {
  conversationId: number;
  clientMsgId: string;
  text: string;
  elsewhere?: boolean;
}

/** What the server has answered to a draft: its place, or why it has none. */
export type Answer = { draft: Draft } & ({ seq: number; createdAt: number } | { code: string });

const Ack = z.object({
  client_msg_id: z.string(),
  conversation_id: z.int(),
  seq: z.int(),
  created_at: z.int(),
});
const Synced = z.object({
  conversation_id: z.int(),
  last_seq: z.int(),
  rev: z.int(),
  has_more: z.boolean(),
});
const Change = z.object({ conversation_id: z.int(), seq: z.int(), rev: z.int() });
const Read = z.object({ conversation_id: z.int(), user_id: z.int(), seq: z.int() });
const Typing = z.object({ conversation_id: z.int(), user_id: z.int() });
const Refused = z.object({
  code: z.string(),
  client_msg_id: z.string().optional(),
  conversation_id: z.int(),
});

/** Refusals which say that the same may be tried again. */
const AGAIN = ["unavailable", "internal", "rate_limited"];

/**
 * What a right client makes of the frames of a device's sockets: it keeps the last seq and rev which it showed of
 * each conversation, goes on from there page by page on a new socket, and repeats what was not acknowledged.
 */
export class ModelClient {
  readonly name: string;
  readonly #userId: number;
  readonly #send: (frame: unknown) => void;
  readonly #isPrompt: boolean;
  /** it has said something on this socket */
  #hasSpoken = false;
  readonly #displayed = new Map<number, DisplayedConversation>();
  /** of which it has asked for a page on this socket */
  readonly #synced = new Set<number>();
  /** what is new on this socket is told from its beginning: the list has been looked at */
  #isListed = true;
  /** said and not answered, in order */
  readonly pending: Draft[] = [];
  readonly answers: Answer[] = [];
  /** every draft, by its client id */
  readonly #said = new Map<string, Draft>();
  /** said for the first time on this socket: it has the acks alone */
  readonly #saidHere = new Set<Draft>();

  /**
   * @param send sends a frame on the socket, if there is one
   * @param isPrompt it is sure to say where it begins before the server's patience is over
   */
  constructor(name: string, userId: number, send: (frame: unknown) => void, isPrompt = false) {
    this.name = name;
    this.#userId = userId;
    this.#isPrompt = isPrompt;
    this.#send = (frame) => {
      this.#hasSpoken = true;
      send(frame);
    };
  }

  /** What it shows of a conversation. */
  displayed(conversationId: number): DisplayedConversation {
    const known = this.#displayed.get(conversationId);
    if (known) return known;
    const displayed = new DisplayedConversation(`${this.name} in ${conversationId}`, this.#userId);
    if (!this.#isListed) displayed.begin();
    this.#displayed.set(conversationId, displayed);
    return displayed;
  }

  /** Whether it has seen what it missed. */
  get isUpToDate(): boolean {
    return [...this.#displayed.values()].every(({ isBehind }) => !isBehind);
  }

  /** It is on a new socket, of which nothing was taken yet. */
  begin(): void {
    this.#isListed = false;
    this.#hasSpoken = false;
    this.#synced.clear();
    this.#saidHere.clear();
    for (const displayed of this.#displayed.values()) displayed.begin();
  }

  /** Asks for what it missed in conversations which it knows. */
  sync(): void {
    const points = [...this.#displayed].flatMap(([conversation_id, { lastSeq, rev }]) =>
      this.#synced.has(conversation_id) ? [] : [{ conversation_id, after: lastSeq, rev }],
    );
    for (const { conversation_id } of points) {
      this.#synced.add(conversation_id);
      // Whoever does it first thing gets nothing twice.
      if (this.#isPrompt && !this.#hasSpoken) this.displayed(conversation_id).begin(false);
    }
    for (let i = 0; i < points.length; i += MAX_POINTS)
      this.#send({ type: "sync", items: points.slice(i, i + MAX_POINTS) });
  }

  /**
   * Asks once more for what is behind what it shows. @param withRev with what became of what it shows
   * @param back from so far before the last that it shows, which it gets once more
   */
  resync(conversationId: number, { withRev = true, back = 0 }): void {
    const displayed = this.displayed(conversationId);
    if (displayed.isBehind) return;
    const after = Math.max(0, displayed.lastSeq - back);
    const { rev } = displayed;
    displayed.goBack(after);
    this.#send({ type: "sync", conversation_id: conversationId, after, ...(withRev && { rev }) });
  }

  /** The list has been looked at: whatever begins from now on comes live. */
  list(conversationIds: number[]): void {
    for (const id of conversationIds) this.displayed(id);
    this.#isListed = true;
    this.sync();
  }

  /** Says something. @param together in one frame, as far as one holds them; @param isHere there is a socket */
  say(drafts: Draft[], { together = false, isHere = true } = {}): void {
    this.pending.push(...drafts);
    for (const draft of drafts) {
      if (isHere && !this.#said.has(draft.clientMsgId)) this.#saidHere.add(draft);
      this.#said.set(draft.clientMsgId, draft);
    }
    this.#sendAll(drafts, together);
  }

  /** Says again what was not answered. */
  repeat(together: boolean): void {
    this.#sendAll(this.pending, together);
  }

  #sendAll(drafts: readonly Draft[], together: boolean): void {
    const frames = drafts.map(({ conversationId, clientMsgId, text }) => ({
      ...{ type: "send", client_msg_id: clientMsgId, conversation_id: conversationId },
      ...{ kind: "text", body: { text } },
    }));
    const size = together ? MAX_SENDS : 1;
    for (let i = 0; i < frames.length; i += size) {
      const items = frames.slice(i, i + size);
      this.#send(together ? { type: "sends", items } : items[0]);
    }
  }

  /** A frame of the server. */
  take(frame: Frame): void {
    switch (frame.type) {
      case "message":
        this.#message(Message.parse(frame.message));
        return;
      case "messages":
        for (const message of z.array(Message).parse(frame.items)) this.#message(message);
        return;
      case "ack":
        this.#ack(Ack.parse(frame));
        return;
      case "acks":
        for (const ack of z.array(Ack).parse(frame.items)) this.#ack(ack);
        return;
      case "synced":
        this.#takeSynced(Synced.parse(frame));
        return;
      case "revoked": {
        const change = Change.parse(frame);
        this.displayed(change.conversation_id).revoke(change);
        return;
      }
      case "hidden": {
        const change = Change.parse(frame);
        this.displayed(change.conversation_id).hide(change);
        return;
      }
      case "read": {
        const { conversation_id, user_id, seq } = Read.parse(frame);
        this.displayed(conversation_id).read(user_id, seq);
        return;
      }
      case "typing":
        if (Typing.parse(frame).user_id === this.#userId) throw new Error(`${this.name} sees itself type`);
        return;
      case "error":
        this.#refused(Refused.parse(frame));
        return;
    }
  }

  #message(message: z.infer<typeof Message>): void {
    const { conversation_id, sender, client_msg_id: clientMsgId } = message;
    const displayed = this.displayed(conversation_id);
    const draft = this.#said.get(sender.id === this.#userId ? (clientMsgId ?? "") : "");
    if (draft && this.#saidHere.has(draft) && !draft.elsewhere && !displayed.isBehind)
      throw new Error(`${this.name} is told what it said itself: ${draft.text}`);
    displayed.message(shown(message));
  }

  #ack({ client_msg_id, conversation_id, seq, created_at: createdAt }: z.infer<typeof Ack>): void {
    const draft = this.#answered(client_msg_id);
    this.answers.push({ draft, seq, createdAt });
    const displayed = this.displayed(conversation_id);
    // While it is behind the message may come too.
    if (displayed.isBehind) this.#saidHere.delete(draft);
    displayed.ack({ seq, createdAt }, { kind: "text", body: { text: draft.text } });
  }

  #takeSynced({ conversation_id, last_seq, rev, has_more }: z.infer<typeof Synced>): void {
    this.displayed(conversation_id).synced({ lastSeq: last_seq, rev, hasMore: has_more });
    if (has_more) this.#send({ type: "sync", conversation_id, after: last_seq });
  }

  #refused({ code, client_msg_id, conversation_id }: z.infer<typeof Refused>): void {
    const mayRepeat = AGAIN.includes(code);
    if (client_msg_id !== undefined) {
      const draft = this.#answered(client_msg_id);
      this.#saidHere.delete(draft);
      if (mayRepeat) this.say([draft]);
      else this.answers.push({ draft, code });
      return;
    }
    const displayed = this.displayed(conversation_id);
    // Reads and typing may meet a conversation which its user is not in any more.
    if (!displayed.isBehind) return;
    if (!mayRepeat) {
      displayed.end();
      return;
    }
    const { lastSeq: after, rev } = displayed;
    displayed.begin();
    this.#send({ type: "sync", conversation_id, after, rev });
  }

  /** The oldest that waits with this client id; what was repeated is answered twice. */
  #answered(clientMsgId: string): Draft {
    const at = this.pending.findIndex((draft) => draft.clientMsgId === clientMsgId);
    const [draft] = at < 0 ? [] : this.pending.splice(at, 1);
    const known = draft ?? this.#said.get(clientMsgId);
    if (!known) throw new Error(`${this.name} never said ${clientMsgId}`);
    return known;
  }
}
