import { noMessage, type Result } from "../core/errors.ts";
import type { Position, Seq, SessionId, UserId } from "../core/ids.ts";
import type { AnyDraft, Person } from "../core/message.ts";
import { answer } from "../object/stub.ts";
import { farewell } from "./farewell.ts";
import type { MemberChange, ProfileChange } from "./group.ts";
import { ConversationLife } from "./life.ts";
import type { Room } from "./room.ts";
import type { MemberPosition } from "./roster.ts";
import type { Wanted } from "./search.ts";

/**
 * One conversation: its order, its members, their read positions, its sockets. These are its calls: each
 * takes one object, ignores what it does not know of it, and answers what it refuses as data.
 */
export abstract class ConversationObject extends ConversationLife {
  /**
   * Sees to it that the conversation, which D1 has, is in the lists of its first members, in that of
   * `userId`, who opens it, before this resolves. Idempotent.
   */
  init(input: { userId: UserId }): Promise<Result<null>> {
    return this.answer(async ({ room }) => {
      await room.tellAll(input.userId);
      return null;
    });
  }

  /** Stores a message. @see Room.send */
  async send(input: { userId: UserId; draft: AnyDraft }): ReturnType<Room["send"]> {
    const ready = await answer(() => this.ready());
    return ready.ok ? ready.value.room.send(input.userId, input.draft) : ready;
  }

  /** A page of messages as the caller sees them, in rising order; without bounds the newest. */
  page(input: { userId: UserId; before?: Position; after?: Position; limit: number }) {
    return this.answer(async ({ room }) => {
      await room.people.refreshed();
      room.settle();
      const member = room.members.active(input.userId);
      const { rows, hasMore } =
        input.after === undefined
          ? room.log.before(input.before ?? Number.MAX_SAFE_INTEGER, input.limit, member)
          : room.log.after(input.after, input.limit, member);
      if (input.after === undefined) rows.reverse();
      return { items: room.view.for(rows, member), hasMore };
    });
  }

  /** One message. @throws `not_found` */
  message(input: { userId: UserId; seq: Seq }) {
    return this.answer(async ({ room }) => {
      await room.people.refreshed();
      room.settle();
      const member = room.members.active(input.userId);
      const row = room.log.visible(input.seq, member);
      const [message] = row ? room.view.for([row], member) : [];
      if (!message) throw noMessage(input.seq);
      return message;
    });
  }

  /** A page of what the caller finds, the newest first; `nextBefore` is null at the end. @see Search.find */
  search(input: { userId: UserId } & Wanted) {
    return this.answer(async ({ room }) => {
      await room.people.refreshed();
      room.settle();
      const member = room.members.active(input.userId);
      const { rows, nextBefore } = room.search.find(input, member);
      return { items: room.view.for(rows, member), nextBefore };
    });
  }

  /** Those of these messages which the caller may see. @see Copies.messages */
  messages(input: { userId: UserId; seqs: Seq[] }) {
    return this.answer(({ room }) => room.copies.messages(input.userId, input.seqs));
  }

  /** Takes a message back for everyone. @see Erasure.revoke */
  revoke(input: { userId: UserId; seq: Seq }) {
    return this.answer(async ({ room }) => {
      await room.erasure.revoke(input.userId, input.seq);
      return null;
    });
  }

  /** Takes a message out of the caller's sight. @see Erasure.hide */
  hide(input: { userId: UserId; seq: Seq }) {
    return this.answer(async ({ room }) => {
      await room.erasure.hide(input.userId, input.seq);
      return null;
    });
  }

  /** Deletes the conversation for the caller alone. @see Erasure.clear */
  clear(input: { userId: UserId }) {
    return this.answer(async ({ room }) => {
      await room.erasure.clear(input.userId);
      return null;
    });
  }

  /** Moves the caller's read position forward. @see Room.read */
  read(input: { userId: UserId; seq: Position }) {
    return this.answer(async ({ room }) => {
      const member = room.read(input.userId, input.seq, null);
      const { readSeq, unreadCount } = room.snapshots.standing(member);
      await room.tell([input.userId]);
      return { readSeq, unreadCount };
    });
  }

  /** The newest snapshot for a member's inbox, which does not wait for its turn in the fan-out. */
  snapshot(input: { userId: UserId }) {
    return this.answer(({ room }) => room.snapshot(input.userId));
  }

