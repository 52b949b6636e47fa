import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Chat, Message } from "parley-client";
import { reason } from "../../state/problem.ts";
import { toast } from "../../ui/toasts.tsx";

/** A wish stays this long after the server has taken it, in ms: its frame comes within that time. */
const KEPT = 5_000;

/** What the user wants of the keys of a message: true: their reaction is there. */
type Wishes = ReadonlyMap<string, boolean>;

/** How a reaction is shown. */
export interface ShownReaction {
  readonly key: string;
  readonly count: number;
  readonly isMine: boolean;
  /** the first users who reacted */
  readonly userIds: readonly number[];
}

const NONE: Wishes = new Map();
const wanted = signal<ReadonlyMap<string, Wishes>>(new Map());
/** The last call of each key of a message: calls of one key go one after another. */
const calls = new Map<string, Promise<void>>();

/** What the user wants of a message and is not seen there yet. */
export function wishesOf({ conversation_id: id, seq }: Message): ReadonlySignal<Wishes> {
  return computed(() => wanted.value.get(`${id} ${seq}`) ?? NONE);
}

/** The reactions of a message as they are once the server has what the user wants. */
export function withWishes({ reactions = [], mine = [] }: Message, wishes: Wishes): ShownReaction[] {
  const shown = reactions.map(({ key, count, user_ids: userIds }) => {
    const isMine = mine.includes(key);
    const isWanted = wishes.get(key) ?? isMine;
    return { key, userIds, isMine: isWanted, count: count + Number(isWanted) - Number(isMine) };
  });
  const known = new Set(reactions.map(({ key }) => key));
  const added = [...wishes]
    .filter(([key, isWanted]) => isWanted && !known.has(key))
    .map(([key]) => ({ key, userIds: [], isMine: true, count: 1 }));
  return [...shown, ...added].filter(({ count }) => count > 0);
}

/** Reacts to a message, or takes the reaction back. It is shown at once. @param emoji one emoji */
export function react(chat: Chat, message: Message, emoji: string): void {
  const key = emoji.replace(/[\uFE0E\uFE0F]/g, "");
  const { conversation_id: id, seq } = message;
  const place = `${id} ${seq}`;
  const isThere = wanted.peek().get(place)?.get(key) ?? message.mine?.includes(key) ?? false;
  wish(place, key, !isThere);
  const call = (calls.get(`${place} ${key}`) ?? Promise.resolve()).then(async () => {
    try {
      const method = isThere ? "delete" : "put";
      const input = { path: { id, seq, key } };
      await chat.api.call(method, "/v1/conversations/{id}/messages/{seq}/reactions/{key}", input);
      setTimeout(() => forget(place, key, !isThere), KEPT);
    } catch (error) {
      forget(place, key, !isThere);
      toast(reason(error));
    }
  });
  calls.set(`${place} ${key}`, call);
  void call.then(() => calls.get(`${place} ${key}`) === call && calls.delete(`${place} ${key}`));
}

function wish(place: string, key: string, isWanted: boolean): void {
  const wishes = new Map(wanted.peek().get(place)).set(key, isWanted);
  wanted.value = new Map(wanted.peek()).set(place, wishes);
}

/** Ends a wish, unless the user has another one by now. */
function forget(place: string, key: string, isWanted: boolean): void {
  const wishes = new Map(wanted.peek().get(place));
  if (wishes.get(key) !== isWanted) return;
  wishes.delete(key);
  const all = new Map(wanted.peek());
  if (wishes.size > 0) all.set(place, wishes);
  else all.delete(place);
  wanted.value = all;
}
