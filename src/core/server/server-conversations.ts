import { z } from "zod";
import type { Person } from "../../domain/accounts/person.ts";
import type { ConversationKind } from "../../domain/conversations/conversation.ts";
import type { JoinPolicy, Viewing } from "../../domain/conversations/group-kind.ts";
import { capacityOf } from "../../domain/conversations/group-policies.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, type Failure, invalid } from "../../domain/errors.ts";
import { ConversationCode, ConversationId, type UserId } from "../../domain/ids.ts";
import type { AnyDraft, Message, NoticeDraft } from "../../domain/messages/message.ts";
import type { ConversationRef } from "../../domain/server/conversation-ref.ts";
import type { ExternalIdsOfUsers } from "../../domain/server/hook-format.ts";
import { type Metadata, writeMetadata } from "../../domain/server/metadata.ts";
import type { MemberOutcome, ServerConversation } from "../../domain/server/server-conversation.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import type { ExternalId, UserRef } from "../../domain/server/user-ref.ts";
import { randomHex } from "../../lib/random.ts";
import { findDirectConversation } from "../../storage/conversations/direct.ts";
import { insertGroup } from "../../storage/conversations/groups.ts";
import { openNamedDirect } from "../../storage/data/imported-conversations.ts";
import {
  findNamedConversation,
  listServerConversations,
  type NamedConversation,
} from "../../storage/server/server-conversations.ts";
import { findExternalIds } from "../../storage/server/server-users.ts";
import type { Core } from "../context.ts";
import { boundsOf, type PageBounds, sendMessage } from "../messages/messages.ts";
import { type UserByRef, usersByRef } from "./named-users.ts";
import { noSuchUser } from "./server-users.ts";
import { actingAs } from "./user-access.ts";

/** A group as a backend wants it; what is absent stays, or is empty in a new group. */
export interface GroupInput {
  name?: string | undefined;
  avatar?: string | undefined;
  joinPolicy?: JoinPolicy | undefined;
  metadata?: Metadata | undefined;
  /** whether those who come from now on see what was before */
  history?: boolean | undefined;
  mayLeave?: boolean | undefined;
  retentionDays?: number | null | undefined;
  legalHold?: boolean | undefined;
  slowModeS?: number | undefined;
  /** only the owner and the admins may write */
  muteAll?: boolean | undefined;
  linkPreviews?: boolean | undefined;
  /** whether it is an audience room, which never changes */
  audience?: boolean | undefined;
  /** of an audience room: what users may do who are no members */
  viewers?: Exclude<Viewing, "none"> | undefined;
  owner?: UserRef | undefined;
  members: UserRef[];
}

/** What a backend's call made of a group. */
interface Put {
  conversation: ServerConversation;
  created: boolean;
}

/**
 * Makes a group, or changes what is given of one. The same again changes nothing. External ids that nobody
 * has make users. The users come first, then the group in D1, then its object: a call that breaks off is
 * completed by its repeat.
 * @param by the key
 * @throws `not_found` for an id that no conversation or user has; `validation_failed` for a direct
 *   conversation; `conflict` for a dissolved group; `forbidden` for a banned user; `group_full`: the group is
 *   unchanged then
 */
export async function putGroup(
  core: Core,
  by: ServerKeyId,
  ref: ConversationRef,
  input: GroupInput,
): Promise<Put> {
  const found = await findNamedConversation(core.db, ref);
  if (!found && "id" in ref) throw noNamedConversation();
  if (found) requireGroup(found);
  // Of a dissolved group, too: nothing else can change there.
  if (found && onlyConfigures(input))
    return {
      conversation: await configureConversation(core, { id: found.id }, "group", input),
      created: false,
    };
  const { owner, members } = input;
  const named = [...(owner ? [owner] : []), ...members];
  const userOf = await usersByRef(core, by, named);
  const people = named.map((one) => requireUser(userOf, one));
  const made = found || "id" in ref ? null : await insert(core, ref.externalId, input, people);
  const group = found ?? made ?? (await findNamedConversation(core.db, ref));
  // An account was deleted since the users were read.
  if (!group) throw new CoreError("unavailable", "The members could not be looked up. Try again.");
  const { id, externalId } = group;
  const [first] = people;
  const { overview, handsOver } = await core.conversations.putGroup(id, {
    change: changeOf(core, input),
    people: unique(people),
    ...(owner && first && { ownerId: first.id }),
  });
  const { ownerId, version } = overview.profile;
  // Also after a call that has broken off before it: nothing has changed in the group since.
  if (version === 0 && ownerId !== null) await core.conversations.init(id, { userId: ownerId });
  if (handsOver)
    core.securityLog.record("ownership_changed", {
      user: ownerId,
      by: null,
      conversation: id,
      serverKey: by,
    });
  return { conversation: { id, externalId, ...overview }, created: made !== null };
}

