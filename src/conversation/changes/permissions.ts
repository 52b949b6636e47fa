import {
  type GroupAudience,
  may,
  outranks,
  POLICIES,
  type Policy,
} from "../../domain/conversations/group-policies.ts";
import { CoreError, refusedFor } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { MemberRow } from "../members/members.ts";
import type { RoomContext } from "../state/context.ts";

/** What a policy says of who may do it. */
type Capability = {
  [Part in keyof Policy]: Policy[Part] extends GroupAudience ? Part : never;
}[keyof Policy];

const AUDIENCE_OF: Record<GroupAudience, string> = {
  member: "Members",
  admin: "Only the owner and the admins",
  owner: "Only the owner",
  nobody: "Nobody",
};

/** Who may do what in a group: its policy is asked, never what kind of group it is. */
export class Permissions {
  readonly #room: Pick<RoomContext, "flushSends" | "members" | "state">;

  constructor(room: Pick<RoomContext, "flushSends" | "members" | "state">) {
    this.#room = room;
  }

  get policy(): Policy {
    return POLICIES[this.#room.state.profile.policy];
  }

  /** Begins a change: what waits is committed first, then whoever acts is looked at. @throws `not_found` */
  begin(actorId: UserId): MemberRow {
    this.#room.flushSends();
    const actor = this.#room.members.active(actorId);
    if (this.#room.state.profile.kind === "direct") {
      throw refusedFor("kind", "This is a direct conversation: only groups have that.");
    }
    return actor;
  }

  /** @param deed what it is, for people @throws `forbidden`: where the kind lets nobody do it, that comes first */
  require(actor: MemberRow, what: Capability, deed: string): void {
    const audience = this.policy[what];
    if (may(actor.role, audience)) return;
    const detail = `${AUDIENCE_OF[audience]} may ${deed} here.`;
    if (audience === "nobody") throw refusedFor("kind", detail, this.#room.state.profile.policy);
    throw refusedFor("rank", detail);
  }

  /** @throws `forbidden` unless the actor may act on this member at all */
  requireOver(actor: MemberRow, target: MemberRow): void {
    if (outranks(actor.role, target.role)) return;
    const refusal = actor === target ? "self" : "rank";
    throw refusedFor(refusal, "Admins act on plain members only, and nobody on the owner or himself.");
  }

  /** @throws `not_found` for who is no member */
  member(id: UserId): MemberRow {
    const member = this.#room.members.isActive(id) ? this.#room.members.find(id) : undefined;
    if (!member) {
      throw new CoreError("not_found", `There is no member ${id} in this group.`, { missing: "member" });
    }
    return member;
  }
}
