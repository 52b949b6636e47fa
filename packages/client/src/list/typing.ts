import type { Conversations } from "./conversations.ts";

/** A user is shown as typing for this time after their last `typing`, in ms. */
const TYPING_TIME = 6_000;

/** Who is typing: each `typing` frame counts for a while. */
export class Typing {
  readonly #list: Conversations;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(list: Conversations) {
    this.#list = list;
  }

  /** A user is typing in a conversation. */
  note(id: number, userId: number): void {
    const list = this.#list;
    const key = `${id} ${userId}`;
    const typing = () => list.get(id)?.typing ?? [];
    const end = () => {
      this.#timers.delete(key);
      list.patch(id, { typing: typing().filter((one) => one !== userId) });
    };
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(end, TYPING_TIME));
    if (!typing().includes(userId)) list.patch(id, { typing: [...typing(), userId] });
  }
}
