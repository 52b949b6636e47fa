import {
  type Capability,
  type GroupAudience,
  outranks,
  POLICIES,
  type Policy,
} from "../../domain/conversations/group-policies.ts";
import { CoreError, refusedFor } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { CHANNEL_CAPABILITIES } from "../../domain/spaces/rights.ts";
import { lacking } from "../channel/rights.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";

const AUDIENCE_OF: Record<GroupAudience, string> = {
  member: "Members",
  admin: "Only the owner and the admins",
  owner: "Only the owner",
  nobody: "Nobody",
};

/** Checks who may do what in a group. `Rights` decides; no code asks for the group kind. */
export class Permissions {
  readonly #room: Pick<RoomContext, "flushSends" | "members" | "state" | "rights" | "readers">;

  constructor(room: Pick<RoomContext, "flushSends" | "members" | "state" | "rights" | "readers">) {
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
   * Requires that the actor has a capability.
   * @param action the capability in words, for the error text
   * @throws `forbidden`, with the refusal `kind` where the policy lets nobody do it, else `rank`
   */
  require(actor: MemberRow, capability: Capability, action: string): void {
    if (this.#room.rights.may(actor, capability)) return;
    const permission = this.#room.readers ? CHANNEL_CAPABILITIES[capability] : undefined;
    if (permission) throw lacking(permission);
    const audience = this.policy[capability];
    const detail = `${AUDIENCE_OF[audience]} may ${action} here.`;
    if (audience === "nobody") throw refusedFor("kind", detail, this.#room.state.profile.policy);
    throw refusedFor("rank", detail);
  }

  /**
   * Requires that the actor outranks the target.
   * @throws `forbidden`, with the refusal `self` where both are the same member, else `rank`
   */
  requireOver(actor: MemberRow, target: MemberRow): void {
    if (this.#room.readers)
      throw refusedFor("rank", "This is a channel of a space: what its members may do is said there.");
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
