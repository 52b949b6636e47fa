import type { components } from "../api/openapi.d.ts";
import { allPages } from "../api/pages.ts";
import type { Chat } from "../chat.ts";
import { OnDemand } from "./on-demand.ts";

/** A user as they are looked up. */
export type FoundUser = components["schemas"]["Users"]["items"][number];
/** A member of a group. */
export type Member = components["schemas"]["Member"];

/** The server takes this many ids in a call. */
const PAGE = 100;

/**
 * Users and the members of groups, asked for when they are first needed and kept as they are today: frames
 * and new connections make them be asked for again.
 */
export class People {
  readonly #chat: Chat;
  readonly #users: OnDemand<FoundUser>;
  readonly #members: OnDemand<readonly Member[]>;
  readonly #listeners = new Set<() => void>();
  /** Ends the listening to frames. */
  readonly close: () => void;

  constructor(chat: Chat) {
    this.#chat = chat;
    const { api } = chat;
    const tell = () => {
      // One that throws keeps nothing from the others, nor from what is still to be loaded.
      for (const listener of this.#listeners) queueMicrotask(listener);
    };
    this.#users = new OnDemand(PAGE, tell, async (ids) => {
      const { items } = await api.call("get", "/v1/users", { query: { ids: ids.join() } });
      return items.map((user) => [user.id, user]);
    });
    this.#members = new OnDemand(1, tell, async ([id = 0]) => {
      const path = { id };
      const members = await allPages((query) =>
        api.call("get", "/v1/conversations/{id}/members", { path, query }),
      );
      return [[id, members]];
    });
    this.close = chat.onFrame((frame) => {
      const { type } = frame;
      // No frame is repeated of what has happened while there was no socket, or while the room's took over.
      if ((type === "member" || type === "ready") && "conversation_id" in frame)
        this.#members.forget(frame.conversation_id);
      else if (type === "ready") {
        this.#users.forget();
        this.#members.forget();
      } else if (type === "profile") {
        this.#users.forget(frame.user.id);
        this.#members.forget();
      }
    });
  }

  /**
   * A user. Who is not known yet is asked for, with all others of this turn in one call.
   * @returns undefined: not known yet, or there is no such user
   */
  user(id: number): FoundUser | undefined {
    return id > 0 ? this.#users.get(id) : undefined;
  }

  /**
   * All members of a group, asked for if they are not known yet. The array is another one when they change.
   * @returns undefined: not known yet, the user is not a member, or the group is a crowd: search its members
   *   by `q` of `GET /v1/conversations/{id}/members`
   */
  members(conversationId: number): readonly Member[] | undefined {
    const entry = this.#chat.state.conversation(conversationId);
    return entry?.kind === "group" && entry.crowd ? undefined : this.#members.get(conversationId);
  }

  /** Calls back when users or members may have changed: ask for what you show. @returns ends it */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
}
