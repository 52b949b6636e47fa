import type { Person } from "../../domain/accounts/person.ts";
import { Role } from "../../domain/conversations/group-kind.ts";
import { joinMode, may } from "../../domain/conversations/group-policies.ts";
import type { InvitationCode } from "../../domain/conversations/invitation.ts";
import type { JoinState } from "../../domain/conversations/join-request.ts";
import {
  askedTooSoon,
  CoreError,
  invalid,
  joinNotAllowed,
  noConversation,
  noInvitation,
} from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { isUsedUp } from "../members/invitations.ts";
import { isAuthentic, type JoinRequestRow } from "../members/join-requests.ts";
import type { RoomContext } from "../room/context.ts";
import { ADDED, type Admission } from "./admission.ts";
import { type NotificationInput, notificationOf } from "./notifications.ts";
import { Permissions } from "./permissions.ts";

/** The outcome for each user who was to be added. */
export interface AddedEach {
  added: UserId[];
  alreadyMembers: UserId[];
  /** users for whom the group had no room */
  overLimit: UserId[];
}

/** A decision about a join request. */
export interface JoinDecision {
  joinRequestId: number;
  accept: boolean;
  /** the words of the member who decides */
  message?: string;
  /** the applicant and the authentication from the notification `applied`; where given, they have to match */
  credential?: { userId: UserId; authentication: string };
}

/**
 * The ways into a group: being added, joining, an invitation, and a join request that a member accepts. All
 * end in `Admission`, which keeps banned users out.
 */
export class Joining {
  readonly #room: RoomContext;
  readonly #permissions: Permissions;
  readonly #admission: Admission;
  readonly #timing: Timing["rejections"];

  constructor(room: RoomContext, admission: Admission, timing: Timing["rejections"]) {
    this.#room = room;
    this.#permissions = new Permissions(room);
    this.#admission = admission;
    this.#timing = timing;
  }

