import type { Message, Reaction } from "../types.ts";

/** The reactions of messages, as the app was told of them last. */
export class Reactions {
  readonly #known = new WeakMap<Message, Reaction[]>();

  /** Notes reactions of which the app knows by now. */
  know(message: Message, reactions: Reaction[]): void {
    this.#known.set(message, reactions);
  }

  /**
   * Notes the reactions of a message.
   * @returns what the app is to be told: those that nobody has any more are counted 0; null: it knows all
   */
  take(message: Message, reactions: Reaction[]): Reaction[] | null {
    const before = this.#known.get(message) ?? [];
    this.#known.set(message, reactions);
    if (JSON.stringify(before) === JSON.stringify(reactions)) return null;
    const left = new Set(reactions.map(({ reactionID }) => reactionID));
    const gone = before.filter(({ reactionID }) => !left.has(reactionID));
    const none = { totalUserCount: 0, partialUserList: [], reactedByMyself: false };
    return [...reactions, ...gone.map(({ reactionID }) => ({ reactionID, ...none }))];
  }
}