  /** How far each member has read. */
  receipts(input: { userId: UserId }) {
    return this.answer(({ room }) => room.receipts(input.userId));
  }

  /** The conversation as the caller sees it. @see Room.describe */
  describe(input: { userId: UserId }) {
    return this.answer(async ({ room }) => {
      await room.people.refreshed();
      room.settle();
      return room.describe(input.userId);
    });
  }

  /** Announces a change in D1 of whether its two may write. Idempotent by token. @see DirectFlags.changing */
  flagsChanging(input: { token: string }) {
    return this.answer(({ room }) => {
      room.flags.changing(input.token);
      return null;
    });
  }

  /** The change is done: takes over what D1 says. Idempotent. @see DirectFlags.changed */
  refreshFlags(input: { token: string }) {
    return this.answer(async ({ room }) => {
      await room.flags.changed(input.token);
      return null;
    });
  }

  /** A page of members. @see Roster.page */
  members(input: { userId: UserId; limit: number; after?: MemberPosition }) {
    return this.answer(({ room }) => room.roster.page(input.userId, input));
  }

  /** Changes the group's profile. @see Group.edit */
  edit(input: { userId: UserId; change: ProfileChange }) {
    return this.#shared(input, ({ group }) => group.edit(input.userId, input.change));
  }

  /** Adds people. @returns their memberships @see Joining.add */
  add(input: { userId: UserId; people: Person[] }) {
    return this.answer(async ({ room }) => {
      const added = room.joining.add(input.userId, input.people);
      const ids = input.people.map(({ id }) => id);
      // Before the wait, in which the caller may be removed himself.
      const named = room.roster.named(input.userId, ids);
      await room.share([input.userId, ...added]);
      return named;
    });
  }

  /** Joins, or asks to be let in; `gone`: his account was deleted meanwhile. @see Joining.join */
  join(input: { person: Person; message: string }) {
    return this.answer(async ({ room }) => {
      const { changed, state } = room.joining.join(input.person, input.message);
      await room.share(changed);
      // D1 may have said that he has no account any more.
      return { state: room.people.knows(input.person.id) ? state : ("gone" as const) };
    });
  }

  /** Who asks to be let in. @see Joining.applications */
  applications(input: { userId: UserId; limit: number; after: number }) {
    return this.answer(({ room }) => room.joining.applications(input.userId, input));
  }

  /** Lets somebody in, or not. @see Joining.handle */
  handle(input: { userId: UserId; applicationId: number; accept: boolean }) {
    return this.#shared(input, ({ joining }) =>
      joining.handle(input.userId, input.applicationId, input.accept),
    );
  }

  /** Leaves. @see Group.leave */
  leave(input: { userId: UserId }) {
    return this.#shared(input, ({ group }) => group.leave(input.userId));
  }

  /** Removes members. @see Group.remove */
  remove(input: { userId: UserId; targetIds: UserId[] }) {
    return this.#shared(input, ({ group }) => group.remove(input.userId, input.targetIds));
  }

  /** Changes a member's role, mute or name card. @returns his membership @see Group.change */
  changeMember(input: { userId: UserId; targetId: UserId; change: MemberChange }) {
    return this.answer(async ({ room }) => {
      const { userId, targetId, change } = input;
      const concerned = room.group.change(userId, targetId, change);
      const named = room.roster.named(userId, [targetId]);
      await room.share([userId, ...concerned]);
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

  /** Tells the caller's sockets what the conversation is like for him now: his own flags have changed. */
  announce(input: { userId: UserId }) {
    return this.answer(({ sockets }) => {
      sockets.announce([input.userId]);
      return null;
    });
  }

  /** Takes out who has no account any more; D1 is told, now or by a job. Idempotent. @see farewell */
  removeDeleted(input: { userId: UserId }) {
    return this.answer(async ({ room }) => {
      farewell(room, input.userId);
      await room.share([]);
      return null;
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

  /** A change, then one try to tell D1 and the inboxes of whom it concerns. */
  #shared(input: { userId: UserId }, work: (room: Room) => UserId[]): Promise<Result<null>> {
    return this.answer(async ({ room }) => {
      await room.share([input.userId, ...work(room)]);
      return null;
    });
  }
}
