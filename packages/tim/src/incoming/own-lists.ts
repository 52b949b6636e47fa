import { EVENT } from "../constants.ts";
import { mapped } from "../json.ts";
import { profileIn } from "../state/profiles.ts";
import type { State } from "../state/state.ts";

/** The lists of a user of which the socket says only that they have changed, with their events. */
const LISTS = {
  "/user/getBlacklist": EVENT.BLACKLIST_UPDATED,
  "/friend/getFriendList": EVENT.FRIEND_LIST_UPDATED,
  "/friend/getFriendApplicationList": EVENT.FRIEND_APPLICATION_LIST_UPDATED,
  "/friend/getFriendGroupList": EVENT.FRIEND_GROUP_LIST_UPDATED,
} as const;
type Path = keyof typeof LISTS;

function isPath(path: string): path is Path {
  return Object.hasOwn(LISTS, path);
}

/** The blacklist, friends, and what belongs to them, as the app knows them. */
export class OwnLists {
  readonly #state: State;
  readonly #known = new Map<Path, string>();

  constructor(state: State) {
    this.#state = state;
  }

  end(): void {
    this.#known.clear();
  }

  /** Notes what an answer to the app has. */
  know(path: string, list: unknown): void {
    if (isPath(path)) this.#known.set(path, JSON.stringify(list));
  }

  /** Gets a list, and tells the app of it, unless it knows it. One that the server lacks is left out. */
  async changed(path: Path): Promise<void> {
    const list = await this.#state.http.data<unknown>(path).catch(() => undefined);
    if (list === undefined || this.#known.get(path) === JSON.stringify(list)) return;
    this.know(path, list);
    this.#state.events.emit(LISTS[path], mapped(list, profileIn));
  }

  /** Changes may have been missed: gets the lists that the app knows anew. */
  async missed(): Promise<void> {
    for (const path of [...this.#known.keys()]) await this.changed(path);
  }
}