/** What a backend wants of a direct conversation. */
interface DirectInput extends Pick<GroupInput, "retentionDays" | "legalHold" | "linkPreviews"> {
  /** the two users; absent: the conversation must be there */
  members?: UserRef[] | undefined;
}

/**
 * Makes the direct conversation of two users under the backend's id, or finds it, and sets what is given.
 * Both have it in their lists, except across a block. External ids that nobody has make users.
 * @throws `not_found` for an id that no conversation or user has; `validation_failed` for a group, or for one
 *   user twice; `conflict` if the id is that of another conversation, or theirs has another id
 */
export async function putDirect(
  core: Core,
  by: ServerKeyId,
  ref: ConversationRef,
  { members, ...settings }: DirectInput,
): Promise<Put> {
  const found = await findNamedConversation(core.db, ref);
  if (!members || (found && found.kind !== "direct"))
    return { conversation: await configureConversation(core, ref, "direct", settings), created: false };
  if (!found && "id" in ref) throw noNamedConversation();
  const userOf = await usersByRef(core, by, members);
  const [one, other] = unique(members.map((member) => requireUser(userOf, member)));
  if (!one || !other) throw invalid("body.members", "must name two users");
  const pair: [UserId, UserId] = one.id < other.id ? [one.id, other.id] : [other.id, one.id];
  const made = found || "id" in ref ? null : await openNamedDirect(core.db, pair, ref.externalId, Date.now());
  const id = made?.id ?? (await findDirectConversation(core.db, ...pair));
  const isThis = found ? found.id === id : made && "externalId" in ref && made.externalId === ref.externalId;
  if (id === null || !isThis) throw new CoreError("conflict", OTHER_ID);
  // Also after a call that has broken off before it.
  await core.conversations.init(id, { userId: one.id, forBoth: true });
  const { externalId } = found ?? made ?? { externalId: null };
  const overview = await core.conversations.configure(id, settings);
  return { conversation: { id, externalId, ...overview }, created: made?.created ?? false };
}

const OTHER_ID = "These two have a conversation with another id, or this id is that of another conversation.";

/**
 * Sets what conversations of both kinds have: until when messages are kept, and whether links have previews.
 * What is absent stays.
 * @throws `not_found`; `validation_failed` for a conversation of the other kind
 */
async function configureConversation(
  core: Core,
  ref: ConversationRef,
  kind: ConversationKind,
  settings: Pick<GroupInput, "retentionDays" | "legalHold" | "linkPreviews">,
): Promise<ServerConversation> {
  const { id, externalId, ...found } = await requireConversation(core, ref);
  if (found.kind !== kind) throw invalid("body.kind", `must be \`${found.kind}\`, as the conversation is`);
  return { id, externalId, ...(await core.conversations.configure(id, settings)) };
}

/** Whether a backend wants nothing but what conversations of both kinds have. */
function onlyConfigures({ members, retentionDays, legalHold, linkPreviews, ...others }: GroupInput): boolean {
  const isGiven = [retentionDays, legalHold, linkPreviews].some((value) => value !== undefined);
  return isGiven && members.length === 0 && Object.values(others).every((value) => value === undefined);
}

/**
 * Creates a group in D1. The first of the people owns it.
 * @returns null where another call has created it meanwhile, or a user is deleted
 */
