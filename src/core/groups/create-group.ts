import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { JoinPolicy, PolicyName, Viewing } from "../../domain/conversations/group-kind.ts";
import { capacityOf, joinMode, POLICIES } from "../../domain/conversations/group-policies.ts";
import { type CustomFields, withFields } from "../../domain/custom-fields.ts";
import { CoreError, invalid, nullIfNotFound, refusedFor } from "../../domain/errors.ts";
import {
  type ClientGroupId,
  ConversationCode,
  type ConversationId,
  type Handle,
  type UserId,
} from "../../domain/ids.ts";
import { textsIn } from "../../domain/moderation/rules/shown.ts";
import { randomHex } from "../../lib/random.ts";
import { findCreatedGroup, findHandleOwner, insertGroup } from "../../storage/conversations/groups.ts";
import { requireUsers } from "../accounts/users.ts";
import { requireNoBlocks } from "../contacts/blocks.ts";
import { requireFriends } from "../contacts/friends.ts";
import { askingFirst, tellAllAsked } from "../contacts/message-requests.ts";
import type { Core } from "../context.ts";
import { getConversation } from "../conversations/conversations.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { requireMayCreateGroups, requireNoStrangers } from "../policies.ts";
import { counted } from "../quotas.ts";

/** An initial member of a group. */
export interface InitialMember {
  userId: UserId;
  role?: "admin" | "member" | undefined;
  customFields?: CustomFields | undefined;
}

/** The properties of a new group; an absent field is empty. */
export interface GroupOptions {
  name: string;
  policy: PolicyName;
  /** unused if the group kind fixes how users join */
  joinPolicy: JoinPolicy;
  /** whether strangers find the group; absent: as its kind says */
  discoverable?: boolean | undefined;
  /** absent: as its kind says */
  viewers?: Viewing | undefined;
  handle?: Handle | undefined;
  avatar?: string | undefined;
  introduction?: string | undefined;
  announcement?: string | undefined;
  maxMembers?: number | undefined;
  customFields?: CustomFields | undefined;
}

/** What a creation has made. */
interface CreatedGroup {
  conversation: Conversation;
  /** false: an earlier call has */
  created: boolean;
  /** the users who get a message request, and are members once they accept it */
  asked: UserId[];
}

/** The input of `createGroup`: plain members without roles. */
interface NewGroup extends GroupOptions {
  memberIds: UserId[];
  /** all members must be friends of the caller, else `forbidden` */
  amongFriends?: boolean;
  /** the client group id: a repeated creation with it gives the group of the first */
  clientGroupId?: ClientGroupId | undefined;
}

/**
 * Creates a group with its initial members; the caller is the owner. Duplicates and the caller in `memberIds`
 * are ignored. Who wants to be asked first gets a message request. A repeat needs no members, and its content
 * is not compared.
 * @returns the group, whether this call has created it, and who is asked first
 * @throws `forbidden` as `requireMayCreateGroups`; `not_found` for an unknown member, `blocked` for a member
 *   across a block, `validation_failed` for too many members, `conflict` for a handle that was assigned
 *   before, and for a client group id whose group the caller is not in any more; `refused` for a text that
 *   rules refuse; `quota` for a group, or members, more than the user may make or add today; nothing is
 *   created then
 */
export async function createGroup(
  core: Core,
  caller: UserId,
  { memberIds, amongFriends = false, clientGroupId, ...options }: NewGroup,
): Promise<CreatedGroup> {
  const repeated = await findRepeated(core, caller, clientGroupId);
  if (repeated) return repeated;
  const initialMembers = othersOf(
    caller,
    memberIds.map((userId) => ({ userId })),
  );
  const max = capacityFor(core, options);
  if (initialMembers.length >= max) throw invalid("body.member_ids", `a group has at most ${max} members`);
  return create(core, caller, { ...options, clientGroupId }, initialMembers, amongFriends);
}

/**
 * Creates a group with initial members who have roles and custom fields. Members without a place are left
 * out; so are all, if the group kind has no initial members.
 * @throws as `createGroup`, and `forbidden` for a role that the group kind does not have
 */
export async function createGroupWithRoles(
  core: Core,
  caller: UserId,
  options: GroupOptions,
  initialMembers: InitialMember[],
): Promise<{ conversation: Conversation; leftOut: UserId[] }> {
  const policy = POLICIES[options.policy];
  const others = policy.initialRoles ? othersOf(caller, initialMembers) : [];
  if (policy.roles === "nobody" && others.some(({ role }) => role === "admin"))
    throw refusedFor("kind", "Nobody is an admin in a group of this kind.", options.policy);
  const places = capacityFor(core, options) - 1;
  const { conversation } = await create(core, caller, options, others.slice(0, places), false);
  return { conversation, leftOut: others.slice(places).map(({ userId }) => userId) };
}

type WantedOptions = GroupOptions & Pick<NewGroup, "clientGroupId">;
/** What a new row in D1 gets, and the users who want to be asked first. */
type StoredOptions = WantedOptions & { asked: UserId[] };

