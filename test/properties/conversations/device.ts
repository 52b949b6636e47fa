import { z } from "zod";
import { type Frame, TestSocket, upgrade } from "../../support/clients/socket.ts";
import { Ack, Change, Changed, DisplayedConversation, Read } from "./displayed.ts";
import type { Draft, History, Scope } from "./history.ts";
import { Conversation, Message, wire } from "./http.ts";

const Synced = z.object({ last_seq: z.int(), rev: z.int(), has_more: z.boolean() });
const Refused = z.object({ code: z.enum(["not_found", "validation_failed"]), client_msg_id: z.string() });

/** After every message: a sync from here replays nothing, and its answer marks a place in the stream. */
const END = Number.MAX_SAFE_INTEGER;
const MAX_SENDS = 100;

export interface Owner {
  id: number;
  /** one for each device, or one for both */
  tokens: string[];
}

/**
 * A correct client of one conversation. It keeps the last seq and rev that it showed, resumes there after a
 * reconnect, and repeats drafts that were not acknowledged.
 */
export class Device {
  readonly owner: Owner;
  readonly name: string;
  readonly displayed: DisplayedConversation;
  readonly #scope: Scope;
  readonly #path: string;
  readonly #token: string;
  readonly #history: History;
  /** sent and not answered, in order */
  readonly pending: Draft[] = [];
  /** read positions sent: sure to have arrived only once something later was answered */
  #reads: number[] = [];
  /** read positions sent on a socket that is closed */
  readonly doubtful: number[] = [];
  #socket: TestSocket | undefined;
  #taken = 0;
  #behind = false;
  #marks = 0;
  /** the client's socket work, one task after the other */
  #busy: Promise<unknown> = Promise.resolve();
  /** the server may close the socket during this step */
  mayBeCut = false;

