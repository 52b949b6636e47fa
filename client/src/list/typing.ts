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
    const typing = this.#list.get(id)?.typing;
    if (!typing) return;
    const key = `${id} ${userId}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => this.#end(id, userId, key), TYPING_TIME),
    );
    if (!typing.includes(userId)) this.#list.patch(id, { typing: [...typing, userId] });
  }

  #end(id: number, userId: number, key: string): void {
    this.#timers.delete(key);
    const typing = this.#list.get(id)?.typing ?? [];
    this.#list.patch(id, { typing: typing.filter((one) => one !== userId) });
  }
}
