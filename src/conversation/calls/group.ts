import type { Person } from "../../domain/accounts/person.ts";
import type { AttributesChange, GroupCounters } from "../../domain/conversations/group-data.ts";
import type { InvitationCode } from "../../domain/conversations/invitation.ts";
import type { JoinState } from "../../domain/conversations/join-request.ts";
import { noConversation } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS, weightOfBytes } from "../../object/user-budgets.ts";
import type { BanInput } from "../actions/banning.ts";
import type { GroupProfileChange, MemberEdit } from "../actions/group.ts";
import type { InvitationTerms } from "../actions/inviting.ts";
import type { JoinDecision } from "../actions/joining.ts";
import type { ConversationComponents } from "../components.ts";
import type { MemberRange } from "../members/member-list.ts";
import type { Room } from "../room.ts";
import type { MemberQuery } from "../search/member-search.ts";
import { type Caller, groupChange, growing, once, repeatable, takingPart } from "./call.ts";

const { light, page, search, unweighed } = WEIGHTS;

/** A call that concerns one other user. */
interface OnUser extends Caller {
  targetId: UserId;
}

/** A page of a list: `limit` entries after an id. */
interface ListPage extends Caller {
  limit: number;
  after: number;
}

/** The work of a call by which a user joins: it waits for one try to write that to D1 and to their list. */
function joinAs<Input extends { person: Person }>(
  join: (room: Room, input: Input) => { state: JoinState; changed: UserId[] },
) {
  return async ({ room }: ConversationComponents, input: Input) => {
    const { changed, state } = join(room, input);
    await room.propagate(changed);
    // The write to D1 removes a user whose account was deleted meanwhile.
    return { state: room.profiles.has(input.person.id) ? state : ("gone" as const) };
  };
}

/** A look at an invitation; `userId` null: somebody without a token looks. */
interface Look {
  userId: UserId | null;
  code: InvitationCode;
}

/** The calls that concern a group, its members, and who may become one. */
export const GROUP = {
  /** The group as users see it who are not in it. @see GroupOutlines.find */
  outline: repeatable(unweighed, ({ room }, { userId }: Caller) => room.outlines.find(userId)),

  /** A page of members. @see MemberList.page */
  members: repeatable(page, ({ room }, input: Caller & MemberRange) =>
    room.memberList.page(input.userId, input),
  ),

  /** A page of the members with a name. @see MemberSearch.find @throws `rate_limited` if too many wait */
  searchMembers: repeatable(search, ({ room, reads }, input: Caller & MemberQuery) =>
    reads.run(input.userId, () => room.memberSearch.find(input.userId, input)),
  ),

  /** The memberships of these users; users who are no members are missing. @see MemberList.byIds */
  membersByIds: repeatable(unweighed, ({ room }, { userId, targetIds }: Caller & { targetIds: UserId[] }) =>
    room.memberList.byIds(userId, targetIds),
  ),

  /** Changes the group's profile. @returns which of these differ now @see GroupChanges.edit */
  edit: repeatable(
    page,
    takingPart(async ({ room }, { userId, change }: Caller & { change: GroupProfileChange }) => {
      const { name, introduction } = room.state.profile;
      const concerned = room.group.edit(userId, change);
      const { profile } = room.state;
      const renamed = { name: name !== profile.name, introduction: introduction !== profile.introduction };
      await room.propagate([userId, ...concerned]);
      return renamed;
    }),
  ),

  /** Adds users, all or none. @returns their memberships @see Joining.add */
  add: repeatable(page, async ({ room }, { userId, people }: Caller & { people: Person[] }) => {
    const added = room.joining.add(userId, people);
    const ids = people.map(({ id }) => id);
    // Read before the wait: the caller may be removed during it.
    const memberships = room.memberList.byIds(userId, ids);
    await room.propagate([userId, ...added]);
    return memberships;
  }),

  /**
   * Adds as many of these users as there is room for. A second try would report those whom the first has
   * added as members already.
   * @returns the outcome for each
   * @see Joining.addEach
   */
  addEach: once(page, async ({ room }, input: Caller & { people: Person[]; blockedIds: UserId[] }) => {
    const outcome = room.joining.addEach(input.userId, input.people, input.blockedIds);
    await room.propagate([input.userId, ...outcome.added]);
    // The write to D1 removes users whose accounts were deleted meanwhile.
    return { ...outcome, added: outcome.added.filter((id) => room.profiles.has(id)) };
  }),

  /**
   * Joins, or stores a join request. The state `gone`: the account was deleted meanwhile.
   * @see Joining.join
   */
  join: repeatable(
    page,
    joinAs(({ joining }, { person, message }: { person: Person; message: string }) =>
      joining.join(person, message),
    ),
  ),

  /** A page of the open join requests. @see Joining.listRequests */
  joinRequests: repeatable(page, ({ room }, input: ListPage) =>
    room.joining.listRequests(input.userId, input),
  ),

  /** Withdraws the caller's open join request, if there is one. Idempotent. @see Joining.withdraw */
  withdrawJoinRequest: effect(
    repeatable(light, ({ room }, { userId }: Caller) => {
      room.joining.withdraw(userId);
      return room.propagate([]);
    }),
  ),

  /** Accepts or rejects a join request. @see Joining.decide */
  decideJoinRequest: groupChange(once, ({ joining }, input: Caller & JoinDecision) =>
    joining.decide(input.userId, input),
  ),

  /** Ends the caller's membership. @see GroupChanges.leave */
  leave: groupChange(once, ({ group }, { userId }: Caller) => group.leave(userId)),

  /** Removes members. @see GroupChanges.remove */
  remove: groupChange(once, ({ group }, input: Caller & { targetIds: UserId[]; reason?: string }) =>
    group.remove(input.userId, input.targetIds, input.reason),
  ),

  /** Removes the members among these users. @returns whom it has removed @see GroupChanges.removeAmong */
  removeAmong: repeatable(page, async ({ room }, { userId, targetIds }: Caller & { targetIds: UserId[] }) => {
    const removed = room.group.removeAmong(userId, targetIds);
    await room.propagate([userId, ...removed]);
    return removed;
  }),

  /** Bans a user, who is removed if they are a member. @see Banning.ban */
  ban: groupChange(repeatable, ({ banning }, input: Caller & BanInput) => banning.ban(input.userId, input)),

  /** Lifts the ban of a user. @see Banning.lift */
  liftBan: effect(
    repeatable(light, ({ room }, input: OnUser & { hasAccount: boolean }) =>
      room.banning.lift(input.userId, input),
    ),
  ),

  /** A page of the bans. @see Banning.list */
  bans: repeatable(page, ({ room }, input: ListPage & { targetId?: UserId }) =>
    room.banning.list(input.userId, input),
  ),

  /** Makes an invitation. A second try would make another one. @see Inviting.create */
  createInvitation: once(light, ({ room }, input: Caller & InvitationTerms) =>
    room.inviting.create(input.userId, input),
  ),

  /** A page of the open invitations. @see Inviting.list */
  invitations: repeatable(page, ({ room }, input: ListPage) => room.inviting.list(input.userId, input)),

  /** Withdraws an invitation. @returns whether there was one @see Inviting.withdraw */
  withdrawInvitation: repeatable(light, ({ room }, { userId, code }: Caller & { code: string }) =>
    room.inviting.withdraw(userId, code),
  ),

  /** The group as an invitation shows it. Who has no token counts by address alone. @see Inviting.look */
  lookAtInvitation: repeatable(
    ({ userId }: Look) => (userId === null ? unweighed : light),
    ({ room }, { userId, code }: Look) => room.inviting.look(userId, code),
  ),

  /** Joins by an invitation. The state `gone`: see `join`. @see Joining.accept */
  acceptInvitation: repeatable(
    page,
    joinAs(({ joining }, { person, code }: { person: Person; code: InvitationCode }) =>
      joining.accept(person, code),
    ),
  ),

  /**
   * Changes a member's role, mute, name card or custom fields.
   * @returns the membership
   * @see GroupChanges.change
   */
  changeMember: once(
    page,
    async ({ room }, { userId, targetId, change }: OnUser & { change: MemberEdit }) => {
      const concerned = room.group.change(userId, targetId, change);
      const memberships = room.memberList.byIds(userId, [targetId]);
      await room.propagate([userId, ...concerned]);
      return memberships;
    },
  ),

  /** Makes another member the owner. @see GroupChanges.handOver */
  handOver: groupChange(once, ({ group }, { userId, successorId }: Caller & { successorId: UserId }) =>
    group.handOver(userId, successorId),
  ),

  /** Dissolves the group for everybody. @see GroupChanges.dissolve */
  dissolve: groupChange(once, ({ group }, { userId }: Caller) => group.dissolve(userId)),
};

