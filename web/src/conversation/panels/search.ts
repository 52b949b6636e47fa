import { signal } from "@preact/signals";
import type { Chat, Message } from "parley-client";
import { reason } from "../../state/problem.ts";

/** A page has so many hits. */
const PAGE = 30;
/** The server takes a query of so many characters. */
export const MAX_QUERY = 100;

/** A search in a conversation. It stays while its panel is closed, so that a user comes back to the hits. */
class ConversationSearch {
  readonly query = signal("");
  /** the newest first; undefined: nothing was searched for yet */
  readonly hits = signal<readonly Message[] | undefined>(undefined);
  readonly isBusy = signal(false);
  /** why the last page did not come; empty: it did */
  readonly problem = signal("");
  /** where the next page begins; null: there is none */
  readonly next = signal<number | null>(null);
  /** how far the hits were scrolled, in px */
  scrolled = 0;
  readonly #chat: Chat;
  readonly #id: number;
  #count = 0;

  constructor(chat: Chat, id: number) {
    this.#chat = chat;
    this.#id = id;
  }

  /** Whether it searches there. */
  isIn(chat: Chat, id: number): boolean {
    return this.#chat === chat && this.#id === id;
  }

  /** Searches for other words. */
  search(query: string): void {
    this.#count++;
    this.query.value = query;
    this.problem.value = "";
    this.next.value = null;
    this.isBusy.value = false;
    this.scrolled = 0;
    if (query === "") this.hits.value = undefined;
    else void this.#load([]);
  }

  /** Loads the next page of hits; the first one if it did not come. */
  more(): void {
    if (this.isBusy.value) return;
    // Until a first page comes, the hits are those of the words before.
    void this.#load(this.next.value === null ? [] : (this.hits.value ?? []));
  }

  async #load(known: readonly Message[]): Promise<void> {
    const count = this.#count;
    const path = { id: this.#id };
    this.isBusy.value = true;
    this.problem.value = "";
    try {
      let found = known;
      let before = this.next.value;
      // A page may be empty although there are more.
      do {
        const query = {
          q: this.query.value,
          match: "words" as const,
          limit: PAGE,
          ...(before && { before }),
        };
        const page = await this.#chat.api.call("get", "/v1/conversations/{id}/messages/search", {
          path,
          query,
        });
        if (count !== this.#count) return;
        found = [...found, ...page.items];
        before = page.next_before;
      } while (found.length === known.length && before !== null);
      this.hits.value = found;
      this.next.value = before;
    } catch (error) {
      if (count === this.#count) this.problem.value = reason(error);
    } finally {
      if (count === this.#count) this.isBusy.value = false;
    }
  }
}

let last: ConversationSearch | undefined;

/** The search in a conversation: the one that was open last, if it is there, else a new one. */
export function searchOf(chat: Chat, id: number): ConversationSearch {
  if (!last?.isIn(chat, id)) last = new ConversationSearch(chat, id);
  return last;
}
