import type { Core } from "../../../core/context.ts";
import { CoreError } from "../../../domain/errors.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import {
  changeConversationGroup,
  findSorted,
  listConversationGroups,
  type SortedBy,
  sortConversations,
} from "../../../storage/conversations/own-marks.ts";
import { type ConversationAddress, resolveAll } from "./conversations.ts";

export type { SortedBy };

/** The conversations that a call has changed, and those that the caller is not in. */
export interface Sorted {
  done: ConversationAddress[];
  failed: ConversationAddress[];
}

/**
 * Marks conversations of the caller, or puts them into a group of theirs; or ends that. Each by itself.
 * @throws `forbidden` for a group more than a user may have
 */
export async function sortByName(
  core: Core,
  caller: UserId,
  names: ConversationAddress[],
  by: SortedBy,
  isSet: boolean,
): Promise<Sorted> {
  const resolved = await resolveAll(core, caller, names);
  const ids = resolved.flatMap((address) => address?.id ?? []);
  const limits = { isSet, maxGroups: LIMITS.conversationGroups };
  const done = new Set(await sortConversations(core.db, caller, ids, by, limits));
  if (done.size === 0 && "group" in by && isSet) await requireRoomFor(core, caller, by.group);
  const isDone = (_: ConversationAddress, i: number) => {
    const id = resolved[i]?.id ?? null;
    return id !== null && done.has(id);
  };
  return { done: names.filter(isDone), failed: names.filter((name, i) => !isDone(name, i)) };
}

async function requireRoomFor(core: Core, caller: UserId, group: string): Promise<void> {
  const groups = await listConversationGroups(core.db, caller);
  if (!groups.includes(group) && groups.length >= LIMITS.conversationGroups)
    throw new CoreError(
      "forbidden",
      `You have ${groups.length} groups of conversations, the most there are.`,
    );
}

/** The names of the caller's groups of conversations. A group is there while a conversation is in it. */
export function listOwnConversationGroups(core: Core, caller: UserId): Promise<string[]> {
  return listConversationGroups(core.db, caller);
}

/** The conversations with a mark of the caller, or in a group of theirs. */
export function findSortedBy(core: Core, caller: UserId, by: SortedBy): Promise<ConversationId[]> {
  return findSorted(core.db, caller, by);
}

/**
 * Ends a group of conversations, which stay, or gives it another name.
 * @param newName null: it ends
 * @throws `not_found` if the caller has no group of that name, `conflict` if they have one of the new name
 */
export async function changeOwnConversationGroup(
  core: Core,
  caller: UserId,
  name: string,
  newName: string | null,
): Promise<void> {
  const changed = await changeConversationGroup(core.db, caller, name, newName);
  if (changed.length > 0) return;
  const groups = await listConversationGroups(core.db, caller);
  if (newName !== null && newName !== name && groups.includes(newName))
    throw new CoreError("conflict", `You have a group of conversations called ${newName}.`);
  throw new CoreError("not_found", `You have no group of conversations called ${name}.`);
}