/** The calls that concern what the members of a group keep with it. */
export const ATTRIBUTES = {
  /** The attributes, and the number of their last change. @see GroupData.attributes */
  attributes: repeatable(light, ({ room }, { userId }: Caller) => room.groupData.attributes(userId)),

  /** Changes attributes. A second try would be a conflict with the first. @see GroupData.changeAttributes */
  changeAttributes: once(
    ({ set }: AttributesChange) => light + weightOfBytes(JSON.stringify(set ?? {}).length),
    growing(({ room }, { userId, ...change }: Caller & AttributesChange) =>
      room.groupData.changeAttributes(userId, change),
    ),
  ),

  /** The counters. @see GroupData.counters */
  counters: repeatable(light, ({ room }, { userId }: Caller) => room.groupData.counters(userId)),

  /** Sets counters. @see GroupData.setCounters */
  setCounters: repeatable(
    light,
    growing(({ room }, { userId, values }: Caller & { values: GroupCounters }) =>
      room.groupData.setCounters(userId, values),
    ),
  ),

  /** Adds to a counter. A second try would count twice. @see GroupData.addToCounter */
  addToCounter: once(
    light,
    growing(({ room }, { userId, key, delta }: Caller & { key: string; delta: number }) =>
      room.groupData.addToCounter(userId, key, delta),
    ),
  ),
};

/** @throws `not_found` where the conversation is no channel of a space */
function channelOf({ channel }: Room) {
  if (!channel) throw noConversation();
  return channel;
}

/** The calls of channels. */
export const CHANNEL = {
  /** The space has changed in D1. Idempotent. @see Channel.changed */
  spaceChanged: effect(repeatable(unweighed, ({ room }, _: object) => room.channel?.changed())),

  /** Makes a user a follower, who may read it. Idempotent. @see Channel.taking */
  follow: effect(
    repeatable(
      page,
      takingPart(({ room }, { userId }: Caller) => {
        channelOf(room);
        room.members.active(userId);
      }),
    ),
  ),

  /** Makes users followers who have come into the space. Idempotent. @see Channel.followAll */
  followAll: effect(
    repeatable(page, async ({ room }, { userIds }: { userIds: UserId[] }) =>
      room.propagate(await channelOf(room).followAll(userIds)),
    ),
  ),

  /** Ends that. Idempotent. @see Channel.unfollow */
  unfollow: effect(
    repeatable(page, ({ room }, { userId }: Caller) => room.propagate(channelOf(room).unfollow(userId))),
  ),
};
