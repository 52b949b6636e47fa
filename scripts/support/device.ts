import { randomUUID } from "node:crypto";
import { Conditions } from "./conditions.ts";
import { Displayed } from "./displayed.ts";
import type { Person } from "./person.ts";
import { type Ack, DeviceFrame, type Message } from "./shapes.ts";
import { type Wire, wsSocket } from "./wire.ts";

interface Unacked {
  conversationId: number;
  text: string;
}

/** A device of a user: what it shows of some conversations, over several sockets. */
export class Device {
  readonly person: Person;
  /** by conversation id */
  readonly displayed: ReadonlyMap<number, Displayed>;
  /** drafts sent and not acknowledged, by client_msg_id, in the order of sending */
  readonly unacked = new Map<string, Unacked>();
  /** changed messages as they were told, in order of arrival */
  readonly changed: Message[] = [];
  /** the seqs of scheduled messages that were sent */
  readonly scheduled: number[] = [];
  /** the number of sends that were acknowledged */
  acks = 0;
  #conditions = new Conditions();
  #wire: Wire | undefined;
  #closed: string | undefined;

  constructor(person: Person, conversationIds: readonly number[]) {
    this.person = person;
    this.displayed = new Map(conversationIds.map((id) => [id, new Displayed()]));
  }

  get isOpen(): boolean {
    return this.#wire !== undefined && this.#closed === undefined;
  }

  /** Opens a socket, resumes at its position, and repeats what was not acknowledged. */
  async open(origin: string): Promise<void> {
    this.#conditions = new Conditions();
    this.#closed = undefined;
    for (const displayed of this.displayed.values()) displayed.isLive = false;
    this.#wire = wsSocket(this.person.at(origin).deviceUrl, this.person.token, {
      text: (text) => this.#receive(text),
      closed: (why) => this.#end(why),
    });
    const isLive = () => [...this.displayed.values()].every((displayed) => displayed.isLive);
    await this.until("its socket to be live", isLive);
    for (const [clientMsgId, send] of this.unacked) this.#send(clientMsgId, send);
  }

  /** Sends a text without waiting. */
  send(conversationId: number, text: string): void {
    const clientMsgId = randomUUID();
    this.unacked.set(clientMsgId, { conversationId, text });
    this.#send(clientMsgId, { conversationId, text });
  }

  /** Moves the user's read position. */
  read(conversationId: number, seq: number): void {
    this.#write({ type: "read", conversation_id: conversationId, seq });
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
      this.#end(`a wrong frame: ${text.slice(0, 200)} (${error})`);
    }
    this.#conditions.check();
  }

  #take(frame: DeviceFrame): void {
    switch (frame.type) {
      case "ready":
        this.#sync();
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
      case "changed":
        this.changed.push(...frame.items);
        this.displayed.get(frame.conversation_id)?.changed(frame.rev);
        break;
      case "scheduled":
        if (frame.seq !== undefined) this.scheduled.push(frame.seq);
        break;
      case "error":
        this.#end(`refused: ${frame.code}, ${frame.detail}`);
        break;
      case "kicked":
        this.#end(`kicked: ${frame.reason}`);
        break;
    }
  }

  #sync(): void {
    const items = [...this.displayed].map(([id, { seq, rev }]) => ({ conversation_id: id, after: seq, rev }));
    this.#write({ type: "sync", items });
  }

  #message(message: Message): void {
    this.displayed.get(message.conversation_id)?.message(message);
  }

  #ack({ client_msg_id, seq }: Ack): void {
    const send = this.unacked.get(client_msg_id);
    if (!send) throw new Error("an ack for nothing");
    this.unacked.delete(client_msg_id);
    this.acks++;
    this.displayed.get(send.conversationId)?.ack(seq, { senderId: this.person.user.id, text: send.text });
  }

  #synced({ conversation_id, last_seq, rev, has_more }: DeviceFrame & { type: "synced" }): void {
    this.displayed.get(conversation_id)?.synced(last_seq, rev, !has_more);
    if (has_more) this.#write({ type: "sync", conversation_id, after: last_seq, rev });
  }

  #send(clientMsgId: string, { conversationId, text }: Unacked): void {
    const draft = { client_msg_id: clientMsgId, kind: "text", body: { text } };
    this.#write({ type: "send", conversation_id: conversationId, ...draft });
  }

  #end(why: string): void {
    this.#closed ??= why;
    this.#conditions.end(`the socket is closed (${why})`);
  }

  #write(frame: object): void {
    if (this.#closed !== undefined)
      throw new Error(`a device of ${this.person.user.username}: ${this.#closed}`);
    this.#wire?.send(JSON.stringify(frame));
  }
}
