import type { Person } from "../../domain/accounts/person.ts";
import { capacityOf } from "../../domain/conversations/group-policies.ts";
import type { InvitationCode } from "../../domain/conversations/invitation.ts";
import { CoreError, refusedFor } from "../../domain/errors.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import type { RoomContext } from "../room/context.ts";
import { joinedRow } from "../viewers/joined-row.ts";
import { type NotificationInput, notificationOf } from "./notifications.ts";

/** How added users are admitted. */
export const ADDED = { notification: { event: "added" } } as const;

/** The end of all ways into a group: it admits users, where there is room, and keeps banned users out. */
export class Admission {
  readonly #room: RoomContext;
  readonly #maxGroupMembers: number;

  /** @param maxGroupMembers the setting `MAX_GROUP_MEMBERS` */
  constructor(room: RoomContext, maxGroupMembers: number) {
    this.#room = room;
    this.#maxGroupMembers = maxGroupMembers;
  }

  /**
   * Makes users members, and closes their join requests.
   * @param how `notification` goes to them, unless they joined by themselves; `invitation` is used by it
   * @returns the users
   * @throws `group_full`, `full`, `forbidden` for a banned user: nobody is admitted then
   */
  admit(
    actorId: UserId,
    people: Person[],
    how: {
      notification?: Pick<NotificationInput, "event" | "message" | "joinRequest">;
      invitation?: InvitationCode;
    } = {},
  ): UserId[] {
    const ids = people.map(({ id }) => id);
    this.requireNoBans(actorId, ids);
    this.requireRoomFor(people.length);
    this.#room.space.require();
    const now = Date.now();
    // After the system message about the joining, so it is not unread.
    const read_seq = Position.parse(this.#room.log.last.seq + 1);
    const members = ids.map((id) => ({ ...joinedRow(this.#room, id, now), read_seq }));
    const { notification, invitation } = how;
    this.#room.commit((tx) => {
      this.#room.joinRequests.close(ids, actorId, notification?.joinRequest ? true : null, now);
      if (invitation !== undefined) this.#room.invitations.use(invitation);
      this.#room.change(tx, {
        members,
        profiles: people,
        systemMessage: { event: "joined", actor_id: actorId, user_ids: ids },
        ...(notification && {
          notifications: [notificationOf(this.#room.state, { ...notification, actorId, to: ids })],
        }),
      });
    });
    return ids;
  }

  /** @throws `conflict` in a channel, which its space lets users into */
  requireNoChannel(): void {
    if (this.#room.readers)
      throw new CoreError("conflict", "This is a channel of a space: who is in the space can read it.");
  }

  /** @throws as `requireNoChannel`; `forbidden`, naming the first banned user */
  requireNoBans(actorId: UserId, ids: UserId[]): void {
    this.requireNoChannel();
    const banned = new Set(this.#room.bans.among(ids));
    const id = ids.find((one) => banned.has(one));
    if (id === undefined) return;
    if (id === actorId) throw refusedFor("banned", "You are banned from this group.");
    throw refusedFor("banned", `User ${id} is banned from this group: lift the ban first.`);
  }

  /** @throws `group_full` */
  requireRoomFor(newcomers: number): void {
    if (newcomers > this.freePlaces) throw this.fullness();
  }

  /** The refusal of a user for whom the group has no room. */
  fullness(): CoreError {
    return new CoreError("group_full", `This group takes ${this.#capacity} members at most.`);
  }

  /** The number of users whom the group has room for. */
  get freePlaces(): number {
    return Math.max(0, this.#capacity - this.#room.members.activeCount);
  }

  get #capacity(): number {
    return capacityOf(this.#room.state.profile, this.#maxGroupMembers);
  }
}
