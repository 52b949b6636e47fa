import type { Tip } from "../core/content.ts";
import type { Profile } from "../core/conversation.ts";
import type { UserId } from "../core/ids.ts";
import type { Person } from "../core/message.ts";
import type { KickReason, MemberEvent } from "../core/protocol.ts";
import type { TipChange, TipDetails } from "../core/tip.ts";
import type { Acquaintances } from "./acquaintances.ts";
import type { Log, Row } from "./log.ts";
import type { Member, Members } from "./members.ts";
import { Outbox, type Posted } from "./outbox.ts";
import { People } from "./people.ts";
import { versionOf } from "./snapshots.ts";
import type { State } from "./state.ts";

/** What is to happen to a group, as one: all of it is stored, or nothing. */
export interface Change {
  /** the rows of members as they are to be */
  members?: Member[];
  /** the profiles of who comes in */
  people?: Person[];
  /** the profiles of who is known from now on, and comes in not yet or never */
  acquaintances?: Person[];
  profile?: Partial<Profile>;
  dissolvedAt?: number;
  /** what the group is told, in its history */
  tip?: Tip & TipChange;
  /** whose sockets are closed, and why; everybody's where the group is dissolved */
  kick?: { userIds: UserId[]; reason: KickReason };
  /** told to these sockets alone, besides the tip */
  notice?: { event: MemberEvent; userIds: UserId[]; to: UserId[] };
  /** what users are told besides, members or not; made behind `also`, in the transaction */
  notices?: () => Posted[];
  /** what else is written in the same transaction */
  also?: () => void;
}

/** What was stored, for those who listen. */
export interface Changed {
  change: Change;
  /** the tip as a message */
  tip: Row | null;
}

/** A member's row with fields that D1 has to know of. */
export function told(member: Member, fields: Partial<Member>): Member {
  return { ...member, ...fields, version: member.version + 1 };
}

interface Stores {
  state: State;
  members: Members;
  people: People;
  acquaintances: Acquaintances;
  log: Log;
  outbox: Outbox;
}

/** Stores a change: one transaction, then memory. */
export function storeChange(
  storage: DurableObjectStorage,
  { state, members, people, acquaintances, log, outbox }: Stores,
  change: Change,
): Changed {
  const now = Date.now();
  const memberCount = members.countAfter(change.members ?? []);
  const detailsOf = ({ role, mutedForS, profile }: TipChange): TipDetails => ({
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
  const { rows, tip, posted } = storage.transactionSync(() => {
    change.also?.();
    acquaintances.store(change.acquaintances ?? []);
    for (const person of change.people ?? []) People.store(storage.sql, person, now);
    if (shared) {
      state.storeShared(shared);
      state.store(state.changes + 1, state.rev);
    }
    const tip = change.tip ? log.insertTip(change.tip, detailsOf(change.tip)) : null;
    const version = (touched: number) =>
      versionOf(tip?.seq ?? log.last.seq, state.changes + (shared ? 1 : 0), touched);
    const rows = (change.members ?? []).map((member) => members.store(member, version));
    return { rows, tip, posted: Outbox.store(storage.sql, change.notices?.() ?? []) };
  });
  acquaintances.apply(change.acquaintances ?? []);
  for (const person of change.people ?? []) people.apply(person);
  for (const row of rows) members.apply(row);
  if (shared) {
    state.applyShared(shared);
    state.apply(state.changes + 1, state.rev);
  }
  if (tip) log.moveTo(tip);
  outbox.apply(posted);
  if (state.dissolvedAt !== null) members.close();
  return { change, tip };
}
