import type { Person } from "../../domain/accounts/person.ts";
import type { Profile } from "../../domain/conversations/conversation.ts";
import { may, POLICIES } from "../../domain/conversations/group-policies.ts";
import type { UserId } from "../../domain/ids.ts";
import type { SystemMessage } from "../../domain/messages/content.ts";
import type { SystemMessageChange, SystemMessageDetails } from "../../domain/messages/system-message.ts";
import type { KickReason, MemberEvent } from "../../domain/sync/socket-protocol.ts";
import { NotificationOutbox, type QueuedNotification } from "../delivery/notification-outbox.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import { Invitations } from "../members/invitations.ts";
import type { KnownUsers } from "../members/known-users.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import { ProfileCache } from "../members/profile-cache.ts";
import { arePositionsDue, type PositionsByUser } from "../members/sender-positions.ts";
import type { Threads } from "../threads/threads.ts";
import { versionOf } from "../views/member-snapshots.ts";
import type { ConversationState } from "./conversation-state.ts";
import type { Audience } from "./published.ts";

/** A change of a group. All of it is stored in one transaction, or nothing. */
export interface GroupChange {
  /** the new rows of changed members */
  members?: MemberRow[];
  /** profiles to store or replace: those of new members, and of users who ask to join */
  profiles?: Person[];
  /** the profiles of new known users, who are no members by this change */
  knownUsers?: Person[];
  profile?: Partial<Profile>;
  /** what lists show of a message has changed: each inbox gets an update */
  reachesLists?: boolean;
  /** ms since 1970 */
  dissolvedAt?: number;
  /** the system message for the history of the group */
  systemMessage?: SystemMessage & SystemMessageChange;
  /** the users whose sockets are closed, and the reason; all members if the group is dissolved */
  kick?: { userIds: UserId[]; reason: KickReason };
  /** an event besides the system message */
  memberEvent?: { event: MemberEvent; userIds: UserId[]; to: Audience };
  /** makes the notifications, for members or others; called after `alsoStore`, in the transaction */
  notifications?: () => QueuedNotification[];
  /** does further writes in the same transaction */
  alsoStore?: () => void;
  /** takes those writes into memory, after the commit and before the change is published */
  alsoApply?: () => void;
}

/** A stored change, for sockets. */
export interface StoredChange {
  change: GroupChange;
  /** the row of the system message */
  systemMessage: MessageRow | null;
}

/** A change moves no read position of a sender. */
const NO_POSITIONS: PositionsByUser = new Map();

/** A member's row with changed fields, under a new version, so that D1 gets it. */
export function withNewVersion(member: MemberRow, fields: Partial<MemberRow>): MemberRow {
  return { ...member, ...fields, version: member.version + 1 };
}

interface Stores {
  state: ConversationState;
  members: Members;
  profiles: ProfileCache;
  knownUsers: KnownUsers;
  log: MessageLog;
  outbox: NotificationOutbox;
  threads: Pick<Threads, "follows">;
}

/**
 * Stores a change in one transaction, then takes it into memory. The caller flushes the send queue before.
 * @throws whatever the transaction throws; nothing has changed then
 */
export function storeChange(
  storage: DurableObjectStorage,
  { state, members, profiles, knownUsers, log, outbox, threads }: Stores,
  change: GroupChange,
): StoredChange {
  const now = Date.now();
  const memberCount = members.countAfter(change.members ?? []);
  const detailsOf = ({ role, mutedForS, profile }: SystemMessageChange): SystemMessageDetails => ({
    groupName: change.profile?.name ?? state.profile.name,
    memberCount,
    ...{ role, mutedForS, profile },
  });
  const newShared = (change.profile || change.dissolvedAt !== undefined) && {
    profile: {
      ...state.profile,
      ...change.profile,
      version: state.profile.version + 1,
      changedAt: Math.max(now, state.profile.changedAt),
    },
    dissolvedAt: change.dissolvedAt ?? state.dissolvedAt,
  };
  const changes = state.changes + (newShared || change.reachesLists ? 1 : 0);
  const leaving = (change.members ?? []).filter((row) => row.state === "left").map((row) => row.user_id);
  const { rows, systemMessage, storesPositions, queued } = storage.transactionSync(() => {
    change.alsoStore?.();
    endInvitations(storage.sql, { state, members }, change);
    if (leaving.length > 0) threads.follows.storeEnd(leaving);
    knownUsers.store(change.knownUsers ?? []);
    for (const person of change.profiles ?? []) ProfileCache.store(storage.sql, person, now);
    if (newShared) {
      state.storeShared(newShared);
    }
    if (changes > state.changes) state.store(changes, state.rev);
    const systemMessage = change.systemMessage
      ? log.insertSystemMessage(change.systemMessage, detailsOf(change.systemMessage))
      : null;
    const storesPositions = systemMessage !== null && arePositionsDue(log.last.seq, systemMessage.seq);
    if (storesPositions) members.storeSenderPositions(NO_POSITIONS);
    const version = (touched: number) => versionOf(systemMessage?.seq ?? log.last.seq, changes, touched);
    const rows = (change.members ?? []).map((member) => members.store(member, version));
    return {
      rows,
      systemMessage,
      storesPositions,
      queued: NotificationOutbox.store(storage.sql, change.notifications?.() ?? []),
    };
  });
  knownUsers.apply(change.knownUsers ?? []);
  for (const person of change.profiles ?? []) profiles.apply(person);
  for (const row of rows) members.apply(row);
  members.applySenderPositions(NO_POSITIONS, storesPositions);
  if (newShared) {
    state.applyShared(newShared);
  }
  if (changes > state.changes) state.apply(changes, state.rev);
  if (systemMessage) log.moveTo(systemMessage);
  change.alsoApply?.();
  threads.follows.changed(...leaving);
  outbox.apply(queued);
  if (state.dissolvedAt !== null) members.close();
  return { change, systemMessage };
}

/** An invitation ends with the group, and with the right of its maker to make one. */
function endInvitations(
  sql: SqlStorage,
  { state, members }: Pick<Stores, "state" | "members">,
  change: GroupChange,
) {
  const invitations = new Invitations(sql);
  if (change.dissolvedAt !== undefined) return invitations.clear();
  const audience = POLICIES[state.profile.policy].invitations;
  const mayInvite = (row: MemberRow | null) => row?.state === "active" && may(row.role, audience);
  const former = (change.members ?? []).filter(
    (row) => !mayInvite(row) && mayInvite(members.findActive(row.user_id)),
  );
  if (former.length > 0) invitations.endOf(former.map(({ user_id }) => user_id));
}
