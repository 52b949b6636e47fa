import type { Person } from "../../domain/accounts/person.ts";
import { capacityOf, showsHistory } from "../../domain/conversations/group-policies.ts";
import type { InvitationCode } from "../../domain/conversations/invitation.ts";
import { CoreError, refusedFor } from "../../domain/errors.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import type { MemberRow } from "../members/member-row.ts";
import { NO_MARK } from "../members/unread-mark.ts";
import type { RoomContext } from "../room/context.ts";
import { withNewVersion } from "../state/group-change.ts";
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
    const { last } = this.#room.log;
    const now = Date.now();
    const members = ids.map((id) => {
      const row = this.#room.members.find(id) ?? blankRow(id);
      return withNewVersion(row, {
        role: "member",
        state: "active",
        joined_at: now,
        visible_from: Position.parse(showsHistory(this.#room.state.profile) ? 0 : last.seq),
        visible_until: null,
        came_after: last.seq,
        // After the system message about the joining, so it is not unread.
        read_seq: Position.parse(last.seq + 1),
        read_n: last.n,
        read_at: 0,
        name_card: "",
        cleared: 0,
        ...NO_MARK,
        ignores_unread: 0,
        devices: null,
        custom_fields: "{}",
      });
    });
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

  /** @throws `forbidden`, naming the first banned user */
  requireNoBans(actorId: UserId, ids: UserId[]): void {
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

/** The row of a user who was never a member, before they are admitted. */
export function blankRow(user_id: UserId): MemberRow {
  const zero = Position.parse(0);
  const positions = {
    visible_from: zero,
    read_seq: zero,
    read_n: 0,
    read_at: 0,
    ...NO_MARK,
    touched: 0,
    muted_until: 0,
  };
  const versions = {
    name_card: "",
    visible_until: null,
    cleared: 0,
    left_ver: null,
    leaving: 0,
    version: 0,
    projected: 0,
  };
  const defaults = {
    devices: null,
    came_after: zero,
    cleared_to: zero,
    ignores_unread: 0,
    custom_fields: "{}",
  };
  const start = { role: "member", state: "left", joined_at: 0, unopened: 0 } as const;
  const composer = { composer_id: null, sent_composer: null };
  return { user_id, ...start, ...composer, ...defaults, ...positions, ...versions };
}
