import { signal } from "@preact/signals";
import type { Chat } from "parley-client";

/** Spaces up to this size are asked whether the user is muted: of a larger one a refused message tells. */
const SMALL = 100;

/** Until when the user may not write in a space, in ms since 1970, by its id. */
const mutes = signal<ReadonlyMap<number, number>>(new Map());

/** Until when the user may not write in a space, in ms since 1970, as was loaded last; 0: they may. */
export function mutedUntil(space: number): number {
  return mutes.value.get(space) ?? 0;
}

/** Loads whether the user is muted in a space. @param count how many members it has */
export async function loadMute(chat: Chat, id: number, count: number): Promise<void> {
  if (count > SMALL) return;
  const query = { limit: SMALL };
  const { items } = await chat.api.call("get", "/v1/spaces/{id}/members", { path: { id }, query });
  const until = items.find(({ user }) => user.id === chat.state.me)?.muted_until ?? 0;
  if (until !== mutedUntil(id)) mutes.value = new Map([...mutes.value, [id, until]]);
}

/** Forgets all of it. */
export function forgetMutes(): void {
  mutes.value = new Map();
}
