import type { Api } from "../api/api.ts";
import { allPages } from "../api/pages.ts";
import type { Problem } from "../api/problem.ts";
import type { Conversations } from "../list/conversations.ts";
import type { Conversation } from "../types.ts";

/** What is told of one conversation in this time is asked for once, in ms. */
const LOOK_UP_PAUSE = 500;
/** The pause before a list that did not come whole is loaded again, in ms; it grows by as much each time. */
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
  async list(tries = 1): Promise<void> {
    const load = ++this.#load;
    let asked = this.#list.now();
    const { all, shown } = this.#list;
    const api = this.#api;
    const listed = new Set<number>();
    try {
      // What is known of the archive may be gone, too.
      for (const archived of all.length > shown.length ? [false, true] : [false]) {
        const items = await allPages((query) =>
          api.call("get", "/v1/conversations", { query: { ...query, archived: `${archived}` } }),
        );
        if (load !== this.#load) return;
        for (const { id } of items) listed.add(id);
        this.#list.isListed = true;
        // Of a list, no draft says that there is none.
        this.#take(items, asked, { draft: undefined });
      }
      // At the end: the user may have moved one from a list to the other.
      for (const { id } of all) if (!listed.has(id)) this.#list.remove(id, asked);
      // Unread mentions come before the read ones.
      const mentions = await allPages(
        (query) =>
          api.call("get", "/v1/mentions", { query }).then((page) => {
            // A conversation did not answer: what is known stays, and all is asked for again.
            if (page.unreachable[0]) asked = 0;
            return page;
          }),
        ({ unread }) => !unread,
      );
      if (load === this.#load) this.#list.mentioned(mentions, asked);
      if (!asked) throw asked;
    } catch {
      setTimeout(() => load === this.#load && void this.list(tries + 1), AGAIN * tries);
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
    let found = await this.#api
      .call("get", "/v1/conversations/{id}", { path: { id } })
      .catch(({ code }: Problem) => (code === "not_found" ? null : undefined));
    // Who has left an audience room may still look at it.
    if (found && "role" in found && found.role === "viewer") found = null;
    if (found) this.#take([found], asked);
    else if (found === null) this.#list.remove(id, asked);
    else this.lookUpSoon(id, AGAIN);
    return found;
  }

  /** Takes what was answered. @param blank what it says by the fields that it lacks */
  #take(found: readonly Conversation[], asked: number, blank?: { draft: undefined }): void {
    for (const one of found) if (!this.#list.take({ ...blank, ...one }, asked)) this.lookUpSoon(one.id);
    this.#list.tellAgain(asked);
    this.#onFound(found);
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