async function insert(
  core: Core,
  externalId: ExternalId,
  { name = "", joinPolicy = "closed", metadata = {}, history, mayLeave = true, ...input }: GroupInput,
  people: Person[],
): Promise<NamedConversation | null> {
  const [owner, ...others] = unique(people);
  if (!owner) throw invalid("body.owner", "must name the owner, or `members` must name somebody");
  requireAudience(input, history);
  const max = capacityOf({ maxMembers: null }, core.settings.maxGroupMembers);
  if (others.length >= max) throw invalid("body.members", `a group has at most ${max} members`);
  const { avatar = "" } = core.fileOrigins.withStoredAvatar(input);
  const member = { role: "member", customFields: {} } as const;
  const id = await insertGroup(core.db, {
    asked: [],
    ...{ externalId, name, avatar, joinPolicy, mayLeave, policy: "group", among: "anybody" },
    ...{ introduction: "", announcement: "", handle: null, maxMembers: null, customFields: {} },
    ...{ clientGroupId: null, discoverable: null, metadata: writeMetadata(metadata) },
    history: history ?? null,
    retentionDays: input.retentionDays ?? null,
    legalHold: input.legalHold ?? false,
    slowModeS: input.slowModeS ?? 0,
    muteAll: input.muteAll ?? false,
    viewers: input.audience ? (input.viewers ?? "write") : "none",
    code: ConversationCode.parse(randomHex()),
    ownerId: owner.id,
    members: [
      { userId: owner.id, role: "owner", customFields: {} },
      ...others.map(({ id: userId }) => ({ userId, ...member })),
    ],
    createdAt: Date.now(),
  });
  return id === null ? null : { id, kind: "group", externalId, ownerId: owner.id };
}

/** @throws `validation_failed` for what only an audience room has, or none has. Its object checks changes */
function requireAudience({ audience, viewers }: Pick<GroupInput, "audience" | "viewers">, history?: boolean) {
  if (!audience && viewers === "write")
    throw invalid("body.may_write", "must not be `everybody` without `audience`");
  if (audience && history === false) throw invalid("body.history", "must be `all` in an audience room");
}

/** The fields of the profile that a backend gives. */
function changeOf(core: Core, input: GroupInput) {
  const { name, joinPolicy, metadata, history, mayLeave, retentionDays, legalHold } = input;
  const { slowModeS, muteAll, linkPreviews, audience, viewers } = input;
  const { avatar } = core.fileOrigins.withStoredAvatar(input);
  return {
    ...(name !== undefined && { name }),
    ...(avatar !== undefined && { avatar }),
    ...(joinPolicy !== undefined && { joinPolicy }),
    ...(metadata !== undefined && { metadata: writeMetadata(metadata) }),
    ...(history !== undefined && { history }),
    ...(mayLeave !== undefined && { mayLeave }),
    ...(retentionDays !== undefined && { retentionDays }),
    ...(legalHold !== undefined && { legalHold }),
    ...(slowModeS !== undefined && { slowModeS }),
    ...(muteAll !== undefined && { muteAll }),
    ...(audience !== undefined && { audience }),
    ...(viewers !== undefined && { viewers }),
    ...(linkPreviews !== undefined && { linkPreviews }),
  };
}

/** A user whom a backend adds, with the role that they are to have. */
export interface MemberInput {
  ref: UserRef;
  role?: "admin" | "member" | undefined;
}

/** What became of each user of a list, in its order. */
export type NamedOutcome = MemberOutcome | { userId: null; result: "failed"; problem: Failure };

/**
 * Adds users to a group, who are made where nobody has their external id, and removes members; each for
 * themself.
 * @returns what became of each, those to be added first
 * @throws `not_found` for an unknown conversation; `validation_failed` for a direct one; `conflict` for a
 *   dissolved group
 */
export async function changeMembers(
  core: Core,
  by: ServerKeyId,
  ref: ConversationRef,
  { add, remove }: { add: MemberInput[]; remove: UserRef[] },
): Promise<NamedOutcome[]> {
  const { id, ...found } = await requireConversation(core, ref);
  requireGroup(found);
  const refs = add.map((one) => one.ref);
  const userOf = await usersByRef(core, by, refs, remove);
  const outcomes = await core.conversations.changeMembers(id, {
    add: add.flatMap(({ ref: one, role }) => {
      const person = userOf(one);
      return person ? [{ person, ...(role && { role }) }] : [];
    }),
    remove: remove.flatMap((one) => userOf(one)?.id ?? []),
  });
  for (const { userId: user, result, role } of outcomes) {
    const event = { user, by: null, conversation: id, serverKey: by };
    if (result === "removed") core.securityLog.record("member_removed", event);
    if (role) core.securityLog.record("role_changed", { ...event, role });
  }
  const done = outcomes.values();
  return [...refs, ...remove].map((one) => {
    const outcome = userOf(one) && done.next().value;
    return outcome ?? { userId: null, result: "failed", problem: noSuchUser(one).toFailure() };
  });
}

