import { randomUUID } from "node:crypto";
import { Conditions } from "./conditions.ts";
import type { Person } from "./person.ts";
import { type Ack, DeviceFrame, type Message } from "./shapes.ts";
import { type Wire, wsSocket } from "./wire.ts";

/** A device's view of one conversation, over several sockets. */
export class Device {
  readonly person: Person;
  /** seq → text, of received messages and of own acknowledged ones */
  readonly texts = new Map<number, string>();
  /** the seqs of messages in order of arrival; own ones arrive as acks */
  readonly order: number[] = [];
  /** drafts sent and not acknowledged: client_msg_id → text */
  readonly unacked = new Map<string, string>();
  readonly #conversationId: number;
  #conditions = new Conditions();
  #wire: Wire | undefined;
  #seq = 0;
  #rev = 0;
  #live = false;
  #closed: string | undefined;

  constructor(person: Person, conversationId: number) {
    this.person = person;
    this.#conversationId = conversationId;
  }

  /** Opens a socket, resumes at its position, and repeats what was not acknowledged. */
  async open(origin: string): Promise<void> {
    this.#conditions = new Conditions();
    this.#closed = undefined;
    this.#live = false;
    this.#wire = wsSocket(this.person.at(origin).deviceUrl, this.person.token, {
      text: (text) => this.#receive(text),
      closed: (why) => this.#end(why),
    });
    await this.until("its socket to be live", () => this.#live);
    for (const [clientMsgId, text] of this.unacked) this.#send(clientMsgId, text);
  }

  /** Sends a text. Resolves once it is stored. */
  async say(text: string): Promise<void> {
    const clientMsgId = randomUUID();
    this.unacked.set(clientMsgId, text);
    this.#send(clientMsgId, text);
    await this.until(`the ack of "${text}"`, () => !this.unacked.has(clientMsgId));
  }

  /** Moves the user's read position to the last message. */
  readAll(): void {
    this.#write({ type: "read", seq: this.#seq });
  }

  /** Waits until `condition` holds, checked after every frame. @throws an Error if the socket closes first */
  until(what: string, condition: () => unknown): Promise<void> {
    return this.#conditions.until(`a device of ${this.person.user.username} waited for ${what}`, condition);
  }

  async close(): Promise<void> {
    this.#wire?.close();
    await this.until("the socket to close", () => this.#closed !== undefined);
  }

  #receive(text: string): void {
    try {
      this.#take(DeviceFrame.parse(JSON.parse(text)));
    } catch (error) {
      this.#end(`not a frame of v1: ${text.slice(0, 200)} (${error})`);
    }
    this.#conditions.check();
  }

  #take(frame: DeviceFrame): void {
    switch (frame.type) {
      case "ready":
        this.#write({ type: "sync", after: this.#seq, rev: this.#rev });
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
        this.#rev = frame.rev;
        this.#live = !frame.has_more;
        if (frame.has_more) this.#write({ type: "sync", after: frame.last_seq, rev: frame.rev });
        break;
      case "error":
        this.#end(`refused: ${frame.code}, ${frame.detail}`);
        break;
      case "kicked":
        this.#end(`kicked: ${frame.reason}`);
        break;
    }
  }

  #message({ seq, body, conversation_id }: Message): void {
    if (conversation_id !== this.#conversationId) return;
    this.order.push(seq);
    this.#show(seq, body.text ?? "");
  }

  #ack({ client_msg_id, seq }: Ack): void {
    const text = this.unacked.get(client_msg_id);
    if (text === undefined) return;
    this.unacked.delete(client_msg_id);
    this.#show(seq, text);
  }

  /**
   * Everything before a message or an ack has arrived too, except own unacknowledged sends, which are
   * repeated. So the device resumes there.
   */
  #show(seq: number, text: string): void {
    this.texts.set(seq, text);
    this.#seq = Math.max(this.#seq, seq);
  }

  #send(clientMsgId: string, text: string): void {
    this.#write({ type: "send", client_msg_id: clientMsgId, kind: "text", body: { text } });
  }

  #end(why: string): void {
    this.#closed ??= why;
    this.#conditions.end(`the socket is closed (${why})`);
  }

  #write(frame: object): void {
    if (this.#closed !== undefined) throw new Error(`conversation ${this.#conversationId}: ${this.#closed}`);
    this.#wire?.send(JSON.stringify({ ...frame, conversation_id: this.#conversationId }));
  }
}