  /**
   * Adds users: all of them, or none where it throws. Present members stay as they are.
   * @param people profiles of existing accounts
   * @returns the users who were added
   * @throws `not_found`, `forbidden`, also for a banned user, `group_full`
   */
  add(actorId: UserId, people: Person[]): UserId[] {
    this.#permissions.require(this.#permissions.begin(actorId), "invite", "add members");
    const newcomers = people.filter(({ id }) => !this.#room.members.isActive(id));
    if (newcomers.length === 0) return [];
    return this.#admission.admit(actorId, newcomers, ADDED);
  }

  /**
   * Adds as many of these users as there is room for, in one turn. Present members stay as they are.
   * @param people profiles of existing accounts
   * @param blockedIds users among them who must not be added; they and banned users are in no list of the
   *   result
   * @throws `not_found`, `forbidden`
   */
  addEach(actorId: UserId, people: Person[], blockedIds: UserId[]): AddedEach {
    this.#permissions.require(this.#permissions.begin(actorId), "invite", "add members");
    const isMember = ({ id }: Person) => this.#room.members.isActive(id);
    const excludedIds = new Set([...blockedIds, ...this.#room.bans.among(idsOf(people))]);
    const newcomers = people.filter((person) => !isMember(person) && !excludedIds.has(person.id));
    const { freePlaces } = this.#admission;
    const alreadyMembers = idsOf(people.filter(isMember));
    const added = newcomers.slice(0, freePlaces);
    const overLimit = idsOf(newcomers.slice(freePlaces));
    return {
      alreadyMembers,
      added: added.length > 0 ? this.#admission.admit(actorId, added, ADDED) : [],
      overLimit,
    };
  }

  /**
   * Joins a group, or stores a join request where the join policy is `approval`. A member stays as they are.
   * A repeated request only changes its message. One that was withdrawn a short time ago is opened again, and
   * its approvers are not notified again.
   * @returns the new state, and the users whom the change concerns
   * @throws `not_found` for a group that is closed, as for one that does not exist; `group_full`; `forbidden`
   *   for a banned user; `rate_limited` for a request too soon after a rejected one
   */
  join(person: Person, message: string): { state: JoinState; changed: UserId[] } {
    this.#room.flushSends();
    const { profile, dissolvedAt } = this.#room.state;
    if (profile.kind === "direct" || dissolvedAt !== null) throw noConversation();
    if (this.#room.members.isActive(person.id)) return { state: "member", changed: [] };
    const mode = joinMode(profile);
    if (mode === "closed") throw joinNotAllowed(this.#permissions.policy.join === "never" ? "kind" : "rank");
    if (mode === "free") return { state: "joined", changed: this.#admission.admit(person.id, [person]) };
    this.#admission.requireNoBans(person.id, [person.id]);
    this.#admission.requireRoomFor(1);
    const openRequest = this.#room.joinRequests.openOf(person.id);
    if (!openRequest) this.#requireNoRecentRejection(person.id);
    const withdrawn = openRequest ? undefined : this.#recentlyWithdrawn(person.id);
    const roles = Role.options.filter((role) => may(role, this.#permissions.policy.approve));
    const approvers = this.#room.members.inOrder({ limit: this.#room.members.activeCount, roles });
    const to = approvers.map(({ user_id }) => user_id);
    const appliedNotification = () => {
      const joinRequest = this.#room.joinRequests.openOf(person.id);
      return notificationOf(this.#room.state, { event: "applied", actorId: person.id, to, joinRequest });
    };
    this.#room.commit((tx) => {
      if (withdrawn) this.#room.joinRequests.reopen(withdrawn.id, message, Date.now());
      else this.#room.joinRequests.open(person.id, message, to, Date.now());
      this.#room.change(tx, {
        profiles: [person],
        knownUsers: [person],
        ...(!openRequest &&
          !withdrawn && {
            memberEvent: { event: "applied", userIds: [person.id], to: { only: new Set(to) } },
            notifications: [appliedNotification()],
          }),
      });
    });
    return { state: "requested", changed: [] };
  }

  /**
   * Joins by an invitation, whatever the join policy says. A member stays as they are, and uses nothing up.
   * The use is counted in the transaction of the joining.
   * @returns the new state, and the users whom the change concerns
   * @throws `not_found` where the code lets nobody in; `forbidden` for a banned user; `group_full`
   */
  accept(person: Person, code: InvitationCode): { state: JoinState; changed: UserId[] } {
    this.#room.flushSends();
    const invitation = this.#room.invitations.find(code, Date.now());
    if (!invitation || this.#room.state.dissolvedAt !== null) throw noInvitation();
    if (this.#room.members.isActive(person.id)) return { state: "member", changed: [] };
    if (isUsedUp(invitation)) throw noInvitation();
    return { state: "joined", changed: this.#admission.admit(person.id, [person], { invitation: code }) };
  }

  /**
   * Withdraws the open join request of a user; without one nothing changes. A direct conversation is treated
   * as one that does not exist, since it may be hidden from the user.
   * @throws `conflict` for a member
   */
  withdraw(userId: UserId): void {
    this.#room.flushSends();
    if (this.#room.state.profile.kind === "direct") return;
    if (this.#room.members.isActive(userId)) {
      throw new CoreError("conflict", "You are in this group already: leave it.");
    }
    if (!this.#room.joinRequests.openOf(userId)) return;
    this.#room.commit((tx) => {
      this.#room.joinRequests.close([userId], userId, null, Date.now());
      this.#room.change(tx, {});
    });
  }

  /** A page of the open join requests, oldest first; `after` is an id. @throws `not_found`, `forbidden` */
  listRequests(actorId: UserId, page: { limit: number; after: number }) {
    this.#permissions.require(this.#permissions.begin(actorId), "approve", "see who wants to join");
    return this.#room.joinRequests.page(page.after, page.limit);
  }

  /**
   * Deletes the ban and the join requests of a user, handled ones too. The notified approvers get a
   * retraction.
   */
  forget(userId: UserId): void {
    this.#room.commit((tx) => {
      this.#room.bans.lift(userId);
      const notifications = this.#room.joinRequests.forget(userId).map(({ id, notified }) => {
        this.#room.outbox.retract(tx, id);
        return { notification: { forgotten: id }, to: notified };
      });
      this.#room.change(tx, { notifications });
    });
  }

  /**
   * Accepts or rejects a join request.
   * @returns the users whom the change concerns
   * @throws `not_found`, `forbidden`, `already_handled`, `group_full`
   * @throws `validation_failed` where the credential does not match the request
   * @throws `conflict` for an applicant who became a member in another way
   */
  decide(actorId: UserId, { joinRequestId: id, accept, message = "", credential }: JoinDecision): UserId[] {
    this.#permissions.require(this.#permissions.begin(actorId), "approve", "decide who joins");
    const joinRequest = this.#room.joinRequests.find(id);
    if (!joinRequest) {
      throw new CoreError("not_found", `There is no application ${id} in this group.`, {
        missing: "application",
      });
    }
    const isValid =
      !credential ||
      (joinRequest.user_id === credential.userId && isAuthentic(joinRequest, credential.authentication));
    if (!isValid) {
      throw invalid("authentication", "must be what came with this application");
    }
    const { user_id: userId } = joinRequest;
    const isMember = joinRequest.accepted === null && this.#room.members.isActive(userId);
    if (accept && isMember) throw new CoreError("conflict", `User ${userId} is in this group already.`);
    if (joinRequest.handled_at !== null) {
      throw new CoreError("already_handled", `Application ${id} was handled already.`);
    }
    if (accept) {
      const notification = { event: "accepted", message, joinRequest } as const;
      return this.#admission.admit(actorId, [this.#room.profiles.get(userId)], { notification });
    }
    const rejected: NotificationInput = { event: "rejected", actorId, to: [userId], message, joinRequest };
    this.#room.commit((tx) => {
      this.#room.joinRequests.close([userId], actorId, false, Date.now());
      this.#room.change(tx, { notifications: [notificationOf(this.#room.state, rejected)] });
    });
    return [];
  }

  /** The join request that a user has withdrawn within the cooldown, unless they were a member since. */
  #recentlyWithdrawn(id: UserId): JoinRequestRow | undefined {
    const withdrawn = this.#room.joinRequests.withdrawnSince(id, Date.now() - this.#timing.cooldownMs);
    const joinedAt = this.#room.members.find(id)?.joined_at ?? 0;
    return joinedAt < (withdrawn?.handled_at ?? 0) ? withdrawn : undefined;
  }

  /** @throws `rate_limited`, unless the user was a member since their rejected request */
  #requireNoRecentRejection(id: UserId): void {
    const rejectedAt = this.#room.joinRequests.rejectedAt(id);
    if (rejectedAt === null || (this.#room.members.find(id)?.joined_at ?? 0) >= rejectedAt) return;
    const until = rejectedAt + this.#timing.cooldownMs;
    if (Date.now() < until) throw askedTooSoon(until, "Your application to this group was rejected.");
  }
}

function idsOf(people: Person[]): UserId[] {
  return people.map(({ id }) => id);
}
