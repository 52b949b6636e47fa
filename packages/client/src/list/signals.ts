import type { Sockets } from "../connection/sockets.ts";
import type { Loader } from "../sync/loader.ts";
import type { Timeline } from "../sync/timeline.ts";
import type { Conversations } from "./conversations.ts";
import { counts } from "./unread.ts";

/** Reads of one conversation within this time are told to the server once, in ms. */
const READ_PAUSE = 300;
/** That the user is typing is told to the server this often, in ms. */
const TYPING_EVERY = 2_000;

/** A user is shown as typing for this time after their last `typing`, in ms. */
const TYPING_TIME = 6_000;

/** What users do without sending: tells the server what this one reads and types, and shows who is typing. */
export class Signals {
  readonly #sockets: Sockets;
  readonly #list: Conversations;
  readonly #loader: Loader;
  readonly #reads = new Map<number, ReturnType<typeof setTimeout>>();
  readonly #typed = new Map<number, number>();
  /** by conversation and user */
  readonly #typing = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(sockets: Sockets, list: Conversations, loader: Loader) {
    this.#sockets = sockets;
    this.#list = list;
    this.#loader = loader;
  }

  /** The user has read a conversation up to a message. Never goes back. */
  read({ id, main, seq: position }: Timeline, seq: number): void {
    const list = this.#list;
    const end = list.countedTo(id);
    const counted = main.slice(seq + 1, end).filter((message) => counts(message, list.me)).length;
    if (!list.readHere(id, seq, counted)) return;
    // What is not loaded, or still on its way, the server has to count.
    if (Math.min(position, main.runAt(seq)?.to ?? 0) < end) this.#loader.lookUpSoon(id);
    if (this.#reads.has(id)) return;
    this.#reads.set(
      id,
      setTimeout(() => {
        this.#reads.delete(id);
        // Without a connection the next list shows that the server does not know it.
        this.#sockets.send({ type: "read", conversation_id: id, seq: list.readTo(id) }, id);
      }, READ_PAUSE),
    );
  }

  /** The user is typing in a conversation. */
  typing(id: number): void {
    const now = Date.now();
    if (now - (this.#typed.get(id) ?? 0) < TYPING_EVERY) return;
    this.#typed.set(id, now);
    this.#sockets.send({ type: "typing", conversation_id: id }, id);
  }

  /** Another user is typing in a conversation: each time counts for a while. */
  typed(id: number, userId: number): void {
    const list = this.#list;
    const key = `${id} ${userId}`;
    const show = (...now: number[]) => {
      const others = list.get(id)?.typing.filter((one) => one !== userId) ?? [];
      list.patch(id, { typing: [...others, ...now] });
    };
    clearTimeout(this.#typing.get(key));
    this.#typing.set(key, setTimeout(show, TYPING_TIME));
    show(userId);
  }
}
