import { expect } from "vitest";
import { z } from "zod";
import { Message } from "../../../src/surfaces/v1/messages/message.ts";
import { DisplayedConversation, displayedMessage, type Mode, type Sent } from "./displayed.ts";
import type { Frame } from "./socket.ts";

/** The server takes 100. With texts of 900 bytes that many would be more than the 64 KiB of a frame. */
const MAX_SENDS = 64;
const MAX_POINTS = 100;

/** The options of each poll. */
export const OPTIONS = ["yes", "no", "later"];

/** A text to be sent, or the question of a poll. */
export interface Draft {
  conversationId: number;
  clientMsgId: string;
  text: string;
  /** the same draft may also reach the server in another way */
  elsewhere?: boolean;
  thread?: { root: number; alsoInMain: boolean } | undefined;
  poll?: { multiple: boolean; anonymous: boolean; ends_at: number } | undefined;
}

/** The message that a draft becomes. */
export function sentOf({ text, thread, poll }: Draft): Sent {
  if (!poll) return { kind: "text", body: { text }, thread: thread ?? null, poll: null };
  const tally = { counts: OPTIONS.map(() => 0), voters: 0, closesAt: poll.ends_at };
  const body = { question: text, options: OPTIONS, ...poll };
  return { kind: "poll", body, thread: thread ?? null, poll: tally };
}

/** A draft's fields in a frame or a POST. */
export function wireOf(draft: Draft): object {
  const { kind, body, thread } = sentOf(draft);
  const place = thread && { root: thread.root, also_in_main: thread.alsoInMain };
  return { client_msg_id: draft.clientMsgId, kind, body, ...(place && { thread: place }) };
}

/** The server's answer to a draft: its seq and time, or the code of the refusal. */
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
const Focused = z.object({ conversation_id: z.int(), last_seq: z.int(), rev: z.int() });
const Activity = z.object({ conversation_id: z.int(), last_seq: z.int() });
const Described = z.object({ conversation: z.object({ id: z.int(), last_seq: z.int() }) });
const Changed = z.object({ conversation_id: z.int(), items: z.array(Message), rev: z.int() });
const Change = z.object({ conversation_id: z.int(), seq: z.int(), rev: z.int() });
const Deleted = z.object({ conversation_id: z.int(), seq: z.int() });
const Read = z.object({ conversation_id: z.int(), user_id: z.int(), seq: z.int() });
const Typing = z.object({ conversation_id: z.int(), user_id: z.int() });
const Refused = z.object({
  code: z.string(),
  client_msg_id: z.string().optional(),
  conversation_id: z.int(),
});

const About = z.object({ conversation_id: z.int().optional() });
const Reset = z.object({ conversation_id: z.int(), last_seq: z.int(), rev: z.int() });
/** The frames that no socket gets which must ask for them first. */
const WITHHELD = ["synced", "changed", "revoked", "hidden", "reset"];

/** Refusals after which a client may try again. */
const AGAIN = ["unavailable", "internal", "rate_limited"];

/** What a client is besides the socket and its owner. */
export interface ClientOptions {
  /** it sends its positions before the server stops waiting for them */
  isPrompt?: boolean | undefined;
  /** the conversations in one frame of its syncs */
  pointsPerFrame?: number | undefined;
  /** what it asks for when it opens its socket */
  mode?: Mode | undefined;
  /** loads the messages of a conversation anew */
  reload?: ((conversationId: number) => void) | undefined;
}

/**
 * The logic of a correct client on device sockets. It keeps the last seq and rev that it showed of each
 * conversation, resumes there page by page on a new socket, and repeats drafts that were not acknowledged.
 */
