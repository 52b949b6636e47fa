import type { components } from "../api/openapi.d.ts";
import { allPages } from "../api/pages.ts";
import { attentionOf } from "../attention/index.ts";
import type { Chat } from "../chat.ts";
import { OnDemand } from "../people/on-demand.ts";
import type { ConversationEntry } from "../types.ts";

/** A space of the user. */
export type Space = components["schemas"]["Space"];
/** A channel of a space, and what the user may do in it. */
export type Channel = components["schemas"]["Channel"];
/** The channels and categories of a space that the user sees, in their order. */
export type Channels = components["schemas"]["Channels"];
/** A role of a space. */
export type Role = components["schemas"]["Role"];
/** A page of who can read a channel, and the roles whose members all can. */
export type Readers = components["schemas"]["ReaderPage"];

/** The key of the one list of spaces. */
const LIST = 0;

/**
 * The spaces of the user, with their channels and roles: asked for when they are first needed and kept as
 * they are today. Frames and new connections make them be asked for again.
 */
export class Spaces {
  readonly #chat: Chat;
  readonly #list: OnDemand<readonly Space[]>;
  readonly #channels: OnDemand<Channels>;
  readonly #roles: OnDemand<readonly Role[]>;
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
    this.#list = new OnDemand(1, tell, async () => [
      [LIST, await allPages((query) => api.call("get", "/v1/spaces", { query }))],
    ]);
    this.#channels = new OnDemand(1, tell, async ([id = 0]) => [
      [id, await api.call("get", "/v1/spaces/{id}/channels", { path: { id } })],
    ]);
    this.#roles = new OnDemand(1, tell, async ([id = 0]) => [
      [id, (await api.call("get", "/v1/spaces/{id}/roles", { path: { id } })).items],
    ]);
    this.close = chat.onFrame((frame) => {
      if (frame.type === "space") this.#forget(frame.space_id);
      // No frame is repeated of what has happened while there was no socket.
      else if (frame.type === "ready" && !("conversation_id" in frame)) this.#forget();
    });
  }

  /** The spaces of the user, in their order. @returns undefined: not known yet */
  list(): readonly Space[] | undefined {
    return this.#list.get(LIST);
  }

  /**
   * The channels and categories of a space. The object is another one when they change.
   * @returns undefined: not known yet, or the user is not in the space
   */
  channels(space: number): Channels | undefined {
    return this.#isIn(space) ? this.#channels.get(space) : undefined;
  }

  /** The roles of a space, the highest first, and `everyone` (0) last. @returns as `channels` */
  roles(space: number): readonly Role[] | undefined {
    return this.#isIn(space) ? this.#roles.get(space) : undefined;
  }

  /**
   * A page of who can read a channel, also without following it.
   * @param query `q`: only those whose names have it
   */
  readers(channel: number, query: { q?: string; cursor?: string; limit?: number } = {}): Promise<Readers> {
    const path = { id: channel };
    return this.#chat.api.call("get", "/v1/conversations/{id}/readers", { path, query });
  }

  /**
   * Has a channel in the user's list, or has it there no more.
   * @throws {Problem} `conflict`: who has made a channel follows it
   */
  async follow(channel: number, follows = true): Promise<void> {
    const path = { id: channel };
    await this.#chat.api.call(follows ? "put" : "delete", "/v1/conversations/{id}/follow", { path });
    // No frame tells of it.
    this.#channels.forget();
    this.#chat.refresh();
  }

  /** Calls back when something may have changed: ask for what you show. @returns ends it */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** What is known of a space that the user has left is theirs no more. */
  #isIn(space: number): boolean {
    return this.list()?.some(({ id }) => id === space) ?? false;
  }

  /** @param space absent: all */
  #forget(space?: number): void {
    this.#list.forget();
    this.#channels.forget(space);
    this.#roles.forget(space);
  }
}

/** What is new in a space. */
export interface SpaceNews {
  /** what calls for the user: unread messages that they have not muted, and mentions */
  readonly badge: number;
  /** unread messages that mention the user, or all */
  readonly mentions: number;
}

/** The space of a conversation; 0: it is no channel. */
export function spaceIdOf(entry: ConversationEntry | undefined): number {
  return (entry?.kind === "group" && entry.space_id) || 0;
}

/**
 * What is new in each space, by its id, and in the conversations without one, by the id 0.
 * @param now in ms since 1970: a mute may end by the clock
 */
export function newsBySpace(
  entries: readonly ConversationEntry[],
  now: number,
): ReadonlyMap<number, SpaceNews> {
  const sums = new Map<number, SpaceNews>();
  for (const entry of entries) {
    const space = spaceIdOf(entry);
    const { badge, mentions } = sums.get(space) ?? { badge: 0, mentions: 0 };
    sums.set(space, {
      badge: badge + attentionOf(entry, now).badge,
      mentions: mentions + entry.mentions.length,
    });
  }
  return sums;
}
