import type { Person } from "../../domain/accounts/person.ts";
import { CoreError, noUser } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { BanRow } from "../members/bans.ts";
import type { RoomContext } from "../room/context.ts";
import { removal } from "./group.ts";
import { type NotificationInput, notificationOf } from "./notifications.ts";
import { Permissions } from "./permissions.ts";

/** The user of a ban, and its reason. */
export interface BanInput {
  targetId: UserId;
  /** the profile of `targetId`; null: they have no account */
  person: Person | null;
  /** goes to the user with the notification */
  reason: string;
}

/**
 * Bans users from a group, and lifts bans. Who may remove members may do both. `Admission` keeps banned
 * users out.
 */
export class Banning {
  readonly #room: RoomContext;
  readonly #permissions: Permissions;

  constructor(room: RoomContext) {
    this.#room = room;
    this.#permissions = new Permissions(room);
  }

  /**
   * Bans a user. In the same transaction a member is removed, and an open join request is rejected. A
   * repeated ban only changes the reason.
   * @returns the users whom the change concerns
   * @throws `not_found`, also for a user without an account; `forbidden`; `conflict` for too many bans
   */
  ban(actorId: UserId, { targetId, person, reason }: BanInput): UserId[] {
    const actor = this.#permissions.begin(actorId);
    this.#permissions.require(actor, "remove", "ban users");
    const member = this.#room.members.findActive(targetId);
    if (member) this.#permissions.requireOver(actor, member);
    else if (!person) throw noUser(targetId);
    const isRepeated = this.#room.bans.among([targetId]).length > 0;
    if (!isRepeated && this.#room.bans.count >= LIMITS.bans) {
      throw new CoreError("conflict", `A group has at most ${LIMITS.bans} bans: lift another one first.`);
    }
    const now = Date.now();
    const joinRequest = this.#room.joinRequests.openOf(targetId);
    const rejected: NotificationInput = {
      ...{ event: "rejected", actorId, to: [targetId] },
      ...{ message: reason, joinRequest },
    };
    const notifications = joinRequest ? [notificationOf(this.#room.state, rejected)] : [];
    this.#room.commit((tx) => {
      this.#room.bans.store(targetId, reason, actorId, now);
      this.#room.joinRequests.close([targetId], actorId, false, now);
      this.#room.change(tx, {
        // D1 learns of a user who was never here, so that the deletion of their account finds the ban.
        ...(person && !member && { profiles: [person], knownUsers: [person] }),
        ...(member ? removal(this.#room, actorId, [member], reason) : { notifications }),
        // Of a viewer: they have no membership that would end.
        ...(!member && { kick: { userIds: [targetId], reason: "removed" } }),
      });
    });
    return member ? [targetId] : [];
  }

  /**
   * Lifts a ban; without one nothing changes.
   * @throws `not_found`, also for a user without an account; `forbidden`
   */
  lift(actorId: UserId, { targetId, hasAccount }: { targetId: UserId; hasAccount: boolean }): void {
    this.#permissions.require(this.#permissions.begin(actorId), "remove", "lift bans");
    if (!hasAccount) throw noUser(targetId);
    this.#room.bans.lift(targetId);
  }

  /**
   * A page of the bans, oldest first; `after` is an id.
   * @param range `targetId`: that of this user alone
   * @throws `not_found`, `forbidden`
   */
  list(
    actorId: UserId,
    { limit, after, targetId }: { limit: number; after: number; targetId?: UserId },
  ): BanRow[] {
    this.#permissions.require(this.#permissions.begin(actorId), "remove", "see who is banned");
    const { bans } = this.#room;
    return targetId === undefined ? bans.page(after, limit) : bans.of(targetId);
  }
}
