import type { Person } from "../domain/accounts/person.ts";
import { atPath, noMessage, type Result } from "../domain/errors.ts";
import type { Position, Seq, SessionId, UserId } from "../domain/ids.ts";
import type { AnyDraft } from "../domain/messages/message.ts";
import type { DeviceSendRequest, ReplayRequest, SubscribeRequest } from "../domain/ports.ts";
import { answer } from "../object/rpc.ts";
import type { GroupProfileChange, MemberEdit } from "./changes/group.ts";
import type { JoinDecision } from "./changes/joining.ts";
import { removeDeletedUser } from "./changes/remove-deleted-user.ts";
import { type HistoryChunkQuery, historyChunk } from "./history.ts";
import { ConversationLifecycle } from "./lifecycle.ts";
import type { ReadableRange } from "./log/readable-log.ts";
import type { MemberRange } from "./members/member-list.ts";
import type { MemberRow } from "./members/members.ts";
import type { Room } from "./room.ts";
import type { SearchQuery } from "./search/search.ts";

/**
 * One conversation: its order, its members, their read positions, its sockets. These are its calls: each
 * takes one object, ignores what it does not know of it, and answers what it refuses as data.
 */
export abstract class ConversationObject extends ConversationLifecycle {
  /**
   * Sees to it that the conversation, which D1 has, is in the lists of its first members, in that of
   * `userId`, who opens it, before this resolves. Idempotent.
   */
  init(input: { userId: UserId }): Promise<Result<null>> {
    return this.#done((room) => room.updateAllInboxes(input.userId));
  }

  /** Stores a message. @see Room.send */
  async send(input: { userId: UserId; draft: AnyDraft }): ReturnType<Room["send"]> {
    const ready = await answer(() => this.ensureLoaded());
    return ready.ok ? ready.value.room.send(input.userId, input.draft) : ready;
  }

