import type { ClientFrame } from "../types.ts";
import { Link, type LinkOptions, type Source } from "./link.ts";

/** Messages to send, of which the outbox knows that they are complete. */
interface Sends {
  readonly type: "sends";
  readonly items: readonly object[];
}

/** Where a room socket begins. */
export interface Position {
  readonly id: number;
  readonly seq: number;
  readonly rev: number;
}

/** The two sockets of a client behind one interface. */
export class Sockets {
  readonly #options: LinkOptions;
  readonly #device: Link;
  #room: Link | undefined;
  /** the conversation that has a socket of its own; 0: none */
  room = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#device = new Link(options, "device", () => "/v1/socket?echo=message&threads=all&changes=parts");
  }

  /** Whether the device socket takes frames. */
  get isReady(): boolean {
    return this.#device.isReady;
  }

  /** Opens the device socket. */
  open(): void {
    void this.#device.open();
  }

  close(): void {
    this.#device.close();
    this.closeRoom();
  }

  /** The network, the page or the machine is back. */
  wake(): void {
    this.#device.wake();
    this.#room?.wake();
  }

  /** Opens the socket of a conversation, behind its position at each opening. */
  openRoom(position: Position): void {
    this.room = position.id;
    this.#room = new Link(this.#options, "room", () => {
      const { id, seq, rev } = position;
      return `/v1/conversations/${id}/socket?echo=message&threads=all&changes=parts&after=${seq}&rev=${rev}`;
    });
    void this.#room.open();
  }

  closeRoom(): void {
    this.#room?.close();
    this.#room = undefined;
    this.room = 0;
  }

  /** The socket that brings the messages of a conversation. */
  sourceOf(id: number): Source {
    return id === this.room ? "room" : "device";
  }

  /**
   * Sends a frame on the device socket, or one about a conversation on the quickest one.
   * @returns false: there is no socket to send it on
   */
  send(frame: ClientFrame | Sends, about = 0): boolean {
    const link = this.#room?.isReady && about === this.room ? this.#room : this.#device;
    return link.send(JSON.stringify(frame));
  }
}
