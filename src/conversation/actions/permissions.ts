import {
  type GroupAudience,
  may,
  outranks,
  POLICIES,
  type Policy,
} from "../../domain/conversations/group-policies.ts";
import { CoreError, refusedFor } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";

/** An action for which a policy names the roles. */
type Capability = {
  [Part in keyof Policy]: Policy[Part] extends GroupAudience ? Part : never;
}[keyof Policy];

const AUDIENCE_OF: Record<GroupAudience, string> = {
  member: "Members",
  admin: "Only the owner and the admins",
  owner: "Only the owner",
  nobody: "Nobody",
};

/** Which role may do what in a group. The group's policy decides; no code asks for the group kind. */
export class Permissions {
  readonly #room: Pick<RoomContext, "flushSends" | "members" | "state">;

  constructor(room: Pick<RoomContext, "flushSends" | "members" | "state">) {
    this.#room = room;
  }

  get policy(): Policy {
    return POLICIES[this.#room.state.profile.policy];
  }

  /**
   * Begins a change: commits the pending sends, then looks up the actor.
   * @returns the actor's row
   * @throws `not_found` unless the actor is a member, `forbidden` in a direct conversation
   */
  begin(actorId: UserId): MemberRow {
    this.#room.flushSends();
    const actor = this.#room.members.active(actorId);
    if (this.#room.state.profile.kind === "direct") {
      throw refusedFor("kind", "This is a direct conversation: only groups have that.");
    }
    return actor;
  }

  /**
   * Requires that the actor's role has a capability.
   * @param action the capability in words, for the error text
   * @throws `forbidden`, with the refusal `kind` where the policy lets nobody do it, else `rank`
   */
  require(actor: MemberRow, capability: Capability, action: string): void {
    const audience = this.policy[capability];
    if (may(actor.role, audience)) return;
    const detail = `${AUDIENCE_OF[audience]} may ${action} here.`;
    if (audience === "nobody") throw refusedFor("kind", detail, this.#room.state.profile.policy);
    throw refusedFor("rank", detail);
  }

  /**
   * Requires that the actor outranks the target.
   * @throws `forbidden`, with the refusal `self` where both are the same member, else `rank`
   */
  requireOver(actor: MemberRow, target: MemberRow): void {
    if (outranks(actor.role, target.role)) return;
    const refusal = actor === target ? "self" : "rank";
    throw refusedFor(refusal, "Admins act on plain members only. Nobody acts on the owner or on themselves.");
  }

  /** @returns a member's row @throws `not_found` for a user who is no member */
  member(id: UserId): MemberRow {
    const member = this.#room.members.findActive(id);
    if (!member) {
      throw new CoreError("not_found", `There is no member ${id} in this group.`, { missing: "member" });
    }
    return member;
  }
}