export class ModelClient {
  readonly name: string;
  readonly #userId: number;
  readonly #send: (frame: unknown) => void;
  readonly #isPrompt: boolean;
  readonly #pointsPerFrame: number;
  readonly #mode: Mode | undefined;
  readonly #reload: (conversationId: number) => void;
  /** a frame was sent on this socket */
  #hasSpoken = false;
  readonly #displayed = new Map<number, DisplayedConversation>();
  /** conversations for which this socket has asked for a page */
  readonly #synced = new Set<number>();
  /** the newest message of each conversation of which an `activity` told on this socket */
  readonly #told = new Map<number, number>();
  /** the conversations that its user has left and joined again since this socket opened */
  readonly #rejoined = new Set<number>();
  /** the conversation that it said last to show over a room socket */
  #focus: number | null = null;
  /** the conversations of which it has said so without an answer */
  readonly #focusing = new Set<number>();
  /** the conversations of which this socket may get nothing until it syncs */
  readonly #withheld = new Set<number>();
  /** the list was read on this socket: conversations that begin from now on come live */
  #isListed = true;
  /** sent and not answered, in order */
  readonly pending: Draft[] = [];
  readonly answers: Answer[] = [];
  /** every draft by its client id */
  readonly #said = new Map<string, Draft>();
  /** first sent on this socket, so that only the ack comes back */
  readonly #saidHere = new Set<Draft>();

