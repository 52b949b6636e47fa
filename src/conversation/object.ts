// One conversation: its Durable Object (`object.ts`, `lifecycle.ts`), its stub, and the room inside
// (`room.ts`). Each feature has a folder. The files here wire the features together: RPC
// methods, start-up, jobs, schema. A new feature goes into a folder and takes `RoomContext`; `room.ts`
// creates it.

import type { Person, VersionedPerson } from "../domain/accounts/person.ts";
import type { InvitationCode } from "../domain/conversations/invitation.ts";
import type { JoinState } from "../domain/conversations/join-request.ts";
import { atPath, noMessage, type Result } from "../domain/errors.ts";
import { Position, type Seq, type SessionId, type UserId } from "../domain/ids.ts";
import type { MessageEdit } from "../domain/messages/edit.ts";
import type { MentionPage, MentionRange } from "../domain/messages/mention-page.ts";
import type { AnyDraft, DraftReferences, Message } from "../domain/messages/message.ts";
import type { ReactionKey } from "../domain/messages/reactions.ts";
import type { DeviceSendRequest, ReplayRequest, SubscribeRequest, TakeSendResult } from "../domain/ports.ts";
import { answer } from "../object/calls/rpc.ts";
import type { BanInput } from "./changes/banning.ts";
import type { GroupProfileChange, MemberEdit } from "./changes/group.ts";
import type { InvitationTerms } from "./changes/inviting.ts";
import type { JoinDecision } from "./changes/joining.ts";
import { removeDeletedUser } from "./changes/remove-deleted-user.ts";
import { ConversationCalls } from "./conversation-calls.ts";
import { type HistoryChunkQuery, historyChunk } from "./history.ts";
import { ConversationLifecycle } from "./lifecycle.ts";
import { messagesFrom } from "./log/by-time.ts";
import type { ReadableRange } from "./log/readable-log.ts";
import type { Scope } from "./log/row.ts";
import type { MemberRange } from "./members/member-list.ts";
import type { MemberRow } from "./members/member-row.ts";
import type { VoteInput } from "./polls/polls.ts";
import type { ReactionInput } from "./reactions/reactions.ts";
import type { Room } from "./room.ts";
import type { SearchQuery } from "./search/search.ts";
import type { FollowPosition } from "./threads/follows.ts";
import { type ChangesRequest, changesPage } from "./views/changes-page.ts";
import type { CostlyReads } from "./views/costly-reads.ts";

/**
 * The reader of a call. `includeFormer`: users who left may read too, and the members of a dissolved group.
 */
interface ReaderInput {
  userId: UserId;
  includeFormer?: boolean;
}

/** Reads for a member, with current profiles, after a commit of the pending sends. */
function readAs<T>(
  room: Room,
  { userId, includeFormer = false }: ReaderInput,
  read: (member: MemberRow) => T,
): Promise<T> {
  return room.profiles.fresh(() => {
    room.flushSends();
    return read(includeFormer ? room.members.known(userId) : room.members.active(userId));
  });
}

/**
 * The RPC methods of a conversation's Durable Object. Each method takes one object, and ignores fields that
 * it does not know. A refusal is returned as data, `{ ok: false, … }`; the stub throws it as a `CoreError`.
 * Unless a method says otherwise, `userId` is the caller, and a caller who is no member gets `not_found`.
 */
export abstract class ConversationObject extends ConversationLifecycle {
  /**
   * Puts a conversation that D1 has created into the lists of its members. The list of `userId`, who opens
   * the conversation, has it before this resolves. Idempotent.
   * @param input `forBoth`: see `Room.updateAllInboxes`
   */
  init(input: { userId: UserId; forBoth?: boolean }): Promise<Result<null>> {
    return this.#perform((room) => room.updateAllInboxes(input.userId, input.forBoth));
  }

  /** Stores a message. @returns it, and whether its client message id was stored before @see Room.send */
  async send(input: { userId: UserId; draft: AnyDraft }): ReturnType<Room["send"]> {
    const ready = await answer(() => this.ensureLoaded());
    return ready.ok ? ready.value.room.send(input.userId, input.draft) : ready;
  }