  /** A page of messages as the caller sees them, in rising order; without bounds the newest. */
  page(input: { userId: UserId; before?: Position; after?: Position; limit: number }) {
    return this.#reading(input, ({ log, renderer }, member) => {
      const { rows, hasMore } =
        input.after === undefined
          ? log.before(input.before ?? Number.MAX_SAFE_INTEGER, input.limit, member)
          : log.after(input.after, input.limit, member);
      if (input.after === undefined) rows.reverse();
      return { items: renderer.render(rows, member), hasMore };
    });
  }

  /** The newest messages before a seq, in rising order, with what the conversation is like. */
  pageWithContext(input: { userId: UserId; before?: number; limit: number }) {
    return this.#reading(input, ({ log, snapshots }, member) => {
      const { rows, hasMore } = log.before(input.before ?? Number.MAX_SAFE_INTEGER, input.limit, member);
      return { ...snapshots.context(rows.reverse(), member), hasMore };
    });
  }

  /** A page of what the caller can read, and how much there is for him altogether. @see Readable */
  readablePage(input: { userId: UserId } & ReadableRange) {
    return this.#reading(input, ({ readable, renderer }, member) => {
      const { rows, hasMore } = readable.page(input, member);
      return { items: renderer.render(rows, member), hasMore, total: readable.count(member) };
    });
  }

  /** A stretch of what the caller can read, or finds, in either order. @see historyChunk */
  history(input: { userId: UserId; includeFormer?: boolean } & HistoryChunkQuery) {
    return this.#reading(input, (room, member) => historyChunk(room, member, input));
  }

  /** One message. @throws `not_found` */
  message(input: { userId: UserId; seq: Seq }) {
    return this.#reading(input, ({ log, renderer }, member) => {
      const row = log.visible(input.seq, member);
      const [message] = row ? renderer.render([row], member) : [];
      if (!message) throw noMessage(input.seq);
      return message;
    });
  }

  /** A page of what the caller finds, the newest first; `nextBefore` is null at the end. @see Search.find */
  search(input: { userId: UserId } & SearchQuery) {
    return this.#reading(input, ({ search, renderer }, member) => {
      const { rows, next } = search.find(input, member);
      return { items: renderer.render(rows, member), nextBefore: next };
    });
  }

  /** Those of these messages which the caller may see. @see Copies.messages */
  messages(input: { userId: UserId; seqs: Seq[] }) {
    return this.answer(({ room }) => room.forwards.messages(input.userId, input.seqs));
  }

  /** Takes a message back for everyone. @see Erasure.revoke */
  revoke(input: { userId: UserId; seq: Seq }) {
    return this.#done((room) => room.redaction.revoke(input.userId, input.seq));
  }

  /** The same where there is an end to it. @returns what is left of the message @see Erasure.revoke */
  revokeWithin(input: { userId: UserId; seq: Seq; withinS: number }) {
    return this.answer(async ({ room }) => {
      const { userId, seq, withinS } = input;
      await atPath(room.state.profile.kind, () => room.redaction.revoke(userId, seq, withinS));
      // He may have been removed meanwhile: what he did is done.
      const member = room.members.known(userId);
      const row = room.log.visible(seq, member);
      if (!row) throw noMessage(seq);
      return room.snapshots.context([row], member);
    });
  }

  /** Takes a message out of the caller's sight. @see Erasure.hide */
  hide(input: { userId: UserId; seq: Seq }) {
    return this.#done((room) => room.redaction.hide(input.userId, input.seq));
  }

  /** Deletes the conversation for the caller alone; `keepsHistory`: it only leaves his list. @see Reading.clear */
  deleteForMe(input: { userId: UserId; keepsHistory?: boolean }) {
    return this.#done((room) => room.readPositions.deleteForMe(input.userId, input.keepsHistory !== true));
  }

  /** Moves the caller's read position forward, without a seq to the last message. @see Reading.read */
  read(input: { userId: UserId; seq?: Position }) {
    return this.answer(async ({ room }) => {
      room.flushSends();
      const before = room.members.find(input.userId)?.read_n ?? 0;
      const member = room.readPositions.read(input.userId, input.seq, null);
      const marked = member.read_n - before;
      const { readSeq, unreadCount } = room.snapshots.standing(member);
      await room.readPositions.updateViewers(input.userId);
      return { readSeq, unreadCount, marked };
    });
  }

  /** Has nothing count as unread to the caller, or again. @see Reading.discard */
  setIgnoreUnread(input: { userId: UserId; ignoresUnread: boolean }) {
    return this.#done((room) => room.readPositions.setIgnoreUnread(input.userId, input.ignoresUnread));
  }

  /** Stores what a device of the caller sends. @see Devices.sends */
  sendFromDevice(input: DeviceSendRequest) {
    return this.answer(({ room }) => room.devices.sends(input));
  }

  /** Tells the others that the caller is typing. */
  typing(input: { userId: UserId }) {
    return this.#done((room) => room.typing(input.userId));
  }

  /** What the caller's devices miss behind a place. @see Devices.replay */
  replay(input: ReplayRequest) {
    return this.answer(async ({ room }) => {
      await room.profiles.ensureFresh();
      return room.devices.replay(input);
    });
  }

  /** What the caller's inbox should know now, who looks at it, or opens a device's socket. @see Devices.hello */
  subscribe(input: SubscribeRequest) {
    return this.answer(({ room }) => room.devices.subscribe(input));
  }

  /** The newest snapshot for a member's inbox, which does not wait for its turn in the fan-out. */
  snapshot(input: { userId: UserId }) {
    return this.answer(({ room }) => room.snapshot(input.userId));
  }

  /** What the caller's inbox, which is being repaired, should know. @see Devices.truth */
  snapshotForRepair(input: { userId: UserId; hasDevices: boolean }) {
    return this.answer(({ room }) => room.devices.snapshotForRepair(input));
  }

  /** How far each member has read. */
  receipts(input: { userId: UserId }) {
    return this.answer(({ room }) => room.readPositions.receipts(input.userId));
  }

  /** The conversation as the caller sees it. @see Snapshots.describe */
  describe(input: { userId: UserId }) {
    return this.answer(async ({ room }) => {
      await room.profiles.ensureFresh();
      room.flushSends();
      return room.snapshots.describe(input.userId);
    });
  }

  /** Announces a change in D1 of whether its two may write. Idempotent by token. @see DirectFlags.changing */
  prepareBlockChange(input: { token: string }) {
    return this.#done((room) => room.directPermission.prepareChange(input.token));
  }

  /** The change is done: takes over what D1 says. Idempotent. @see DirectFlags.changed */
  refreshDirectPermission(input: { token: string }) {
    return this.#done((room) => room.directPermission.changed(input.token));
  }

  /** A page of members. @see Roster.page */
  members(input: { userId: UserId } & MemberRange) {
    return this.answer(({ room }) => room.memberList.page(input.userId, input));
  }

  /** Some members. @see Roster.named */
  membersByIds(input: { userId: UserId; targetIds: UserId[] }) {
    return this.answer(({ room }) => room.memberList.byIds(input.userId, input.targetIds));
  }

  /** Changes the group's profile. @see Group.edit */
  edit(input: { userId: UserId; change: GroupProfileChange }) {
    return this.#shared(input, ({ group }) => group.edit(input.userId, input.change));
  }

  /** Adds people. @returns their memberships @see Joining.add */
  add(input: { userId: UserId; people: Person[] }) {
    return this.answer(async ({ room }) => {
      const added = room.joining.add(input.userId, input.people);
      const ids = input.people.map(({ id }) => id);
      // Before the wait, in which the caller may be removed himself.
      const named = room.memberList.byIds(input.userId, ids);
      await room.propagate([input.userId, ...added]);
      return named;
    });
  }

  /** Adds people, each for himself. @see Joining.addEach */
  addEach(input: { userId: UserId; people: Person[]; barred: UserId[] }) {
    return this.answer(async ({ room }) => {
      const each = room.joining.addEach(input.userId, input.people, input.barred);
      await room.propagate([input.userId, ...each.added]);
      // D1 may have said of some that they have no account any more.
      return { ...each, added: each.added.filter((id) => room.profiles.has(id)) };
    });
  }

  /** Joins, or asks to be let in; `gone`: his account was deleted meanwhile. @see Joining.join */
  join(input: { person: Person; message: string }) {
    return this.answer(async ({ room }) => {
      const { changed, state } = room.joining.join(input.person, input.message);
      await room.propagate(changed);
      // D1 may have said that he has no account any more.
      return { state: room.profiles.has(input.person.id) ? state : ("gone" as const) };
    });
  }

  /** Who asks to be let in. @see Joining.applications */
  joinRequests(input: { userId: UserId; limit: number; after: number }) {
    return this.answer(({ room }) => room.joining.listRequests(input.userId, input));
  }

  /** Lets somebody in, or not. @see Joining.handle */
  decideJoinRequest(input: { userId: UserId } & JoinDecision) {
    return this.#shared(input, ({ joining }) => joining.decide(input.userId, input));
  }

  /** Leaves. @see Group.leave */
  leave(input: { userId: UserId }) {
    return this.#shared(input, ({ group }) => group.leave(input.userId));
  }

  /** Removes members. @see Group.remove */
  remove(input: { userId: UserId; targetIds: UserId[]; reason?: string }) {
    return this.#shared(input, ({ group }) => group.remove(input.userId, input.targetIds, input.reason));
  }

  /** Changes a member's role, mute or name card. @returns his membership @see Group.change */
  changeMember(input: { userId: UserId; targetId: UserId; change: MemberEdit }) {
    return this.answer(async ({ room }) => {
      const { userId, targetId, change } = input;
      const concerned = room.group.change(userId, targetId, change);
      const named = room.memberList.byIds(userId, [targetId]);
      await room.propagate([userId, ...concerned]);
      return named;
    });
  }

  /** Gives the group to another member. @see Group.handOver */
  handOver(input: { userId: UserId; heirId: UserId }) {
    return this.#shared(input, ({ group }) => group.handOver(input.userId, input.heirId));
  }

  /** Ends the group for everybody. @see Group.dissolve */
  dissolve(input: { userId: UserId }) {
    return this.#shared(input, ({ group }) => group.dissolve(input.userId));
  }

  /** Tells the caller's sockets, on all his devices, what the conversation is like for him now: his own flags have changed. */
  pushConversation(input: { userId: UserId }) {
    return this.#done((room) => room.pushConversation([input.userId]));
  }

  /** Takes out who has no account any more; D1 is told, now or by a job. Idempotent. @see removeDeletedUser */
  removeDeleted(input: { userId: UserId }) {
    return this.#done((room) => {
      removeDeletedUser(room, room, input.userId);
      return room.propagate([]);
    });
  }

  /** Closes every socket of an ended session, also one that is being opened. Idempotent. */
  kick(input: { sessionId: SessionId }) {
    return this.answer(({ registrations, sockets }) => {
      registrations.kick(input.sessionId);
      sockets.kickSession(input.sessionId);
      return null;
    });
  }

  /** Which of these sessions have a socket open here. */
  openSessions(input: { sessionIds: SessionId[] }) {
    return this.answer(({ registrations, sockets }) =>
      input.sessionIds.filter((id) => sockets.hasSession(id) || registrations.isOpening(id)),
    );
  }

  /**
   * Has a member read: with names as they are today, and behind everything that waits to be stored.
   * @param caller `includeFormer`: who has left is let in too, and whoever was in a dissolved group
   */
  #reading<T>(
    { userId, includeFormer = false }: { userId: UserId; includeFormer?: boolean },
    read: (room: Room, member: MemberRow) => T,
  ): Promise<Result<T>> {
    return this.answer(async ({ room }) => {
      await room.profiles.ensureFresh();
      room.flushSends();
      return read(room, includeFormer ? room.members.known(userId) : room.members.active(userId));
    });
  }

  /** Does something that has no answer but that it is done. */
  #done(work: (room: Room) => unknown): Promise<Result<null>> {
    return this.answer(async ({ room }) => {
      await work(room);
      return null;
    });
  }

  /** A change, then one try to tell D1 and the inboxes of whom it concerns. */
  #shared(input: { userId: UserId }, work: (room: Room) => UserId[]): Promise<Result<null>> {
    return this.#done((room) => room.propagate([input.userId, ...work(room)]));
  }
}
