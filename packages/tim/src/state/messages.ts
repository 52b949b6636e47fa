import type { Message } from "../types.ts";
import { unsaid, type WireMessage } from "./wire.ts";

/** The messages that are remembered by ID. An app keeps its own references to others. */
const MAX_KEPT = 20_000;

/**
 * Every message that the app knows, as one object each. A message keeps the ID that the client gave it; the
 * server's own ID, which calls want, stands beside.
 */
export class Messages {
  readonly #byID = new Map<string, Message>();
  /** the IDs of the app by those of the server */
  readonly #IDs = new Map<string, string>();
  readonly #serverIDs = new WeakMap<Message, string>();

  find(ID: string): Message | undefined {
    return this.#byID.get(ID);
  }

  all(): Iterable<Message> {
    return this.#byID.values();
  }

  /** A message that the app has made. */
  add(message: Message): Message {
    this.#byID.set(message.ID, message);
    const [oldest] = this.#byID.values();
    if (this.#byID.size > MAX_KEPT && oldest) this.#forget(oldest);
    return message;
  }

  #forget(message: Message): void {
    this.#byID.delete(message.ID);
    this.#IDs.delete(this.#serverIDs.get(message) ?? "");
  }

  /**
   * Takes a message of the server into the object that stands for it.
   * @returns the object, and whether it is a new one
   */
  take({ clientID, ...wire }: WireMessage): { message: Message; isNew: boolean } {
    const ID = clientID ?? this.#IDs.get(wire.ID) ?? wire.ID;
    const known = this.#byID.get(ID);
    const message = known ?? this.add(this.received({ ...wire, ID }));
    this.#IDs.set(wire.ID, ID);
    this.#serverIDs.set(message, wire.ID);
    if (known) {
      const { payload, isPeerRead } = known;
      Object.assign(known, wire, { ID });
      // What was revoked can be edited anew; the server has nothing of it any more.
      if (wire.isRevoked) known.payload = payload;
      known.isPeerRead ||= isPeerRead;
    }
    return { message, isNew: !known };
  }

  /** A message of the server as an app first sees it. */
  received(wire: WireMessage): Message {
    return { ...unsaid(), ...wire };
  }

  /** The ID by which the server knows a message, or a text that may be the ID of one. */
  serverID(of: Message | string): string {
    const message = typeof of === "string" ? this.#byID.get(of) : of;
    if (!message) return String(of);
    const known = this.#byID.get(message.ID);
    return this.#serverIDs.get(message) ?? (known && this.#serverIDs.get(known)) ?? message.ID;
  }

  /** The ID by which the app knows a message of the server. */
  localID(serverID: string): string {
    return this.#IDs.get(serverID) ?? serverID;
  }

  clear(): void {
    this.#byID.clear();
    this.#IDs.clear();
  }
}