  /**
   * Checks a draft that is to be sent later: whether it could refer to what it refers to. Whether the caller
   * may write is a question of that moment.
   * @returns the message that the caller has sent with its client message id, also before they left; null:
   *   none
   * @throws `not_found` unless the caller is a member and sees what the draft refers to
   */
  checkDraft(input: { userId: UserId; draft: DraftReferences }) {
    return this.answer(({ room }) => room.profiles.fresh(() => room.checkDraft(input.userId, input.draft)));
  }

  /**
   * A page of messages as the caller sees them, in rising order; without bounds the newest messages. Without
   * a scope it has the main stream.
   * @param input `at`: the page begins at the first message from this time (ms) on
   * @returns `hasEarlier`: with `at`, whether there are messages before the page
   */
  page(input: {
    userId: UserId;
    before?: Position;
    after?: Position;
    at?: number;
    limit: number;
    scope?: Scope;
  }): Promise<Result<{ items: Message[]; hasMore: boolean; hasEarlier?: boolean }>> {
    return this.#asReader(input, ({ log, renderer }, member) => {
      const { before = Number.MAX_SAFE_INTEGER, after, at, limit, scope = "main" } = input;
      if (at !== undefined) {
        const { rows, ...more } = messagesFrom(log, at, limit, member, scope);
        return { items: renderer.render(rows, member), ...more };
      }
      const { rows, hasMore } =
        after === undefined
          ? log.before(before, limit, member, scope)
          : log.after(after, limit, member, scope);
      if (input.after === undefined) rows.reverse();
      return { items: renderer.render(rows, member), hasMore };
    });
  }

  /**
   * A page of the messages that changed after a rev.
   * @see changesPage
   */
  changes(input: { userId: UserId } & ChangesRequest) {
    return this.#asReader(input, (room, member) => changesPage(room, member, input));
  }

  /** The newest messages of the main stream before a seq, in rising order, with their message context. */
  pageWithContext(input: { userId: UserId; before?: number; limit: number }) {
    return this.#asReader(input, ({ log, snapshots }, member) => {
      const { before = Number.MAX_SAFE_INTEGER, limit } = input;
      const { rows, hasMore } = log.before(before, limit, member, "main");
      return { ...snapshots.context(rows.reverse(), member), hasMore };
    });
  }

  /**
   * A page of the readable log, and the number of all messages that the caller can read.
   * @see ReadableLog.page
   */
  readablePage(input: { userId: UserId } & ReadableRange) {
    return this.#asReader(input, ({ readable, renderer }, member) => {
      const { rows, hasMore } = readable.page(input, member);
      return { items: renderer.render(rows, member), hasMore, total: readable.count(member) };
    });
  }

  /**
   * A chunk of the messages that the caller can read, or finds, in either order.
   * @param input `historyId`: names a whole history, of which each user reads one at a time; it begins
   *   without `after`
   * @throws `rate_limited` while the caller reads another whole history
   * @see historyChunk
   */
  history(input: { userId: UserId; includeFormer?: boolean; historyId?: string } & HistoryChunkQuery) {
    const { userId, historyId, after } = input;
    return this.#asCostlyReader(input, (room, member, reads) => {
      if (historyId) reads.beginHistory(userId, historyId, after === undefined);
      const chunk = historyChunk(room, member, input);
      if (historyId && chunk.next === null) reads.endHistory(userId, historyId);
      return chunk;
    });
  }

  /** One message. @throws `not_found` unless the caller can see it */
  message(input: { userId: UserId; seq: Seq }) {
    return this.#asReader(input, ({ log, renderer }, member) => {
      const row = log.visible(input.seq, member);
      const [message] = row ? renderer.render([row], member) : [];
      if (!message) throw noMessage(input.seq);
      return message;
    });
  }

  /** A page of the threads that the caller follows. @see Following.list */
  threads(input: { userId: UserId; limit: number; after?: FollowPosition }) {
    return this.#asReader(input, ({ following }, member) => following.list(member, input));
  }

  /** A page of the replies of a thread. @see Following.page */
  threadPage(input: { userId: UserId; root: Seq; before?: Position; after?: Position; limit: number }) {
    return this.#asReader(input, ({ following }, member) => following.page(member, input.root, input));
  }

  /** Has the caller follow a thread. @see Following.follow */
  followThread(input: { userId: UserId; root: Seq }) {
    return this.answer(({ room }) => room.following.follow(input.userId, input.root));
  }

  /** Ends that. @see Following.unfollow */
  unfollowThread(input: { userId: UserId; root: Seq }) {
    return this.#perform((room) => room.following.unfollow(input.userId, input.root));
  }

  /** Moves the caller's read position in a thread. @see Following.read */
  readThread(input: { userId: UserId; root: Seq; seq: Position }) {
    return this.answer(({ room }) => room.following.read(input.userId, input.root, input.seq));
  }

  /** A page of hits, newest first; `nextBefore` is null on the last page. @see MessageSearch.find */
  search(input: { userId: UserId } & SearchQuery) {
    return this.#asCostlyReader(input, ({ search, renderer }, member) => {
      const { rows, next } = search.find(input, member);
      return { items: renderer.render(rows, member), nextBefore: next };
    });
  }

  /**
   * A page of hits before a seq and up to a time (ms), newest first. More may be before the seq
   * `next.before`, not after the time `next.at`; null: nothing is left.
   * @see MessageSearch.find
   */
  searchWithin(input: { userId: UserId; until?: number } & SearchQuery) {
    return this.#asCostlyReader(input, ({ search, renderer, log }, member) => {
      const end = input.until === undefined ? undefined : log.lastUntil(input.until) + 1;
      const before = Math.min(...[input.before, end].filter((bound) => bound !== undefined));
      const { rows, next } = search.find({ ...input, before }, member);
      const at = next === null ? 0 : log.headAt(Position.parse(next - 1)).at;
      return { items: renderer.render(rows, member), next: next === null ? null : { before: next, at } };
    });
  }

  /** The messages with these seqs that the caller may see, for forwards. @see ForwardResolver.messages */
  messages(input: { userId: UserId; seqs: Seq[] }) {
    return this.answer(({ room }) => room.forwards.messages(input.userId, input.seqs));
  }

  /**
   * Those of the messages with these seqs that the caller can see, in this order.
   * @returns `left`: further ones, which the page has no room for
   */
  visibleMessages(input: { userId: UserId; seqs: Seq[] }) {
    return this.#asReader(input, ({ log, renderer }, member) => {
      const visible = log.visibleOf(input.seqs, member);
      const found = input.seqs.flatMap((seq) => visible.get(seq) ?? []);
      const { rows } = log.cut(found, found.length);
      const left = found.slice(rows.length).map(({ seq }) => seq);
      return { items: renderer.render(rows, member), left };
    });
  }

  /** The messages that name the caller, newest first. @see MentionPages.find */
  mentionPage(input: { userId: UserId } & MentionRange): Promise<Result<MentionPage>> {
    return this.answer(({ room }) => {
      room.flushSends();
      const member = room.members.active(input.userId);
      return room.mentions.find(input, member, (...message) => room.snapshots.isUnread(member, ...message));
    });
  }

  /** Adds a reaction to a message. @see Reactions.add */
  react(input: ReactionInput) {
    return this.answer(({ room }) => room.reactions.add(input));
  }

  /** Takes a reaction to a message back. @see Reactions.remove */
  unreact(input: ReactionInput) {
    return this.answer(({ room }) => room.reactions.remove(input));
  }

  /** A page of the users who reacted to a message with a key. @see Reactions.page */
  reactors(input: { userId: UserId; seq: Seq; key: ReactionKey; after: number; limit: number }) {
    return this.#asReader(input, ({ reactions }, member) =>
      reactions.page(member, input.seq, input.key, input),
    );
  }

  /** Revokes a message for everybody. @see Redaction.revoke */
  revoke(input: { userId: UserId; seq: Seq }) {
    return this.#perform((room) => room.redaction.revoke(input.userId, input.seq));
  }

  /**
   * Revokes a message within a time in seconds.
   * @returns the revoked message in context
   * @see Redaction.revoke
   */
  revokeWithin(input: { userId: UserId; seq: Seq; withinS: number }) {
    return this.answer(async ({ room }) => {
      const { userId, seq, withinS } = input;
      await atPath(room.state.profile.kind, () => room.redaction.revoke(userId, seq, withinS));
      // The caller may have been removed during the wait. The revoke is done, so they still get the answer.
      const member = room.members.known(userId);
      // The caller may have hidden the message.
      const row = room.log.get(seq);
      if (!row) throw noMessage(seq);
      return room.snapshots.context([row], member);
    });
  }

  /** Pins a message for all members. @see Pinning.pin */
  pin(input: { userId: UserId; seq: Seq }) {
    return this.#perform((room) => room.pinning.pin(input.userId, input.seq));
  }

  /** Unpins a message. @see Pinning.unpin */
  unpin(input: { userId: UserId; seq: Seq }) {
    return this.#perform((room) => room.pinning.unpin(input.userId, input.seq));
  }

  /** The pinned messages that the caller may see, the one that was pinned last first. */
  pins(input: { userId: UserId }) {
    return this.#asReader(input, ({ log, renderer }, member) =>
      renderer.render(log.pins.visibleTo(member), member),
    );
  }

  /** Edits a message of the caller. @see Editing.edit */
  editMessage(input: { userId: UserId; seq: Seq } & MessageEdit) {
    const { userId, seq, ...edit } = input;
    return this.answer(({ room }) => room.editing.edit(userId, seq, edit));
  }

  /** What a message said before it was edited, newest first. @see Editing.formerVersions */
  formerVersions(input: { userId: UserId; seq: Seq }) {
    return this.#asReader(input, ({ editing }, member) => editing.formerVersions(member, input.seq));
  }

  /** Replaces the caller's votes in a poll. @see Polls.vote */
  vote(input: VoteInput) {
    return this.answer(({ room }) => room.polls.vote(input));
  }

  /** Closes a poll. @see Polls.close */
  closePoll(input: { userId: UserId; seq: Seq }) {
    return this.answer(({ room }) => room.polls.close(input.userId, input.seq));
  }

  /** A page of the users who voted for an option of a poll. @see Polls.voters */
  voters(input: { userId: UserId; seq: Seq; option: number; after: number; limit: number }) {
    return this.#asReader(input, ({ polls }, member) => polls.voters(member, input.seq, input.option, input));
  }

  /** Hides a message from the caller. @see Redaction.hide */
  hide(input: { userId: UserId; seq: Seq }) {
    return this.#perform((room) => room.redaction.hide(input.userId, input.seq));
  }

  /**
   * Deletes the conversation for the caller; `keepsHistory`: only from their list.
   * @see ReadPositions.deleteForMe
   */
  deleteForMe(input: { userId: UserId; keepsHistory?: boolean }) {
    return this.#perform((room) => room.readPositions.deleteForMe(input.userId, input.keepsHistory !== true));
  }

  /**
   * Moves the caller's read position forward; without a seq, to the last message.
   * @returns the read position, what is unread, and how many countable messages became read
   * @see ReadPositions.read
   */
  read(input: { userId: UserId; seq?: Position }) {
    return this.answer(async ({ room }) => {
      room.flushSends();
      const before = room.members.find(input.userId);
      const countBefore = before ? room.snapshots.countUnread(before) : 0;
      const member = room.readPositions.read(input.userId, input.seq, null);
      const marked = countBefore - room.snapshots.countUnread(member);
      const { readSeq, unreadCount, unreadFrom } = room.snapshots.readState(member);
      await room.readPositions.updateViewers(input.userId);
      return { readSeq, unreadCount, unreadFrom, marked };
    });
  }

  /**
   * Marks a message and the later ones unread for the caller.
   * @returns the read position, and what is unread
   * @see ReadPositions.markUnread
   */
  markUnread(input: { userId: UserId; seq: Seq }) {
    return this.answer(async ({ room }) => {
      const member = room.readPositions.markUnread(input.userId, input.seq);
      const { readSeq, unreadCount, unreadFrom } = room.snapshots.readState(member);
      await room.readPositions.updateViewers(input.userId);
      return { readSeq, unreadCount, unreadFrom };
    });
  }

  /** Starts or ends ignore unread for the caller. @see ReadPositions.setIgnoreUnread */
  setIgnoreUnread(input: { userId: UserId; ignoresUnread: boolean }) {
    return this.#perform((room) => room.readPositions.setIgnoreUnread(input.userId, input.ignoresUnread));
  }

  /** Opens a channel for further calls, until its caller closes it. @see CallChannels */
  openCalls(): ConversationCalls {
    return new ConversationCalls(this);
  }

  /** Stores the drafts of a device of the caller. @see DeviceCalls.sends */
  sendFromDevice(input: DeviceSendRequest, take: TakeSendResult) {
    return this.answer(({ room }) => room.devices.sends(input, take));
  }

  /** Notifies the other members that the caller is typing. */
  typing(input: { userId: UserId }) {
    return this.#perform((room) => room.typing(input.userId));
  }

  /** A page of what the caller's devices lack after a position. @see DeviceCalls.replay */
  replay(input: ReplayRequest) {
    return this.answer(({ room }) => room.profiles.fresh(() => room.devices.replay(input)));
  }

  /** Subscribes the caller's inbox, and returns the newest update. @see DeviceCalls.subscribe */
  subscribe(input: SubscribeRequest) {
    return this.answer(({ room }) => room.devices.subscribe(input));
  }

  /**
   * Notes that the caller writes a composer draft under this client message id. Idempotent.
   * @see Room.openComposer
   */
  openComposer(input: { userId: UserId; clientMsgId: string | undefined }) {
    return this.answer(({ room }) => room.openComposer(input.userId, input.clientMsgId));
  }

  /**
   * The newest update for an inbox, without the fan-out.
   * @throws `not_found` for a user who was never a member
   */
  snapshot(input: { userId: UserId }) {
    return this.answer(({ room }) => room.snapshot(input.userId));
  }

  /** The newest update for an inbox under list repair. @see DeviceCalls.snapshotForRepair */
  snapshotForRepair(input: { userId: UserId; hasDevices: boolean }) {
    return this.answer(({ room }) => room.devices.snapshotForRepair(input));
  }

  /** The read position of each member. @see ReadPositions.receipts */
  receipts(input: { userId: UserId }) {
    return this.answer(({ room }) => room.readPositions.receipts(input.userId));
  }

  /** The conversation as the caller sees it. @see MemberSnapshots.describe */
  describe(input: { userId: UserId }) {
    return this.answer(({ room }) =>
      room.profiles.fresh(() => {
        room.flushSends();
        return room.snapshots.describe(input.userId);
      }),
    );
  }

  /** The group as users see it who are not in it. @see GroupOutlines.find */
  outline(input: { userId: UserId }) {
    return this.answer(({ room }) => room.outlines.find(input.userId));
  }

  /**
   * Announces a change of the direct permission in D1. Idempotent by token.
   * @see DirectPermission.announce
   */
  announceDirectPermission(input: { token: string }) {
    return this.#perform((room) => room.directPermission.announce(input.token));
  }

  /**
   * Ends an announced change: reads the direct permission from D1. Idempotent.
   * @see DirectPermission.confirm
   */
  confirmDirectPermission(input: { token: string }) {
    return this.#perform((room) => room.directPermission.confirm(input.token));
  }

  /** A page of members. @see MemberList.page */
  members(input: { userId: UserId } & MemberRange) {
    return this.answer(({ room }) => room.memberList.page(input.userId, input));
  }

  /** The memberships of these users; users who are no members are missing. @see MemberList.byIds */
  membersByIds(input: { userId: UserId; targetIds: UserId[] }) {
    return this.answer(({ room }) => room.memberList.byIds(input.userId, input.targetIds));
  }

  /** Changes the group's profile. @see GroupChanges.edit */
  edit(input: { userId: UserId; change: GroupProfileChange }) {
    return this.#changeGroup(input, ({ group }) => group.edit(input.userId, input.change));
  }

  /** Adds users, all or none. @returns their memberships @see Joining.add */
  add(input: { userId: UserId; people: Person[] }) {
    return this.answer(async ({ room }) => {
      const added = room.joining.add(input.userId, input.people);
      const ids = input.people.map(({ id }) => id);
      // Read before the wait: the caller may be removed during it.
      const memberships = room.memberList.byIds(input.userId, ids);
      await room.propagate([input.userId, ...added]);
      return memberships;
    });
  }

  /** Adds as many of these users as there is room for. @returns the outcome for each @see Joining.addEach */
  addEach(input: { userId: UserId; people: Person[]; blockedIds: UserId[] }) {
    return this.answer(async ({ room }) => {
      const outcome = room.joining.addEach(input.userId, input.people, input.blockedIds);
      await room.propagate([input.userId, ...outcome.added]);
      // The write to D1 removes users whose accounts were deleted meanwhile.
      return { ...outcome, added: outcome.added.filter((id) => room.profiles.has(id)) };
    });
  }

  /**
   * Joins, or stores a join request. The state `gone`: the account was deleted meanwhile.
   * @see Joining.join
   */
  join(input: { person: Person; message: string }) {
    return this.#join(input, ({ joining }) => joining.join(input.person, input.message));
  }

  /** A page of the open join requests. @see Joining.listRequests */
  joinRequests(input: { userId: UserId; limit: number; after: number }) {
    return this.answer(({ room }) => room.joining.listRequests(input.userId, input));
  }

  /** Withdraws the caller's open join request, if there is one. Idempotent. @see Joining.withdraw */
  withdrawJoinRequest(input: { userId: UserId }) {
    return this.#perform((room) => {
      room.joining.withdraw(input.userId);
      return room.propagate([]);
    });
  }

  /** Accepts or rejects a join request. @see Joining.decide */
  decideJoinRequest(input: { userId: UserId } & JoinDecision) {
    return this.#changeGroup(input, ({ joining }) => joining.decide(input.userId, input));
  }

  /** Ends the caller's membership. @see GroupChanges.leave */
  leave(input: { userId: UserId }) {
    return this.#changeGroup(input, ({ group }) => group.leave(input.userId));
  }

  /** Removes members. @see GroupChanges.remove */
  remove(input: { userId: UserId; targetIds: UserId[]; reason?: string }) {
    return this.#changeGroup(input, ({ group }) => group.remove(input.userId, input.targetIds, input.reason));
  }

  /** Bans a user, who is removed if they are a member. @see Banning.ban */
  ban(input: { userId: UserId } & BanInput) {
    return this.#changeGroup(input, ({ banning }) => banning.ban(input.userId, input));
  }

  /** Lifts the ban of a user. @see Banning.lift */
  liftBan(input: { userId: UserId; targetId: UserId; hasAccount: boolean }) {
    return this.#perform(({ banning }) => banning.lift(input.userId, input));
  }

  /** A page of the bans. @see Banning.list */
  bans(input: { userId: UserId; limit: number; after: number }) {
    return this.answer(({ room }) => room.banning.list(input.userId, input));
  }

  /** Makes an invitation. @see Inviting.create */
  createInvitation(input: { userId: UserId } & InvitationTerms) {
    return this.answer(({ room }) => room.inviting.create(input.userId, input));
  }

  /** A page of the open invitations. @see Inviting.list */
  invitations(input: { userId: UserId; limit: number; after: number }) {
    return this.answer(({ room }) => room.inviting.list(input.userId, input));
  }

  /** Withdraws an invitation. @returns whether there was one @see Inviting.withdraw */
  withdrawInvitation(input: { userId: UserId; code: string }) {
    return this.answer(({ room }) => room.inviting.withdraw(input.userId, input.code));
  }

  /** The group as an invitation shows it. @see Inviting.look */
  lookAtInvitation(input: { userId: UserId; code: InvitationCode }) {
    return this.answer(({ room }) => room.inviting.look(input.userId, input.code));
  }

  /** Joins by an invitation. The state `gone`: see `join`. @see Joining.accept */
  acceptInvitation(input: { person: Person; code: InvitationCode }) {
    return this.#join(input, ({ joining }) => joining.accept(input.person, input.code));
  }

  /**
   * Changes a member's role, mute, name card or custom fields.
   * @returns the membership
   * @see GroupChanges.change
   */
  changeMember(input: { userId: UserId; targetId: UserId; change: MemberEdit }) {
    return this.answer(async ({ room }) => {
      const { userId, targetId, change } = input;
      const concerned = room.group.change(userId, targetId, change);
      const memberships = room.memberList.byIds(userId, [targetId]);
      await room.propagate([userId, ...concerned]);
      return memberships;
    });
  }

  /** Makes another member the owner. @see GroupChanges.handOver */
  handOver(input: { userId: UserId; successorId: UserId }) {
    return this.#changeGroup(input, ({ group }) => group.handOver(input.userId, input.successorId));
  }

  /** Dissolves the group for everybody. @see GroupChanges.dissolve */
  dissolve(input: { userId: UserId }) {
    return this.#changeGroup(input, ({ group }) => group.dissolve(input.userId));
  }

  /** Pushes a conversation update to all the caller's sockets, after a change of their own flags in D1. */
  pushConversation(input: { userId: UserId }) {
    return this.#perform((room) => room.pushConversation([input.userId]));
  }

  /**
   * Takes a new profile of a user, and tells the members of it. Ignored where the conversation has no copy,
   * or a newer one. Idempotent.
   * @see ProfileCache.learn
   */
  async takeProfile(input: { profile: VersionedPerson }): Promise<Result<null>> {
    if (!this.exists) return { ok: true, value: null };
    return this.#perform((room) => room.profiles.learn(input.profile));
  }

  /**
   * Removes a user whose account was deleted, and writes that to D1, now or by a job. Idempotent.
   * @see removeDeletedUser
   */
  removeDeleted(input: { userId: UserId }) {
    return this.#perform((room) => {
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

  /** @returns the sessions among these that have a socket open here, or being opened */
  openSessions(input: { sessionIds: SessionId[] }) {
    return this.answer(({ registrations, sockets }) =>
      input.sessionIds.filter((id) => sockets.hasSession(id) || registrations.isOpening(id)),
    );
  }

  /** Reads for a member. @see readAs */
  #asReader<T>(input: ReaderInput, read: (room: Room, member: MemberRow) => T): Promise<Result<T>> {
    return this.answer(({ room }) => readAs(room, input, (member) => read(room, member)));
  }

  /** The same for reads that take long. @see CostlyReads @throws `rate_limited` if too many wait */
  #asCostlyReader<T>(
    input: ReaderInput,
    read: (room: Room, member: MemberRow, reads: CostlyReads) => T,
  ): Promise<Result<T>> {
    return this.answer(({ room, reads }) =>
      reads.run(input.userId, () => readAs(room, input, (member) => read(room, member, reads))),
    );
  }

  /** Runs work that has no result. */
  #perform(work: (room: Room) => unknown): Promise<Result<null>> {
    return this.answer(async ({ room }) => {
      await work(room);
      return null;
    });
  }

  /** Has a user join, and waits for one try to write that to D1 and to their list. */
  #join({ person }: { person: Person }, work: (room: Room) => { state: JoinState; changed: UserId[] }) {
    return this.answer(async ({ room }) => {
      const { changed, state } = work(room);
      await room.propagate(changed);
      // The write to D1 removes a user whose account was deleted meanwhile.
      return { state: room.profiles.has(person.id) ? state : ("gone" as const) };
    });
  }

  /** Makes a change, then one awaited try to write it to D1, and to the inboxes of the users it concerns. */
  #changeGroup(input: { userId: UserId }, work: (room: Room) => UserId[]): Promise<Result<null>> {
    return this.#perform((room) => room.propagate([input.userId, ...work(room)]));
  }
}
