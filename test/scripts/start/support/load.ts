import { setTimeout as pause } from "node:timers/promises";
import type { Person } from "../../../../scripts/support/person.ts";
import { Message } from "../../../../scripts/support/shapes.ts";

/** A message that the server has acknowledged. */
export interface Acknowledged {
  readonly conversation: number;
  readonly seq: number;
  readonly text: string;
}

/** How long a sender waits before it repeats what had no answer, in ms. */
const AGAIN_MS = 100;
/** So long, at most, somebody thinks between two messages, in ms. */
const THINKS_MS = 100;

/** Somebody who sends one message after the other, each until it is acknowledged. */
export class Sender {
  readonly acknowledged: Acknowledged[] = [];
  /** how many sends were refused, by status; 0: without an answer */
  readonly refusals = new Map<number, number>();
  readonly #person: Person;
  readonly #conversations: readonly number[];
  readonly #origin: string;
  #isEnding = false;
  readonly #work: Promise<void>;

  /** Starts to send, to one conversation after the other. */
  constructor(origin: string, person: Person, conversations: readonly number[]) {
    this.#origin = origin;
    this.#person = person;
    this.#conversations = conversations;
    this.#work = this.#send();
  }

  /** how many sends the server has refused */
  get refused(): number {
    return [...this.refusals].reduce((sum, [status, count]) => sum + (status > 0 ? count : 0), 0);
  }

  /** Ends behind the message that is under way. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#work;
  }

  async #send(): Promise<void> {
    for (let n = 0; !this.#isEnding; n++) {
      const conversation = this.#conversations[n % this.#conversations.length] ?? 0;
      const text = `${this.#person.user.username} ${n}`;
      const message = await this.#sendUntilAcknowledged(conversation, text);
      this.acknowledged.push({ conversation, seq: message.seq, text });
      await pause(Math.random() * THINKS_MS);
    }
  }

  async #sendUntilAcknowledged(conversation: number, text: string): Promise<Message> {
    const body = JSON.stringify({ client_msg_id: crypto.randomUUID(), kind: "text", body: { text } });
    for (;;) {
      const answer = await fetch(`${this.#origin}/v1/conversations/${conversation}/messages`, {
        method: "POST",
        headers: { Authorization: `Bearer ${this.#person.token}`, "Content-Type": "application/json" },
        body,
        signal: AbortSignal.timeout(30_000),
      })
        .then(async (one) => ({ status: one.status, text: await one.text() }))
        .catch(() => ({ status: 0, text: "" }));
      if (answer.status === 201 || answer.status === 200) return Message.parse(JSON.parse(answer.text));
      this.refusals.set(answer.status, (this.refusals.get(answer.status) ?? 0) + 1);
      if (answer.status > 0 && answer.status < 500)
        throw new Error(`${text}: ${answer.status} ${answer.text}`);
      await pause(AGAIN_MS);
    }
  }
}
