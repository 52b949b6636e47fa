import {
  findListed,
  insertGroup,
  openDirect as openPair,
  updatePreferences,
} from "../storage/conversations.ts";
import { findAccounts } from "../storage/users.ts";
import { requireNoBlocks } from "./blocks.ts";
import type { InboxEntry, Preview } from "./bump.ts";
import {
  type Conversation,
  compose,
  type JoinPolicy,
  type Listed,
  type Preferences,
} from "./conversation.ts";
import type { Core } from "./core.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { CoreError, invalid, noConversation } from "./errors.ts";
import type { ConversationId, UserId } from "./ids.ts";
import { fault, log } from "./log.ts";
import { goneUser, type Message, type Person } from "./message.ts";
import type { PolicyName } from "./policies.ts";
import { noUser } from "./users.ts";

/** How often the copy of a flag is handed on while others change it; what is off then is mended when it is seen. */
const MAX_COPIES = 10;

/**
 * Opens the direct conversation with somebody, or finds it: a pair has one, whoever opens it. It is in
 * both lists before this resolves.
 * @throws `validation_failed` with oneself, `not_found` for an unknown user
 */
export async function openDirect(
  core: Core,
  caller: UserId,
  peer: UserId,
): Promise<{ conversation: Conversation; created: boolean }> {
  if (peer === caller) throw invalid("body.user_id", "must be somebody else: you cannot chat with yourself");
  await requireUsers(core, [peer]);
  const pair: [UserId, UserId] = caller < peer ? [caller, peer] : [peer, caller];
  const opened = await openPair(core.db, pair, Date.now());
  // One of them was deleted meanwhile.
  if (!opened) throw noUser(peer);
  const { id, created } = opened;
  await core.conversations.init(id, caller);
  return { conversation: await getConversation(core, caller, id), created };
}

/**
 * Creates a group with its first members; the caller owns it. Duplicates and the caller among
 * `memberIds` are ignored.
 * @throws `not_found` for an unknown member, `blocked` for one across a block, `validation_failed` for more
 *   members than a group holds; nothing is created then
 */
export async function createGroup(
  core: Core,
  caller: UserId,
  group: { name: string; memberIds: UserId[]; joinPolicy: JoinPolicy; policy: PolicyName },
): Promise<Conversation> {
  const { name, joinPolicy, policy } = group;
  const memberIds = [...new Set([caller, ...group.memberIds])];
  const max = core.settings.maxGroupMembers;
  if (memberIds.length > max) throw invalid("body.member_ids", `a group has at most ${max} members`);
  await requireUsers(core, memberIds);
  await requireNoBlocks(core, caller, memberIds);
  const ownerId = caller;
  const id = await insertGroup(core.db, {
    name,
    joinPolicy,
    policy,
    ownerId,
    memberIds,
    createdAt: Date.now(),
  });
  if (id === null) {
    // Somebody was deleted meanwhile.
    await requireUsers(core, memberIds);
    throw new CoreError("unavailable", "The members could not be looked up. Try again.");
  }
  await core.conversations.init(id, caller);
  return getConversation(core, caller, id);
}

/** A conversation as the caller sees it. @throws `not_found` unless he is in it, `unavailable` while D1 is behind */
export async function getConversation(core: Core, caller: UserId, id: ConversationId): Promise<Conversation> {
  const [described, listed] = await Promise.all([
    core.conversations.describe(id, { userId: caller }),
    findListed(core.db, caller, [{ id, senderId: null }]),
  ]);
  const found = listed.get(id) ?? (await raiseUntold(core, caller, id));
  const { profile, role, standing, lastMessage } = described;
  return compose(id, { ...found, profile, role }, standing, lastMessage);
}

/**
 * The caller's conversations, sticky ones first, then newest activity: one call of his inbox and one
 * query of D1 whatever their number.
 * @throws `validation_failed` for a cursor that is none of this list's
 */
export async function listConversations(
  core: Core,
  caller: UserId,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: Conversation[]; nextCursor: string | null }> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const entries = await core.inboxes.list(caller, { limit: limit + 1, ...(after && { after }) });
  const shown = entries.slice(0, limit);
  const wanted = shown.map(({ conversationId, preview }) => ({
    id: conversationId,
    senderId: preview?.senderId ?? null,
  }));
  const listed = await findListed(core.db, caller, wanted);
  const items = shown.flatMap((entry) => {
    const found = listed.get(entry.conversationId);
    if (!found) return [];
    mendSticky(core, caller, entry, found);
    return [compose(entry.conversationId, found, entry, lastMessage(entry, found.sender))];
  });
  const last = shown.at(-1);
  return { items, nextCursor: entries.length > limit && last ? encodeCursor(last) : null };
}

/**
 * Sets the caller's own flags of a conversation; absent ones stay.
 * @throws `not_found` unless he is in it
 */
export async function setPreferences(
  core: Core,
  caller: UserId,
  id: ConversationId,
  change: { [Flag in keyof Preferences]?: boolean | undefined },
): Promise<Conversation> {
  if (!(await updatePreferences(core.db, id, caller, change))) throw noConversation();
  if (change.sticky !== undefined) await copySticky(core, caller, id, change.sticky);
  // His other devices in the room are told; whether they are is nobody's to wait for.
  core.waitUntil(
    core.conversations
      .announce(id, { userId: caller })
      .catch((error: unknown) => log("warn", "preferences_not_told", fault(error))),
  );
  return getConversation(core, caller, id);
}

/** D1 has nothing of a member whom the object knows: it is behind, or he has gone meanwhile. */
async function raiseUntold(core: Core, caller: UserId, id: ConversationId): Promise<never> {
  await core.conversations.describe(id, { userId: caller });
  throw new CoreError("unavailable", "You have only just come into this conversation. Try again.", {
    retryAfter: 1,
  });
}

async function requireUsers(core: Core, ids: UserId[]): Promise<void> {
  const existing = new Set((await findAccounts(core.db, ids)).map((user) => user.id));
  const unknown = ids.find((id) => !existing.has(id));
  if (unknown !== undefined) throw noUser(unknown);
}

/**
 * Hands the inbox its copy of the flag. Calls that race may reach it in another order than D1: so each looks
 * at D1 once more, and whoever comes last to the inbox leaves there what D1 has.
 */
async function copySticky(core: Core, caller: UserId, id: ConversationId, sticky: boolean): Promise<void> {
  let copied = sticky;
  for (let i = 0; i < MAX_COPIES; i++) {
    await core.inboxes.stick(caller, { conversationId: id, sticky: copied });
    const found = (await findListed(core.db, caller, [{ id, senderId: null }])).get(id);
    if (!found || found.preferences.sticky === copied) return;
    copied = found.preferences.sticky;
  }
}

/** The inbox has a copy of the flag; one that a crash left behind is mended when it is seen. */
function mendSticky(core: Core, caller: UserId, { conversationId, sticky }: InboxEntry, found: Listed): void {
  if (sticky === found.preferences.sticky) return;
  const mended = copySticky(core, caller, conversationId, found.preferences.sticky);
  core.waitUntil(mended.catch((error: unknown) => log("warn", "sticky_not_mended", fault(error))));
}

function lastMessage({ conversationId, preview }: InboxEntry, sender: Person | null): Message | null {
  return (
    preview && { ...withoutSender(preview), conversationId, sender: sender ?? goneUser(preview.senderId) }
  );
}

function withoutSender({ senderId: _, ...preview }: Preview): Omit<Preview, "senderId"> {
  return preview;
}
