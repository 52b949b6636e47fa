import { randomUUID } from "node:crypto";
import { Conditions } from "./conditions.ts";
import type { Person } from "./person.ts";
import { type Ack, Frame, type Message } from "./shapes.ts";
import { type Connect, standardSocket, type Wire } from "./wire.ts";

/** A client's position: every message up to `seq`, every change up to `rev`. */
export interface Shown {
  seq: number;
  rev: number;
}

export interface RoomOptions {
  /** The position to resume at. Without it no replay. */
  after?: Shown;
  /** `"all"`: also the replies that are in their thread alone. Without it the main stream. */
  threads?: "all";
  connect?: Connect;
}

/** One user's socket in one conversation, with what it received, in order of arrival. */
export class Room {
  readonly person: Person;
  /** received messages: those of others, and own ones of a replay */
  readonly messages: Message[] = [];
  /** own stored messages: client_msg_id → seq */
  readonly acks = new Map<string, number>();
  /** the read positions of others: user id → seq */
  readonly readBy = new Map<number, number>();
  /** changed messages as they were told, in order of arrival */
  readonly changed: Message[] = [];
  /** the seqs of revoked messages */
  readonly revoked: number[] = [];
  readonly #conversationId: number;
  readonly #resumes: boolean;
  readonly #wire: Wire;
  readonly #conditions = new Conditions();
  /** Seqs above the gapless run that ends at `#shown.seq`. */
  readonly #ahead = new Set<number>();
  #shown: Shown;
  #live = false;
  #closed: string | undefined;

  private constructor(person: Person, conversationId: number, { after, threads, connect }: RoomOptions) {
    this.person = person;
    this.#conversationId = conversationId;
    this.#resumes = after !== undefined;
    this.#shown = { seq: 0, rev: 0, ...after };
    this.#wire = (connect ?? standardSocket)(
      person.roomUrl(conversationId, { after, threads }),
      person.token,
      {
        text: (text) => this.#receive(text),
        closed: (why) => this.#end(why),
      },
    );
  }

  /** Opens a socket. Resolves once it is live: ready, and at the end of its replay if it resumes. */
  static async open(person: Person, conversationId: number, options: RoomOptions = {}): Promise<Room> {
    const room = new Room(person, conversationId, options);
    await room.until("its socket to be live", () => room.#live);
    return room;
  }

  /** The position to resume at once this socket is closed. */
  get shown(): Shown {
    return { ...this.#shown };
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Sends a text without waiting. @returns its client_msg_id */
  send(text: string, clientMsgId: string = randomUUID()): string {
    this.#write({ type: "send", client_msg_id: clientMsgId, kind: "text", body: { text } });
    return clientMsgId;
  }

  /** Sends a text. @returns its seq once it is stored */
  async say(text: string): Promise<number> {
    const id = this.send(text);
    await this.until(`the ack of "${text}"`, () => this.acks.has(id));
    return this.acks.get(id) ?? 0;
  }

  /** Moves the user's read position. */
  read(seq: number): void {
    this.#write({ type: "read", seq });
  }

  /** Waits until `condition` holds, checked after every frame. @throws an Error if the socket closes first */
  until(what: string, condition: () => unknown): Promise<void> {
    return this.#conditions.until(`${this.person.user.username} waited for ${what}`, condition);
  }

  async close(): Promise<void> {
    this.#wire.close();
    await this.until("the socket to close", () => this.#closed !== undefined);
  }

  #receive(text: string): void {
    try {
      this.#take(Frame.parse(JSON.parse(text)));
    } catch (error) {
      this.#end(`not a frame of v1: ${text.slice(0, 200)} (${error})`);
    }
    this.#conditions.check();
  }

  #take(frame: Frame): void {
    switch (frame.type) {
      case "ready":
        if (this.#resumes) break;
        this.#shown = { seq: frame.last_seq, rev: frame.rev };
        this.#live = true;
        break;
      case "message":
        this.#message(frame.message);
        break;
      case "messages":
        for (const message of frame.items) this.#message(message);
        break;
      case "ack":
        this.#ack(frame);
        break;
      case "acks":
        for (const ack of frame.items) this.#ack(ack);
        break;
      case "synced":
        this.#synced(frame);
        break;
      case "read":
        this.readBy.set(frame.user_id, frame.seq);
        break;
      case "changed":
        this.changed.push(...frame.items);
        this.#shown.rev = Math.max(this.#shown.rev, frame.rev);
        break;
      case "revoked":
        this.revoked.push(frame.seq);
        this.#shown.rev = Math.max(this.#shown.rev, frame.rev);
        break;
      case "error":
        this.#end(`refused: ${frame.code}, ${frame.detail}`);
        break;
      case "kicked":
        this.#end(`kicked: ${frame.reason}`);
        break;
    }
  }

  #message(message: Message): void {
    this.messages.push(message);
    this.#show(message.seq);
  }

  #ack(ack: Ack): void {
    this.acks.set(ack.client_msg_id, ack.seq);
    this.#show(ack.seq);
  }

  /** An own ack may overtake earlier messages of others: the socket resumes after the last gapless seq. */
  #show(seq: number): void {
    this.#ahead.add(seq);
    while (this.#ahead.delete(this.#shown.seq + 1)) this.#shown.seq++;
  }

  #synced(frame: { last_seq: number; rev: number; has_more: boolean }): void {
    this.#shown = { seq: Math.max(this.#shown.seq, frame.last_seq), rev: frame.rev };
    this.#live = !frame.has_more;
    if (frame.has_more) this.#write({ type: "sync", after: frame.last_seq, rev: frame.rev });
  }

  #end(why: string): void {
    this.#closed ??= why;
    this.#conditions.end(`the socket is closed (${why})`);
  }

  #write(frame: object): void {
    if (this.#closed !== undefined) throw new Error(`conversation ${this.#conversationId}: ${this.#closed}`);
    this.#wire.send(JSON.stringify(frame));
  }
}
