import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { JoinPolicy, PolicyName } from "../../domain/conversations/group-kind.ts";
import { capacityOf, joinMode, POLICIES } from "../../domain/conversations/group-policies.ts";
import { type CustomFields, withFields } from "../../domain/custom-fields.ts";
import { CoreError, invalid, refusedFor } from "../../domain/errors.ts";
import { ConversationCode, type ConversationId, type Handle, type UserId } from "../../domain/ids.ts";
import { randomHex } from "../../lib/random.ts";
import { findHolder, insertGroup } from "../../storage/conversations/groups.ts";
import { requireNoBlocks } from "../contacts/blocks.ts";
import { requireFriends } from "../contacts/friends.ts";
import type { Core } from "../context.ts";
import { getConversation, requireUsers } from "../conversations/conversations.ts";

/** Somebody with whom a group begins. */
export interface InitialMember {
  userId: UserId;
  role?: "admin" | "member" | undefined;
  customFields?: CustomFields | undefined;
}

/** What a group is to be like; what is absent is empty. */
export interface GroupOptions {
  name: string;
  policy: PolicyName;
  /** of no meaning where the kind has one way for all */
  joinPolicy: JoinPolicy;
  handle?: Handle | undefined;
  avatar?: string | undefined;
  introduction?: string | undefined;
  announcement?: string | undefined;
  maxMembers?: number | undefined;
  customFields?: CustomFields | undefined;
}

/** What a new group starts with that v1 asks for. */
interface PlainMembers extends GroupOptions {
  memberIds: UserId[];
  /** all of them must be friends of the caller, else `forbidden` */
  amongFriends?: boolean;
}

/**
 * Creates a group with its first members; the caller owns it. Duplicates and the caller among
 * `memberIds` are ignored.
 * @throws `not_found` for an unknown member, `blocked` for one across a block, `validation_failed` for more
 *   members than a group holds, `conflict` for a handle that was given before; nothing is created then
 */
export async function createGroup(
  core: Core,
  caller: UserId,
  { memberIds, amongFriends = false, ...wish }: PlainMembers,
): Promise<Conversation> {
  const initialMembers = othersOf(
    caller,
    memberIds.map((userId) => ({ userId })),
  );
  const max = roomOf(core, wish);
  if (initialMembers.length >= max) throw invalid("body.member_ids", `a group has at most ${max} members`);
  return create(core, caller, wish, initialMembers, amongFriends);
}

/**
 * The same with people who have roles and custom fields; those for whom there is no room are left out, and so is
 * everybody where the kind of group wants him to come by himself.
 * @throws as `createGroup`, and `forbidden` for a role that the kind has not
 */
export async function createGroupWithRoles(
  core: Core,
  caller: UserId,
  wish: GroupOptions,
  initialMembers: InitialMember[],
): Promise<{ conversation: Conversation; leftOut: UserId[] }> {
  const policy = POLICIES[wish.policy];
  const others = policy.initialRoles ? othersOf(caller, initialMembers) : [];
  if (policy.roles === "nobody" && others.some(({ role }) => role === "admin"))
    throw refusedFor("kind", "Nobody is an admin in a group of this kind.", wish.policy);
  const room = roomOf(core, wish) - 1;
  const conversation = await create(core, caller, wish, others.slice(0, room), false);
  return { conversation, leftOut: others.slice(room).map(({ userId }) => userId) };
}

async function create(
  core: Core,
  caller: UserId,
  wish: GroupOptions,
  initialMembers: InitialMember[],
  amongFriends: boolean,
): Promise<Conversation> {
  const memberIds = [caller, ...initialMembers.map(({ userId }) => userId)];
  await requireUsers(core, memberIds);
  if (amongFriends) await requireFriends(core, caller, memberIds.slice(1));
  await requireNoBlocks(core, caller, memberIds);
  const id = await insert(core, caller, wish, initialMembers, amongFriends);
  if (id === null) {
    if (wish.handle) await requireFree(core, caller, wish.handle);
    // Somebody was deleted meanwhile, or a friendship has ended.
    await requireUsers(core, memberIds);
    if (amongFriends) await requireFriends(core, caller, memberIds.slice(1));
    throw new CoreError("unavailable", "The members could not be looked up. Try again.");
  }
  await core.conversations.init(id, { userId: caller });
  return getConversation(core, caller, id);
}

function insert(
  core: Core,
  caller: UserId,
  wish: GroupOptions,
  initialMembers: InitialMember[],
  amongFriends: boolean,
): Promise<ConversationId | null> {
  const { name, policy, avatar = "", introduction = "", announcement = "" } = wish;
  const { handle = null, maxMembers = null, customFields = {} } = wish;
  return insertGroup(core.db, {
    ...{ name, policy, avatar, introduction, announcement, handle, maxMembers, amongFriends },
    code: ConversationCode.parse(randomHex()),
    joinPolicy: joinMode(wish),
    customFields: withFields({}, customFields),
    ownerId: caller,
    members: [
      { userId: caller, role: "owner", customFields: {} },
      ...initialMembers.map(({ userId, role = "member", customFields: own = {} }) => {
        return { userId, role, customFields: withFields({}, own) };
      }),
    ],
    createdAt: Date.now(),
  });
}

function othersOf(caller: UserId, initialMembers: InitialMember[]): InitialMember[] {
  const byId = new Map(initialMembers.map((initialMember) => [initialMember.userId, initialMember]));
  byId.delete(caller);
  return [...byId.values()];
}

/** How many members it takes. @throws `validation_failed` for a limit of its own that is none */
function roomOf(core: Core, { policy, maxMembers }: GroupOptions): number {
  const max = core.settings.maxGroupMembers;
  if (maxMembers !== undefined && maxMembers > max) {
    throw invalid("body.max_members", `a group has at most ${max} members`);
  }
  return capacityOf({ policy, maxMembers: maxMembers ?? null }, max);
}

/** An id that was given once is never given again: who comes late would take it for the group which had it. */
async function requireFree(core: Core, caller: UserId, handle: Handle): Promise<void> {
  const holder = await findHolder(core.db, handle);
  if (holder === null) return;
  const takenBy = holder === caller ? "caller" : "other";
  throw new CoreError("conflict", `There is, or was, a group with the id ${handle}.`, { takenBy });
}