async function create(
  core: Core,
  caller: UserId,
  options: WantedOptions,
  initialMembers: InitialMember[],
  amongFriends: boolean,
): Promise<CreatedGroup> {
  requireMayCreateGroups(core);
  const { name: group_name, introduction, announcement, handle: group_handle } = options;
  const data = [options, ...initialMembers].map(({ customFields = {} }) => customFields);
  await requireAllowed(core, {
    ...{ group_name, group_text: [introduction, announcement], group_handle },
    group_data: textsIn(data),
  });
  const memberIds = [caller, ...initialMembers.map(({ userId }) => userId)];
  if (initialMembers.length > 0) await requireOutOfShadow(core, caller);
  await requireUsers(core, memberIds);
  await requireNoStrangers(core, caller, memberIds);
  if (amongFriends) await requireFriends(core, caller, memberIds.slice(1));
  await requireNoBlocks(core, caller, memberIds);
  const name = options.clientGroupId ?? randomHex();
  const uses = { groups: [name], members: memberIds.slice(1).map((id) => `${name} ${id}`) };
  const asked = await askingFirst(core, caller, null, memberIds.slice(1));
  const willing = initialMembers.filter(({ userId }) => !asked.includes(userId));
  return counted(core, caller, uses, async () => {
    const id = await insert(core, caller, { ...options, asked }, willing, amongFriends);
    if (id !== null) {
      tellAllAsked(core, asked, { conversationId: id, fromId: caller });
      return { conversation: await initialize(core, caller, id), created: true, asked };
    }
    // A concurrent call was first.
    const repeated = await findRepeated(core, caller, options.clientGroupId);
    if (repeated) return repeated;
    if (options.handle) await requireFree(core, caller, options.handle);
    // An account was deleted, a user was blocked, or a friendship ended, since the checks above.
    await requireUsers(core, memberIds);
    if (amongFriends) await requireFriends(core, caller, memberIds.slice(1));
    await requireNoBlocks(core, caller, memberIds);
    throw new CoreError("unavailable", "The members could not be looked up. Try again.");
  });
}

/** Puts a group that D1 has into the lists of its members, if they lack it. */
async function initialize(core: Core, caller: UserId, id: ConversationId): Promise<Conversation> {
  await core.conversations.init(id, { userId: caller });
  return getConversation(core, caller, id);
}

/**
 * The group that the caller has created with this client group id; null if there is none. A call that created
 * it may have failed behind D1: its work is done here.
 * @throws `conflict` if the caller is not in it any more
 */
async function findRepeated(core: Core, caller: UserId, clientGroupId: ClientGroupId | undefined) {
  const id = clientGroupId && (await findCreatedGroup(core.db, caller, clientGroupId));
  if (!id) return null;
  const conversation = await initialize(core, caller, id).catch(nullIfNotFound);
  if (conversation) return { conversation, created: false, asked: [] };
  const detail = "You have created a group with this client_group_id, and are not in it any more.";
  throw new CoreError("conflict", detail);
}

function insert(
  core: Core,
  caller: UserId,
  options: StoredOptions,
  initialMembers: InitialMember[],
  amongFriends: boolean,
): Promise<ConversationId | null> {
  const {
    name,
    policy,
    avatar = "",
    introduction = "",
    announcement = "",
  } = core.fileOrigins.withStoredAvatar(options);
  const { handle = null, maxMembers = null, customFields = {}, discoverable = null } = options;
  const { clientGroupId = null, asked } = options;
  return insertGroup(core.db, {
    ...{ name, policy, avatar, introduction, announcement, handle, maxMembers, discoverable },
    ...{
      clientGroupId,
      asked,
      externalId: null,
      metadata: "",
      history: null,
      mayLeave: true,
      retentionDays: null,
      legalHold: false,
      slowModeS: 0,
      muteAll: false,
      viewers: options.viewers ?? POLICIES[policy].viewers,
    },
    among: amongFriends ? "friends" : "unblocked",
    code: ConversationCode.parse(randomHex()),
    joinPolicy: joinMode(options),
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

/** The maximum number of members. @throws `validation_failed` for a `maxMembers` above that of the server */
function capacityFor(core: Core, { maxMembers }: GroupOptions): number {
  const max = core.settings.maxGroupMembers;
  if (maxMembers !== undefined && maxMembers > max) {
    throw invalid("body.max_members", `a group has at most ${max} members`);
  }
  return capacityOf({ maxMembers: maxMembers ?? null }, max);
}

/**
 * A handle is never assigned again, so that nobody who knows the old group by it reaches another one.
 * @throws `conflict`
 */
async function requireFree(core: Core, caller: UserId, handle: Handle): Promise<void> {
  const holder = await findHandleOwner(core.db, handle);
  if (holder === null) return;
  const takenBy = holder === caller ? "caller" : "other";
  throw new CoreError("conflict", `There is, or was, a group with the id ${handle}.`, { takenBy });
}
