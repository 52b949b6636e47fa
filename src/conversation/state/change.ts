import type { Person } from "../../domain/accounts/person.ts";
import type { Profile } from "../../domain/conversations/conversation.ts";
import type { UserId } from "../../domain/ids.ts";
import type { SystemMessage } from "../../domain/messages/content.ts";
import type { SystemMessageChange, SystemMessageDetails } from "../../domain/messages/system-message.ts";
import type { KickReason, MemberEvent } from "../../domain/sync/socket-protocol.ts";
import { NotificationOutbox, type QueuedNotification } from "../delivery/notification-outbox.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { KnownUsers } from "../members/known-users.ts";
import type { MemberRow, Members } from "../members/members.ts";
import { ProfileCache } from "../members/profile-cache.ts";
import { versionOf } from "../views/member-snapshots.ts";
import type { ConversationState } from "./conversation-state.ts";

/** What is to happen to a group, as one: all of it is stored, or nothing. */
export interface GroupChange {
  /** the rows of members as they are to be */
  members?: MemberRow[];
  /** the profiles of who comes in */
  people?: Person[];
  /** the profiles of who is known from now on, and comes in not yet or never */
  knownUsers?: Person[];
  profile?: Partial<Profile>;
  dissolvedAt?: number;
  /** what the group is told, in its history */
  systemMessage?: SystemMessage & SystemMessageChange;
  /** whose sockets are closed, and why; everybody's where the group is dissolved */
  kick?: { userIds: UserId[]; reason: KickReason };
  /** told to these sockets alone, besides the tip */
  memberEvent?: { event: MemberEvent; userIds: UserId[]; to: UserId[] };
  /** what users are told besides, members or not; made behind `also`, in the transaction */
  notifications?: () => QueuedNotification[];
  /** what else is written in the same transaction */
  also?: () => void;
}

/** What was stored, for those who listen. */
export interface StoredChange {
  change: GroupChange;
  /** the tip as a message */
  systemMessage: MessageRow | null;
}

/** A member's row with fields that D1 has to know of. */
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
}

/** Stores a change: one transaction, then memory. */
export function storeChange(
  storage: DurableObjectStorage,
  { state, members, profiles, knownUsers, log, outbox }: Stores,
  change: GroupChange,
): StoredChange {
  const now = Date.now();
  const memberCount = members.countAfter(change.members ?? []);
  const detailsOf = ({ role, mutedForS, profile }: SystemMessageChange): SystemMessageDetails => ({
    groupName: change.profile?.name ?? state.profile.name,
    memberCount,
    ...{ role, mutedForS, profile },
  });
  const shared = (change.profile || change.dissolvedAt !== undefined) && {
    profile: {
      ...state.profile,
      ...change.profile,
      version: state.profile.version + 1,
      changedAt: Math.max(now, state.profile.changedAt),
    },
    dissolvedAt: change.dissolvedAt ?? state.dissolvedAt,
  };
  const {
    rows,
    tip: systemMessage,
    posted,
  } = storage.transactionSync(() => {
    change.also?.();
    knownUsers.store(change.knownUsers ?? []);
    for (const person of change.people ?? []) ProfileCache.store(storage.sql, person, now);
    if (shared) {
      state.storeShared(shared);
      state.store(state.changes + 1, state.rev);
    }
    const systemMessage = change.systemMessage
      ? log.insertSystemMessage(change.systemMessage, detailsOf(change.systemMessage))
      : null;
    const version = (touched: number) =>
      versionOf(systemMessage?.seq ?? log.last.seq, state.changes + (shared ? 1 : 0), touched);
    const rows = (change.members ?? []).map((member) => members.store(member, version));
    return {
      rows,
      tip: systemMessage,
      posted: NotificationOutbox.store(storage.sql, change.notifications?.() ?? []),
    };
  });
  knownUsers.apply(change.knownUsers ?? []);
  for (const person of change.people ?? []) profiles.apply(person);
  for (const row of rows) members.apply(row);
  if (shared) {
    state.applyShared(shared);
    state.apply(state.changes + 1, state.rev);
  }
  if (systemMessage) log.moveTo(systemMessage);
  outbox.apply(posted);
  if (state.dissolvedAt !== null) members.close();
  return { change, systemMessage };
}