  /** @param send sends a frame on the socket, if one is open */
  constructor(
    name: string,
    userId: number,
    send: (frame: unknown) => void,
    { isPrompt = false, pointsPerFrame = MAX_POINTS, mode, reload }: ClientOptions = {},
  ) {
    this.name = name;
    this.#userId = userId;
    this.#isPrompt = isPrompt;
    this.#pointsPerFrame = pointsPerFrame;
    this.#mode = mode;
    this.#reload = reload ?? (() => expect.unreachable(`${name} expects no reset`));
    this.#send = (frame) => {
      this.#hasSpoken = true;
      send(frame);
    };
  }

  /** The conversation as this client shows it. */
  displayed(conversationId: number): DisplayedConversation {
    const known = this.#displayed.get(conversationId);
    if (known) return known;
    const displayed = new DisplayedConversation(
      `${this.name} in ${conversationId}`,
      this.#userId,
      this.#mode,
    );
    if (!this.#isListed) displayed.begin();
    this.#displayed.set(conversationId, displayed);
    return displayed;
  }

  /** Whether no replay is running, except where the server waits for a sync. */
  get isUpToDate(): boolean {
    return [...this.#displayed].every(
      ([id, { isBehind, isReset }]) => !isReset && (!isBehind || this.#withheld.has(id)),
    );
  }

  /** Starts on a new socket. @param room the only conversation of the socket, which begins with its replay */
  begin(room?: number): void {
    this.#isListed = room !== undefined;
    this.#hasSpoken = false;
    this.#synced.clear();
    this.#saidHere.clear();
    this.#withheld.clear();
    this.#focusing.clear();
    this.#rejoined.clear();
    this.#told.clear();
    this.#focus = null;
    for (const displayed of this.#displayed.values()) displayed.begin();
    if (room !== undefined) {
      const displayed = this.displayed(room);
      displayed.begin(false);
      displayed.askedAt = Date.now();
      displayed.resumedAt = displayed.askedAt;
    }
  }

  /** Syncs the known conversations. */
  sync(): void {
    const points = [...this.#displayed].flatMap(([conversation_id, { lastSeq, rev }]) =>
      this.#synced.has(conversation_id) ? [] : [{ conversation_id, after: lastSeq, rev }],
    );
    const perFrame = this.#pointsPerFrame;
    const isFirst = this.#isPrompt && !this.#hasSpoken;
    for (const [i, { conversation_id }] of points.entries()) {
      this.#synced.add(conversation_id);
      // Of the conversations in the first frame of all a client gets no message twice.
      if (isFirst && i < perFrame) this.displayed(conversation_id).begin(this.#rejoined.has(conversation_id));
    }
    for (let i = 0; i < points.length; i += perFrame) this.#sync(points.slice(i, i + perFrame));
  }

  /**
   * Syncs a conversation again.
   * @param withRev sends the rev too, for the changes to older messages
   * @param back starts this many messages earlier, so that those come again
   */
  resync(conversationId: number, { withRev = true, back = 0 }): void {
    const displayed = this.displayed(conversationId);
    if (displayed.isBehind || this.#focusing.has(conversationId)) return;
    const after = Math.max(0, displayed.lastSeq - back);
    const { rev } = displayed;
    displayed.goBack(after);
    this.#sync([{ conversation_id: conversationId, after, ...(withRev && { rev }) }]);
  }

  /**
   * Its user is in a conversation again. The end of the earlier membership goes to a new socket before its
   * first frame, so that it comes again in the first page.
   */
  rejoined(conversationId: number): void {
    this.#rejoined.add(conversationId);
    this.#displayed.get(conversationId)?.expectLive();
  }

  /**
   * Says which conversation it shows over a room socket, if that is live or none. It syncs those that it
   * leaves.
   */
  focus(conversationId: number | null): void {
    if (conversationId !== null) {
      if (!this.#isListed || this.#focusing.has(conversationId) || this.displayed(conversationId).isBehind)
        return;
      this.#focusing.add(conversationId);
    }
    for (const id of this.#withheld) if (id !== conversationId) this.look(id);
    this.#focus = conversationId;
    this.#send({ type: "focus", conversation_id: conversationId });
  }

  /** Syncs a conversation that is withheld. */
  look(conversationId: number): void {
    if (!this.#withheld.has(conversationId)) return;
    const { lastSeq: after, rev } = this.displayed(conversationId);
    this.#sync([{ conversation_id: conversationId, after, rev }]);
  }

  /** Whether it leaves a conversation to a room socket. */
  withholds(conversationId: number): boolean {
    return this.#withheld.has(conversationId);
  }

  /** Takes the ids of the list. Conversations that begin from now on come live. */
  list(conversationIds: number[]): void {
    for (const id of conversationIds) this.displayed(id);
    this.#isListed = true;
    this.sync();
  }

  /**
   * Sends drafts.
   * @param together packs them into frames of several
   * @param isHere a socket is open
   */
  say(drafts: Draft[], { together = false, isHere = true } = {}): void {
    this.pending.push(...drafts);
    for (const draft of drafts) {
      if (isHere && !this.#said.has(draft.clientMsgId)) this.#saidHere.add(draft);
      this.#said.set(draft.clientMsgId, draft);
    }
    this.#sendAll(drafts, together);
  }

  /** Sends unanswered drafts again. */
  repeat(together: boolean): void {
    this.#sendAll(this.pending, together);
  }

  #sendAll(drafts: readonly Draft[], together: boolean): void {
    const frames = drafts.map((draft) => ({
      ...{ type: "send", conversation_id: draft.conversationId, ...wireOf(draft) },
    }));
    const size = together ? MAX_SENDS : 1;
    for (let i = 0; i < frames.length; i += size) {
      const items = frames.slice(i, i + size);
      this.#send(together ? { type: "sends", items } : items[0]);
    }
  }

  /** Processes a frame of the server. */
  take(frame: Frame): void {
    const { conversation_id: about } = About.parse(frame);
    if (about !== undefined && WITHHELD.includes(frame.type)) this.#requireLooking(about, frame.type);
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
      case "focused": {
        const { conversation_id: id } = Focused.parse(frame);
        this.#focusing.delete(id);
        // It was told of more meanwhile, turned elsewhere, and has synced behind its focus.
        if (this.displayed(id).isBehind && !this.#withheld.has(id)) return;
        this.displayed(id).begin(false);
        this.#withheld.add(id);
        // It may have turned elsewhere meanwhile.
        if (this.#focus !== id) this.look(id);
        return;
      }
      case "activity": {
        const { conversation_id: id, last_seq } = Activity.parse(frame);
        this.#told.set(id, last_seq);
        const displayed = this.displayed(id);
        expect(last_seq, `${this.name} is told no less than it has`).toBeGreaterThanOrEqual(
          displayed.lastSeq,
        );
        // A page is on its way, or was asked for.
        if (displayed.isBehind) return;
        displayed.begin(false);
        this.#withheld.add(id);
        return;
      }
      case "conversation": {
        const { id, last_seq } = Described.parse(frame).conversation;
        const told = this.#told.get(id) ?? 0;
        expect(last_seq, `${this.name} is shown ${id} as it is`).toBeGreaterThanOrEqual(told);
        return;
      }
      case "synced":
        this.#takeSynced(Synced.parse(frame));
        return;
      case "changed": {
        const { conversation_id, items, rev } = Changed.parse(frame);
        this.displayed(conversation_id).changed(items.map(displayedMessage), rev);
        return;
      }
      case "reset": {
        const { conversation_id: id, last_seq: lastSeq, rev } = Reset.parse(frame);
        this.displayed(id).reset({ lastSeq, rev });
        this.#reload(id);
        return;
      }
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
      case "deleted": {
        const { conversation_id, seq } = Deleted.parse(frame);
        this.displayed(conversation_id).drop(seq);
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

  /** What it leaves to a room socket must not come here, unless its user has left and come back. */
  #requireLooking(conversationId: number, what: unknown): void {
    if (!this.#withheld.has(conversationId)) return;
    const has = `${this.name} gets ${what} of ${conversationId}, which it shows elsewhere`;
    if (!this.#rejoined.has(conversationId)) throw new Error(has);
    this.look(conversationId);
    // What the return brought live comes in the page, too.
    this.displayed(conversationId).expectLive();
  }

  #message(message: z.infer<typeof Message>): void {
    this.#requireLooking(message.conversation_id, message.seq);
    const { conversation_id, sender, client_msg_id: clientMsgId } = message;
    const displayed = this.displayed(conversation_id);
    const draft = this.#said.get(sender.id === this.#userId ? (clientMsgId ?? "") : "");
    if (draft && this.#saidHere.has(draft) && !draft.elsewhere && !displayed.isBehind)
      throw new Error(`${this.name} gets its own message back: ${draft.text}`);
    displayed.message(displayedMessage(message));
  }

  #ack({ client_msg_id, conversation_id, seq, created_at: createdAt }: z.infer<typeof Ack>): void {
    const draft = this.#answered(client_msg_id);
    this.answers.push({ draft, seq, createdAt });
    const displayed = this.displayed(conversation_id);
    // During a replay the message may come as well.
    if (displayed.isBehind) this.#saidHere.delete(draft);
    displayed.ack({ seq, createdAt }, sentOf(draft));
  }

  #takeSynced({ conversation_id, last_seq, rev, has_more }: z.infer<typeof Synced>): void {
    this.displayed(conversation_id).synced({ lastSeq: last_seq, rev, hasMore: has_more });
    if (has_more) this.#sync([{ conversation_id, after: last_seq }]);
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
    this.#focusing.delete(conversation_id);
    const displayed = this.displayed(conversation_id);
    // Reads and typing may concern a conversation that the user has left.
    if (!displayed.isBehind) return;
    if (!mayRepeat) {
      displayed.end();
      return;
    }
    const { lastSeq: after, rev } = displayed;
    displayed.begin();
    this.#sync([{ conversation_id, after, rev }]);
  }

  /** Asks for pages: what it had left to a room socket comes here again. */
  #sync(items: { conversation_id: number; after: number; rev?: number }[]): void {
    for (const { conversation_id, rev } of items) {
      this.#withheld.delete(conversation_id);
      const displayed = this.displayed(conversation_id);
      displayed.askedAt = Date.now();
      if (rev !== undefined) displayed.resumedAt = displayed.askedAt;
    }
    const [only] = items;
    this.#send({ type: "sync", ...(items.length === 1 ? only : { items }) });
  }

  /** Removes the oldest pending draft of this client id. A repeated draft is answered twice. */
  #answered(clientMsgId: string): Draft {
    const at = this.pending.findIndex((draft) => draft.clientMsgId === clientMsgId);
    const [draft] = at < 0 ? [] : this.pending.splice(at, 1);
    const known = draft ?? this.#said.get(clientMsgId);
    if (!known) throw new Error(`${this.name} never said ${clientMsgId}`);
    return known;
  }
}
