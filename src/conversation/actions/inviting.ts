import {
  type InvitationCode,
  type InvitedOutline,
  newInvitationCode,
} from "../../domain/conversations/invitation.ts";
import { CoreError, noInvitation, refusedFor } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type InvitationRow, isUsedUp } from "../members/invitations.ts";
import type { RoomContext } from "../room/context.ts";
import type { GroupOutlines } from "../views/group-outlines.ts";
import { Permissions } from "./permissions.ts";

/** How long an invitation lasts (ms), and how many users it lets in; null: any number. */
export interface InvitationTerms {
  lifetimeMs: number;
  maxUses: number | null;
}

/**
 * Makes, shows and withdraws the invitations of a group. `Joining` accepts them. The group's policy says who
 * may; an invitation ends with that right of its maker (`storeChange`).
 */
export class Inviting {
  readonly #room: RoomContext;
  readonly #permissions: Permissions;
  readonly #outlines: GroupOutlines;

  constructor(room: RoomContext, outlines: GroupOutlines) {
    this.#room = room;
    this.#permissions = new Permissions(room);
    this.#outlines = outlines;
  }

  /**
   * Makes an invitation.
   * @throws `not_found`, `forbidden`; `conflict` for too many that are open
   */
  create(actorId: UserId, { lifetimeMs, maxUses }: InvitationTerms): InvitationRow {
    this.#require(actorId, "invite by a code");
    const now = Date.now();
    if (this.#room.invitations.countOpen(now) >= LIMITS.invitations) {
      const detail = `A group has at most ${LIMITS.invitations} open invitations: withdraw another one first.`;
      throw new CoreError("conflict", detail);
    }
    const code = newInvitationCode(this.#room.state.id);
    const expiresAt = now + lifetimeMs;
    this.#room.invitations.store({ code, createdBy: actorId, createdAt: now, expiresAt, maxUses });
    const made = this.#room.invitations.find(code, now);
    if (!made) throw new Error("a stored invitation is found");
    return made;
  }

  /** A page of the open invitations, oldest first; `after` is an id. @throws `not_found`, `forbidden` */
  list(actorId: UserId, { limit, after }: { limit: number; after: number }): InvitationRow[] {
    this.#require(actorId, "see the invitations");
    return this.#room.invitations.page(after, limit, Date.now());
  }

  /** Withdraws an invitation. @returns whether there was one @throws `not_found`, `forbidden` */
  withdraw(actorId: UserId, code: string): boolean {
    this.#require(actorId, "withdraw invitations");
    return this.#room.invitations.withdraw(code);
  }

  /**
   * The group as an invitation shows it. A member is shown it also once the invitation is used up.
   * @param userId null: a caller without a token
   * @throws `not_found` where the code lets nobody in, `forbidden` for a banned user
   */
  look(userId: UserId | null, code: InvitationCode): InvitedOutline {
    const invitation = this.#room.invitations.find(code, Date.now());
    if (!invitation || this.#room.state.dissolvedAt !== null) throw noInvitation();
    const outline = this.#outlines.of(userId);
    if (outline.state !== "member") {
      if (isUsedUp(invitation)) throw noInvitation();
      if (userId !== null && this.#room.bans.among([userId]).length > 0)
        throw refusedFor("banned", "You are banned from this group.");
    }
    return { ...outline, expiresAt: invitation.expires_at, createdBy: invitation.created_by };
  }

  #require(actorId: UserId, action: string): void {
    this.#permissions.require(this.#permissions.begin(actorId), "invitations", action);
  }
}
