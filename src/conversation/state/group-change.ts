import type { Person } from "../../domain/accounts/person.ts";
import type { Profile } from "../../domain/conversations/conversation.ts";
import { may, POLICIES } from "../../domain/conversations/group-policies.ts";
import type { UserId } from "../../domain/ids.ts";
import type { SystemMessage } from "../../domain/messages/content.ts";
import type { NoticeDraft } from "../../domain/messages/message.ts";
import type { SystemMessageChange, SystemMessageDetails } from "../../domain/messages/system-message.ts";
import type { KickReason, MemberEvent } from "../../domain/sync/socket-protocol.ts";
import type { NotificationOutbox, QueuedNotification } from "../delivery/notification-outbox.ts";
import type { IncomingHooks } from "../incoming-hooks/incoming-hooks.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { Invitations } from "../members/invitations.ts";
import type { KnownUsers } from "../members/known-users.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";
import type { PositionsByUser } from "../members/sender-positions.ts";
import type { Threads } from "../threads/threads.ts";
import { versionOf } from "../views/member-snapshots.ts";
import type { ConversationState } from "./conversation-state.ts";
import type { Audience } from "./published.ts";
import type { Transaction } from "./transaction.ts";

/** A change of a group. */
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
  /** a notice of a backend, in place of a system message */
  notice?: NoticeDraft;
  /** the users whose sockets are closed, and the reason; all members if the group is dissolved */
  kick?: { userIds: UserId[]; reason: KickReason };
  /** an event besides the system message */
  memberEvent?: { event: MemberEvent; userIds: UserId[]; to: Audience };
  /** for members or others */
  notifications?: QueuedNotification[];
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
  invitations: Invitations;
  incomingHooks: IncomingHooks;
  log: MessageLog;
  outbox: NotificationOutbox;
  threads: Pick<Threads, "follows">;
}

/** Stores a change in a transaction. The caller flushes the send queue before it. */
export function storeChange(
  tx: Transaction,
  { state, members, profiles, knownUsers, invitations, incomingHooks, log, outbox, threads }: Stores,
  change: GroupChange,
): StoredChange {
  const now = Date.now();
  const memberCount = members.countAfter(change.members ?? []);
  const detailsOf = ({ role, mutedForS, profile }: SystemMessageChange): SystemMessageDetails => ({
    groupName: change.profile?.name ?? state.profile.name,
    memberCount,
    ...{ role, mutedForS, profile },
  });
  const newShared = (change.profile !== undefined || change.dissolvedAt !== undefined) && {
    profile: {
      ...state.profile,
      ...change.profile,
      version: state.profile.version + 1,
      changedAt: Math.max(now, state.profile.changedAt),
    },
    dissolvedAt: change.dissolvedAt ?? state.dissolvedAt,
  };
  const raisesChanges = newShared !== false || change.reachesLists === true;
  const leaving = (change.members ?? []).filter((row) => row.state === "left").map((row) => row.user_id);
  if (change.dissolvedAt !== undefined) incomingHooks.clear();
  endInvitations({ state, members, invitations }, change);
  if (leaving.length > 0) threads.follows.end(tx, leaving);
  knownUsers.store(change.knownUsers ?? []);
  for (const person of change.profiles ?? []) profiles.store(tx, person, now);
  if (newShared) state.setShared(tx, newShared);
  if (raisesChanges) state.raise(tx, { changes: 1 });
  const tip = change.systemMessage
    ? log.appendSystemMessage(tx, change.systemMessage, detailsOf(change.systemMessage))
    : null;
  const systemMessage = tip ?? (change.notice ? log.appendNotice(tx, change.notice) : null);
  const last = systemMessage?.seq ?? log.last.seq;
  members.moveSenders(tx, NO_POSITIONS, { from: log.last.seq, to: last });
  const changes = state.changes + (raisesChanges ? 1 : 0);
  const version = (touched: number) => versionOf(last, changes, touched);
  for (const member of change.members ?? []) members.store(tx, member, version);
  outbox.store(tx, change.notifications ?? []);
  if (change.dissolvedAt !== undefined) tx.after(() => members.close());
  return { change, systemMessage };
}

/** An invitation ends with the group, and with the right of its maker to make one. */
function endInvitations(
  { state, members, invitations }: Pick<Stores, "state" | "members" | "invitations">,
  change: GroupChange,
) {
  if (change.dissolvedAt !== undefined) return invitations.clear();
  const audience = POLICIES[state.profile.policy].invitations;
  const mayInvite = (row: MemberRow | null) => row?.state === "active" && may(row.role, audience);
  const former = (change.members ?? []).filter(
    (row) => !mayInvite(row) && mayInvite(members.findActive(row.user_id)),
  );
  if (former.length > 0) invitations.endOf(former.map(({ user_id }) => user_id));
}