/** A conversation as the backend sees it, dissolved ones included. @throws `not_found` */
export async function getServerConversation(core: Core, ref: ConversationRef): Promise<ServerConversation> {
  const { id, externalId } = await requireConversation(core, ref);
  return { id, externalId, ...(await core.conversations.overview(id, {})) };
}

const Position = z.tuple([ConversationId]);

/** A page of conversations in the order of their ids. @param externalId absent: all */
export async function listConversations(
  core: Core,
  { limit, cursor, externalId }: PageQuery & { externalId?: ExternalId | undefined },
): Promise<Page<ServerConversation>> {
  const [after] = cursor === undefined ? [0] : readCursor(Position, cursor);
  const query = { after, limit: limit + 1, externalId: externalId ?? null };
  return pageOf(await listServerConversations(core.db, query), limit, ({ id }) => [id]);
}

/** The conversation that a backend names. @throws `not_found` */
export async function requireConversation(core: Core, ref: ConversationRef): Promise<NamedConversation> {
  const found = await findNamedConversation(core.db, ref);
  if (!found) throw noNamedConversation();
  return found;
}

function requireGroup({ kind }: Pick<NamedConversation, "kind">): void {
  if (kind === "direct") throw invalid("path.cref", "must be a group, and no direct conversation");
}

function requireUser(userOf: UserByRef, ref: UserRef): Person {
  const user = userOf(ref);
  if (!user) throw noSuchUser(ref);
  return user;
}

function unique(people: Person[]): Person[] {
  return [...new Map(people.map((person) => [person.id, person])).values()];
}

function noNamedConversation(): CoreError {
  return new CoreError("not_found", "There is no such conversation.", { missing: "conversation" });
}

/**
 * Sends a message as a user, with all that holds for their sends.
 * @param isSilent it counts as unread for nobody
 * @returns the message, `isRepeated` if its client message id was known already
 * @throws as `sendMessage`; `not_found` for an unknown conversation, and for an unknown or deleted user;
 *   `suspended`; `validation_failed` for a silent message with mentions or in a thread
 */
export async function sendAs(
  core: Core,
  ref: ConversationRef,
  as: UserRef,
  draft: AnyDraft,
  isSilent: boolean,
): Promise<{ message: Message; isRepeated: boolean }> {
  const isCalling = draft.thread !== undefined || draft.mentions === "all" || draft.mentions.length > 0;
  if (isSilent && isCalling) throw invalid("body.silent", "must be false with mentions or a thread");
  const { id } = await requireConversation(core, ref);
  const { userId } = await actingAs(core, as);
  return sendMessage(core, userId, id, isSilent ? { ...draft, silent: true } : draft);
}

/**
 * Sends a notice by nobody.
 * @returns it, `isRepeated` if its client message id was known already
 * @throws `not_found` for an unknown conversation, `conflict` for a dissolved group
 */
export async function sendNotice(
  core: Core,
  ref: ConversationRef,
  notice: NoticeDraft,
): Promise<{ message: Message; isRepeated: boolean }> {
  const { id } = await requireConversation(core, ref);
  return core.conversations.notify(id, notice);
}

/** The ids that the team's backend has for the senders of messages. One query. */
export function externalIdsOfSenders(core: Core, messages: readonly Message[]): Promise<ExternalIdsOfUsers> {
  return findExternalIds(core.db, [...new Set(messages.map(({ sender }) => sender.id))]);
}

/** A page of all messages of a conversation. @throws `validation_failed` for several bounds, `not_found` */
export async function pageOfAllMessages(
  core: Core,
  ref: ConversationRef,
  bounds: PageBounds,
): Promise<{ items: Message[]; hasMore: boolean; hasEarlier?: boolean }> {
  const page = boundsOf(bounds);
  const { id } = await requireConversation(core, ref);
  return core.conversations.allMessages(id, page);
}