  constructor(owner: Owner, nth: number, conversationId: number, history: History) {
    this.owner = owner;
    this.name = `device ${nth} of ${owner.id}`;
    // The first device of each user shows threads, the others show the main stream.
    this.#scope = nth === 0 ? "all" : "main";
    this.displayed = new DisplayedConversation(this.name, owner.id, this.#scope);
    this.#path = `/v1/conversations/${conversationId}/socket`;
    this.#token = owner.tokens[nth % owner.tokens.length] ?? "";
    this.#history = history;
  }

  get isHere(): boolean {
    return this.#socket !== undefined;
  }

  /** Sends drafts, or keeps them until it is connected. */
  say(drafts: Draft[], together: boolean): Promise<void> {
    return this.#next(async () => {
      this.pending.push(...drafts);
      this.#send(drafts, together);
    });
  }

  /** Moves the read position; ignored while disconnected. */
  read(seq: number): Promise<void> {
    return this.#next(async () => {
      if (!this.#socket) return;
      this.#reads.push(seq);
      this.#history.mayEndMark(this.owner.id);
      this.#socket.send({ type: "read", seq });
    });
  }

  /** Disconnects at once. Frames that have not arrived by now are lost to it. */
  leave(): Promise<void> {
    return this.#next(async () => {
      this.#take();
      this.#drop()?.close();
    });
  }

  /** Disconnects for good, and waits until the server knows. */
  end(): Promise<void> {
    return this.#next(async () => {
      const socket = this.#drop();
      socket?.close();
      await socket?.closed();
    });
  }

  /** Reconnects. Resolves once it has seen what it missed. */
  come(eager: boolean): Promise<void> {
    return this.#next(async () => {
      if (this.#socket) return;
      const { seq, rev } = this.displayed;
      const threads = this.#scope === "all" ? "&threads=all" : "";
      const response = await upgrade(`${this.#path}?after=${seq}&rev=${rev}${threads}`, this.#token);
      if (!response.webSocket) throw new Error(`no socket: ${response.status} ${await response.text()}`);
      this.#socket = new TestSocket(response.webSocket);
      this.#taken = 0;
      this.#behind = true;
      if (eager) this.#send(this.pending, true);
      await this.#until(() => !this.#behind);
      if (!eager) this.#send(this.pending, false);
    });
  }

  /** Resolves once every draft is acknowledged or refused. */
  answered(): Promise<void> {
    return this.#next(() => this.#until(() => this.pending.length === 0));
  }

  /** Resolves once every frame that the server has sent so far has arrived. */
  caughtUp(): Promise<void> {
    return this.#next(async () => {
      if (!this.#socket) return;
      const mark = this.#marks + 1;
      this.#socket.send({ type: "sync", after: END });
      await this.#until(() => this.#marks >= mark);
      if (!this.isHere) return;
      for (const seq of this.#reads) this.#history.read(this.owner.id, seq);
      this.#reads = [];
    });
  }

  /** Sends again what an evicted object may have forgotten. */
  repeat(): Promise<void> {
    return this.#next(async () => this.#send(this.pending, true));
  }

  #next(work: () => Promise<void>): Promise<void> {
    const mine = this.#busy.then(work);
    this.#busy = mine.catch(() => undefined);
    return mine;
  }

  #send(drafts: readonly Draft[], together: boolean): void {
    const frames = drafts.map((draft) => ({ type: "send", ...wire(draft) }));
    const size = together ? MAX_SENDS : 1;
    for (let i = 0; i < frames.length; i += size) {
      const items = frames.slice(i, i + size);
      this.#socket?.send(together ? { type: "sends", items } : items[0]);
    }
  }

  #drop(): TestSocket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#marks = 0;
    this.doubtful.push(...this.#reads);
    this.#reads = [];
    return socket;
  }

  async #until(holds: () => boolean): Promise<void> {
    const socket = this.#socket;
    try {
      await socket?.until(() => {
        this.#take();
        return holds();
      });
    } catch (error) {
      if (!this.mayBeCut || socket?.isOpen !== false) throw error;
      this.#drop();
    }
  }

  #take(): void {
    const frames = this.#socket?.frames ?? [];
    while (this.#taken < frames.length) {
      const frame = frames[this.#taken++];
      if (frame) this.#frame(frame);
    }
  }

  #frame(frame: Frame): void {
    switch (frame.type) {
      case "ready":
        return;
      case "message":
        this.displayed.message(Message.parse(frame.message));
        return;
      case "messages":
        for (const message of z.array(Message).parse(frame.items)) this.displayed.message(message);
        return;
      case "ack":
        this.#ack(Ack.parse(frame));
        return;
      case "acks":
        for (const ack of z.array(Ack).parse(frame.items)) this.#ack(ack);
        return;
      case "synced":
        this.#synced(Synced.parse(frame));
        return;
      case "read":
        this.displayed.read(Read.parse(frame));
        return;
      case "changed":
        this.displayed.changed(Changed.parse(frame));
        return;
      case "thread_read":
        // The model reads what is unread over HTTP.
        return;
      case "revoked":
        this.displayed.revoke(Change.parse(frame));
        return;
      case "hidden":
        this.displayed.hide(Change.parse(frame));
        return;
      case "conversation":
        // The conversation's state comes after a long replay. The model reads it over HTTP.
        Conversation.parse(frame.conversation);
        return;
      case "error":
        this.#refused(frame);
        return;
      default:
        throw new Error(`${this.name} got ${JSON.stringify(frame)}`);
    }
  }

  #refused(frame: Frame): void {
    const refused = Refused.safeParse(frame);
    if (!refused.success) throw new Error(`${this.name} was refused: ${JSON.stringify(frame)}`);
    this.#history.refused(this.#answeredOne(refused.data));
  }

  #ack(ack: z.infer<typeof Ack>): void {
    const draft = this.#answeredOne(ack);
    this.#history.acknowledged(draft, { seq: ack.seq, createdAt: ack.created_at });
    // An own message acknowledged during a replay comes with the replay.
    if (!this.#behind) this.displayed.ack(ack, draft);
  }

  /** Removes the oldest pending draft of this client id. A repeated draft is answered twice. */
  #answeredOne({ client_msg_id }: { client_msg_id: string }): Draft {
    const at = this.pending.findIndex(({ clientMsgId }) => clientMsgId === client_msg_id);
    const [draft] = at < 0 ? [] : this.pending.splice(at, 1);
    const known = draft ?? this.#history.wanted(this.owner.id, client_msg_id);
    if (!known) throw new Error(`${this.name} never said ${client_msg_id}`);
    return known;
  }

  #synced({ last_seq, rev, has_more }: z.infer<typeof Synced>): void {
    if (!this.#behind) {
      this.#marks++;
      return;
    }
    this.displayed.synced(last_seq, rev);
    if (has_more) this.#socket?.send({ type: "sync", after: last_seq });
    else this.#behind = false;
  }
}
