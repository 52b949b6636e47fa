import type { Position, Seq } from "../../domain/ids.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS, weightOfBytes } from "../../object/user-budgets.ts";
import type { OnlineDraft } from "../online/online-messages.ts";
import type { FollowedPage } from "../threads/following.ts";
import {
  type Caller,
  type Looker,
  memberRead,
  type OnMessage,
  once,
  readerOf,
  repeatable,
  takingPart,
} from "./call.ts";

const { light, page, unweighed } = WEIGHTS;

/** A call that concerns one thread. */
interface OnThread extends Caller {
  root: Seq;
}

/** The calls that concern what one member has read, follows and wants of the conversation. */
export const OWN_STATE = {
  /** A page of the threads that the caller follows. @see Following.list */
  threads: memberRead(page, ({ following }, member, input: Caller & FollowedPage) =>
    following.list(member, input),
  ),

  /** A page of the replies of a thread. @see Following.page */
  threadPage: memberRead(
    page,
    ({ following }, member, input: OnThread & { before?: Position; after?: Position; limit: number }) =>
      following.page(member, input.root, input),
  ),

  /** Has the caller follow a thread. @see Following.follow */
  followThread: repeatable(
    light,
    takingPart(({ room }, { userId, root }: OnThread) => room.following.follow(userId, root)),
  ),

  /** Ends that. @see Following.unfollow */
  unfollowThread: effect(
    repeatable(light, ({ room }, { userId, root }: OnThread) => room.following.unfollow(userId, root)),
  ),

  /** Moves the caller's read position in a thread. @see Following.read */
  readThread: repeatable(
    light,
    takingPart(({ room }, { userId, root, seq }: OnThread & { seq: Position }) =>
      room.following.read(userId, root, seq),
    ),
  ),

  /**
   * Moves the caller's read position forward; without a seq, to the last message.
   * @returns the read position, what is unread, and how many countable messages became read
   * @see ReadPositions.read
   */
  read: repeatable(light, async ({ room }, { userId, seq }: Caller & { seq?: Position }) => {
    room.flushSends();
    const before = room.members.find(userId);
    const countBefore = before ? room.snapshots.countUnread(before) : 0;
    const member = room.readPositions.read(userId, seq, null);
    const marked = countBefore - room.snapshots.countUnread(member);
    const { readSeq, unreadCount, unreadFrom } = room.snapshots.readState(member);
    await room.readPositions.updateViewers(userId);
    return { readSeq, unreadCount, unreadFrom, marked };
  }),

  /**
   * Marks a message and the later ones unread for the caller.
   * @returns the read position, and what is unread
   * @see ReadPositions.markUnread
   */
  markUnread: repeatable(page, async ({ room }, { userId, seq }: OnMessage) => {
    const member = room.readPositions.markUnread(userId, seq);
    const { readSeq, unreadCount, unreadFrom } = room.snapshots.readState(member);
    await room.readPositions.updateViewers(userId);
    return { readSeq, unreadCount, unreadFrom };
  }),

  /** Starts or ends ignore unread for the caller. @see ReadPositions.setIgnoreUnread */
  setIgnoreUnread: effect(
    repeatable(light, ({ room }, { userId, ignoresUnread }: Caller & { ignoresUnread: boolean }) =>
      room.readPositions.setIgnoreUnread(userId, ignoresUnread),
    ),
  ),

  /** The read position of each member. @see ReadPositions.receipts */
  receipts: repeatable(page, ({ room }, { userId }: Caller) => room.readPositions.receipts(userId)),

  /**
   * Deletes the conversation for the caller. Their visible history begins after the last message, everything
   * before counts as read, and the conversation leaves their list. A new message, also the caller's own, or
   * opening it again restores it with the messages since. The other members keep everything. Idempotent.
   * @param input `keepsHistory`: it only leaves the caller's list; `staysListed`: it stays there, empty
   * @see ReadPositions.deleteForMe
   */
  deleteForMe: effect(
    repeatable(light, ({ room }, input: Caller & { keepsHistory?: boolean; staysListed?: boolean }) =>
      room.readPositions.deleteForMe(input.userId, input.keepsHistory !== true, input.staysListed === true),
    ),
  ),

  /** Shows the others who are online a message that nothing stores. @see OnlineMessages.show */
  showOnline: once(
    ({ draft }: { draft: OnlineDraft }) =>
      light + weightOfBytes(draft.body.length + (draft.customData?.length ?? 0)),
    takingPart(({ room }, { userId, draft }: Caller & { draft: OnlineDraft }) =>
      room.onlineMessages.show(userId, draft),
    ),
  ),

  /** Notifies the other members that the caller is typing. */
  typing: effect(repeatable(light, ({ room }, { userId }: Caller) => room.typing.show(userId))),

  /**
   * The conversation as the caller sees it, and whether they look without being a member.
   * @param caller `countsViewers`: they want to know how many users look at a crowd or an audience room
   * @see MemberSnapshots.describe
   */
  describe: repeatable(
    unweighed,
    async ({ room, viewerCount }, caller: Looker & { countsViewers?: boolean }) => {
      const { members, viewers, snapshots } = room;
      const isCounted = caller.countsViewers && (members.isCrowd || viewers.isAudienceRoom);
      readerOf(room, caller);
      const count = isCounted ? { viewerCount: await viewerCount.find() } : {};
      return room.profiles.fresh(() => {
        room.flushSends();
        const isViewer = !members.isActive(caller.userId);
        return { ...snapshots.describe(readerOf(room, caller)), isViewer, ...count };
      });
    },
  ),

  /**
   * Sends a conversation update to all the caller's sockets, after a change of their own flags in D1. Phones
   * get no push of it: the call keeps its name, as objects of two releases call each other.
   */
  pushConversation: effect(
    repeatable(unweighed, ({ room }, { userId }: Caller) => room.conversationUpdates.send([userId])),
  ),
};
