import type { Api } from "../api/api.ts";
import { allPages } from "../api/pages.ts";
import type { Problem } from "../api/problem.ts";
import type { Conversations } from "../list/conversations.ts";
import type { Conversation } from "../types.ts";

/** What is told of one conversation in this time is asked for once, in ms. */
const LOOK_UP_PAUSE = 500;
/** A list that could not be loaded is asked for again after this time, in ms. */
const AGAIN = 5_000;

/** Loads over HTTP what no frame repeats: the list, mentions, single conversations. */
export class Loader {
  readonly #api: Api;
  readonly #list: Conversations;
  readonly #onFound: (conversations: readonly Conversation[]) => void;
  readonly #lookUps = new Map<number, ReturnType<typeof setTimeout>>();
  /** goes up with each load, which ends the one before */
  #load = 0;

  /** @param onFound the list has come, or a conversation that may have been unknown */
  constructor(api: Api, list: Conversations, onFound: (conversations: readonly Conversation[]) => void) {
    this.#api = api;
    this.#list = list;
    this.#onFound = onFound;
  }

  /** Loads the list and the unread mentions, and takes them. */
  async list(): Promise<void> {
    const load = ++this.#load;
    const asked = this.#list.now();
    const { all, shown } = this.#list;
    const api = this.#api;
    try {
      const items = await allPages((query) => api.call("get", "/v1/conversations", { query }));
      // What is known of the archive may be gone, too.
      if (all.length > shown.length)
        items.push(
          ...(await allPages((query) =>
            api.call("get", "/v1/conversations", { query: { ...query, archived: "true" } }),
          )),
        );
      if (load !== this.#load) return;
      for (const id of this.#list.takeAll(items, asked)) this.lookUpSoon(id);
      this.#onFound(items);
      // Unread mentions come before the read ones.
      const mentions = await allPages(
        (query) => api.call("get", "/v1/mentions", { query }),
        ({ unread }) => !unread,
      );
      if (load === this.#load) this.#list.mentioned(mentions, asked);
    } catch {
      setTimeout(() => load === this.#load && void this.list(), AGAIN);
    }
  }

  /** Ends what is under way. */
  stop(): void {
    this.#load++;
    for (const timer of this.#lookUps.values()) clearTimeout(timer);
    this.#lookUps.clear();
  }

  /** Loads one conversation. @returns null: there is none, or the user is not in it; undefined: no answer */
  async lookUp(id: number): Promise<Conversation | null | undefined> {
    const asked = this.#list.now();
    const found = await this.#api
      .call("get", "/v1/conversations/{id}", { path: { id } })
      .catch(({ code }: Problem) => (code === "not_found" ? null : undefined));
    if (found) {
      if (!this.#list.take(found, asked)) this.lookUpSoon(id);
      this.#list.tellAgain(asked);
      this.#onFound([found]);
    } else if (found === null) this.#list.remove(id, asked);
    else this.lookUpSoon(id, AGAIN);
    return found;
  }

  /** Loads one conversation a little later, once for all that ask for it meanwhile. */
  lookUpSoon(id: number, pause = LOOK_UP_PAUSE): void {
    if (this.#lookUps.has(id)) return;
    const look = () => {
      this.#lookUps.delete(id);
      void this.lookUp(id);
    };
    this.#lookUps.set(id, setTimeout(look, pause));
  }
}
