import type { Tip, TipEvent } from "../core/content.ts";
import type { JoinPolicy, Membership, Profile, Role } from "../core/conversation.ts";
import { CoreError, noConversation } from "../core/errors.ts";
import type { UserId } from "../core/ids.ts";
import { Position } from "../core/ids.ts";
import type { Person } from "../core/message.ts";
import { type Audience, may, outranks, POLICIES, type Policy } from "../core/policies.ts";
import { Applications } from "./applications.ts";
import { type Change, told } from "./change.ts";
import type { Member } from "./members.ts";
import type { Room } from "./room.ts";

/** What a group's profile may be changed to; absent is unchanged. */
export type ProfileChange = Partial<
  Pick<Profile, "name" | "avatar" | "introduction" | "announcement"> & { joinPolicy: JoinPolicy }
>;

/** What may be changed of a member; absent is unchanged. */
export interface MemberChange {
  role?: "admin" | "member";
  /** seconds from now; 0 ends a mute */
  mutedForS?: number;
  nameCard?: string;
}

/**
 * Who comes, goes and may do what in a group. Each method checks rights in the turn in which it writes,
 * behind the sends that came before it, and asks the group's policy, never for a kind of group.
 */
export class Group {
  readonly #room: Room;
  readonly #maxMembers: number;
  readonly #applications: Applications;

  /** @param maxMembers the setting `MAX_GROUP_MEMBERS` */
  constructor(sql: SqlStorage, room: Room, maxMembers: number) {
    this.#room = room;
    this.#maxMembers = maxMembers;
    this.#applications = new Applications(sql);
  }

  /** Members in the order in which they joined, behind a place in that order. */
  members(userId: UserId, page: { limit: number; after?: MemberPosition }): Membership[] {
    this.#room.members.active(userId);
    const { limit, after } = page;
    return this.#active()
      .filter((member) => !after || isBehind(member, after))
      .slice(0, limit)
      .map(membership);
  }

  /** Some members; who is none is missing. */
  membersNamed(userId: UserId, wanted: UserId[]): Membership[] {
    this.#room.members.active(userId);
    return wanted.flatMap((id) => {
      const member = this.#room.members.isActive(id) ? this.#room.members.find(id) : undefined;
      return member ? [membership(member)] : [];
    });
  }

  /** Changes the profile; what is as it was changes nothing. @throws `not_found`, `forbidden` */
  edit(actorId: UserId, wanted: ProfileChange): UserId[] {
    const { actor } = this.#begin(actorId);
    this.#require(actor, "edit", "change the group's profile");
    const { profile } = this.#room.state;
    const change = Object.fromEntries(
      Object.entries(wanted).filter(([field, value]) => Reflect.get(profile, field) !== value),
    );
    if (Object.keys(change).length === 0) return [];
    return this.#commit([], { profile: change, tip: tip("profile", actorId, []) });
  }

  /**
   * Adds people; who is a member already stays as he is.
   * @param people with their profiles; their accounts exist
   * @throws `not_found`, `forbidden`, `group_full`: nobody is added then
   */
  add(actorId: UserId, people: Person[]): UserId[] {
    const { actor } = this.#begin(actorId);
    this.#require(actor, "invite", "add members");
    const newcomers = people.filter(({ id }) => !this.#room.members.isActive(id));
    if (newcomers.length === 0) return [];
    return this.#admit(actorId, newcomers);
  }

  /**
   * Joins a group, or asks to be let in where its policy wants that; twice changes nothing.
   * @throws `not_found` where nobody may come by himself, as for a group that does not exist; `group_full`
   */
  join(person: Person, message: string): { state: "joined" | "requested"; changed: UserId[] } {
    this.#room.settle();
    const { profile, dissolvedAt } = this.#room.state;
    if (profile.kind === "direct" || dissolvedAt !== null) throw noConversation();
    if (this.#room.members.isActive(person.id)) return { state: "joined", changed: [] };
    const way = WAYS[this.#policy.join](profile.joinPolicy);
    if (way === "closed") throw noConversation();
    if (way === "free") return { state: "joined", changed: this.#admit(person.id, [person]) };
    this.#requireRoomFor(1);
    const approvers = this.#active().filter(({ role }) => may(role, this.#policy.approve));
    const changed = this.#commit([], {
      people: [person],
      also: () => this.#applications.open(person.id, message, Date.now()),
      ...(!this.#applications.isOpen(person.id) && {
        notice: { event: "applied", userIds: [person.id], to: approvers.map(({ user_id }) => user_id) },
      }),
    });
    return { state: "requested", changed };
  }

  /** Who asks to be let in, the first one first. @throws `not_found`, `forbidden` */
  applications(actorId: UserId, page: { limit: number; after: number }) {
    const { actor } = this.#begin(actorId);
    this.#require(actor, "approve", "see who wants to join");
    return this.#applications.page(page.after, page.limit);
  }

  /** Lets somebody in, or not. @throws `not_found`, `forbidden`, `already_handled`, `group_full` */
  handle(actorId: UserId, id: number, accept: boolean): UserId[] {
    const { actor } = this.#begin(actorId);
    this.#require(actor, "approve", "decide who joins");
    const application = this.#applications.find(id);
    if (!application) throw new CoreError("not_found", `There is no application ${id} in this group.`);
    if (application.handled_at !== null) {
      throw new CoreError("already_handled", `Application ${id} was handled already.`);
    }
    if (accept) return this.#admit(actorId, [this.#room.people.get(application.user_id)]);
    const also = () => this.#applications.close([application.user_id], actorId, false, Date.now());
    return this.#commit([], { also });
  }

  /**
   * Leaves. Where the policy lets an owner go, who has been a member longest follows him.
   * @throws `not_found`, `conflict` for an owner who has to hand over first
   */
  leave(userId: UserId): UserId[] {
    const { actor } = this.#begin(userId);
    if (actor.role === "owner" && this.#policy.ownerLeaves === "refused") {
      throw new CoreError("conflict", "The owner cannot leave: hand the group over first, or dissolve it.");
    }
    return this.depart(actor, "left");
  }

  /** Takes a member out who goes, or whose account was deleted; an owner is followed by somebody. */
  depart(member: Member, reason: "left" | "session_ended"): UserId[] {
    const heir = member.role === "owner" ? this.#heirOf(member) : undefined;
    const isLast = member.role === "owner" && !heir;
    return this.#commit([member.user_id], {
      members: [this.#gone(member), ...(heir ? [told(heir, { role: "owner" })] : [])],
      ...(heir && { profile: { ownerId: heir.user_id } }),
      ...(isLast && { dissolvedAt: Date.now() }),
      ...(this.#room.state.profile.kind === "group" && {
        tip: tip("left", member.user_id, [member.user_id]),
      }),
      kick: { userIds: [member.user_id], reason },
    });
  }

  /** Removes members. @throws `not_found` (for who is no member too), `forbidden`: nobody is removed then */
  remove(actorId: UserId, targetIds: UserId[]): UserId[] {
    const { actor } = this.#begin(actorId);
    this.#require(actor, "remove", "remove members");
    const targets = targetIds.map((id) => this.#target(actor, id));
    return this.#commit(targetIds, {
      members: targets.map((target) => this.#gone(target)),
      tip: tip("removed", actorId, targetIds),
      kick: { userIds: targetIds, reason: "removed" },
    });
  }

  /**
   * Changes a member's role, mute or name card; one's own name card is everybody's to change.
   * @throws `not_found`, `forbidden`: nothing is changed then
   */
  change(actorId: UserId, targetId: UserId, { role, mutedForS, nameCard }: MemberChange): UserId[] {
    const { actor } = this.#begin(actorId);
    const target = actorId === targetId ? actor : this.#found(targetId);
    const isOwnCard = actorId === targetId && role === undefined && mutedForS === undefined;
    if (!isOwnCard) this.#requireOver(actor, target);
    if (role !== undefined) this.#require(actor, "roles", "make or unmake admins");
    if (mutedForS !== undefined) this.#require(actor, "mute", "mute members");
    if (nameCard !== undefined && !isOwnCard) this.#require(actor, "edit", "change others' name cards");
    const fields: Partial<Member> = {
      ...(mutedForS !== undefined && { muted_until: mutedForS === 0 ? 0 : Date.now() + mutedForS * 1_000 }),
      ...(nameCard !== undefined && { name_card: nameCard }),
    };
    if (Object.keys(fields).length === 0 && role === undefined) return [];
    const changesRole = role !== undefined && role !== target.role;
    const row = changesRole ? told(target, { ...fields, role }) : { ...target, ...fields };
    // One tip a call; whoever changes nothing tells of nothing.
    const isMuted = target.muted_until > Date.now();
    const changesMute = mutedForS !== undefined && (mutedForS > 0 || isMuted);
    const event = changesRole ? "role" : changesMute ? "muted" : undefined;
    return this.#commit([targetId], {
      members: [row],
      ...(event && { tip: tip(event, actorId, [targetId]) }),
    });
  }

  /** Gives the group to another member; the owner is a plain member then. @throws `not_found`, `forbidden` */
  handOver(actorId: UserId, heirId: UserId): UserId[] {
    const { actor } = this.#begin(actorId);
    this.#require(actor, "handOver", "hand the group over");
    if (actorId === heirId) throw new CoreError("forbidden", "The group is yours already.");
    const heir = this.#found(heirId);
    return this.#commit([heirId], {
      members: [told(actor, { role: "member" }), told(heir, { role: "owner" })],
      profile: { ownerId: heirId },
      tip: tip("owner", actorId, [heirId]),
    });
  }

  /** Ends the group for everybody. @throws `not_found`, `forbidden` */
  dissolve(actorId: UserId): UserId[] {
    const { actor } = this.#begin(actorId);
    this.#require(actor, "dissolve", "dissolve the group");
    const userIds = this.#room.members.ids();
    return this.#commit(userIds, { dissolvedAt: Date.now(), kick: { userIds, reason: "dissolved" } });
  }

  get #policy(): Policy {
    return POLICIES[this.#room.state.profile.policy];
  }

  /** What waits is committed first; then whoever acts is looked at. */
  #begin(actorId: UserId): { actor: Member } {
    this.#room.settle();
    const actor = this.#room.members.active(actorId);
    if (this.#room.state.profile.kind === "direct") {
      throw new CoreError("forbidden", "This is a direct conversation: only groups have that.");
    }
    return { actor };
  }

  #require(actor: Member, what: Capability, deed: string): void {
    const audience = this.#policy[what];
    if (may(actor.role, audience)) return;
    throw new CoreError("forbidden", `${WHO[audience]} may ${deed} here.`);
  }

  #found(id: UserId): Member {
    const member = this.#room.members.isActive(id) ? this.#room.members.find(id) : undefined;
    if (!member) throw new CoreError("not_found", `There is no member ${id} in this group.`);
    return member;
  }

  #target(actor: Member, id: UserId): Member {
    const target = this.#found(id);
    this.#requireOver(actor, target);
    return target;
  }

  #requireOver(actor: Member, target: Member): void {
    if (outranks(actor.role, target.role)) return;
    throw new CoreError("forbidden", "Admins act on plain members only, and nobody on the owner or himself.");
  }

  #requireRoomFor(newcomers: number): void {
    const max = Math.min(this.#policy.maxMembers ?? this.#maxMembers, this.#maxMembers);
    if (this.#room.members.activeCount + newcomers <= max) return;
    throw new CoreError("group_full", `This group takes ${max} members at most.`);
  }

  #admit(actorId: UserId, people: Person[]): UserId[] {
    this.#requireRoomFor(people.length);
    const { last } = this.#room.log;
    const now = Date.now();
    const ids = people.map(({ id }) => id);
    const members = ids.map((id) => {
      const known = this.#room.members.find(id) ?? newcomer(id);
      return told(known, {
        role: "member",
        state: "active",
        joined_at: now,
        visible_from: Position.parse(this.#policy.history ? 0 : last.seq),
        visible_until: null,
        // Behind the tip of his joining.
        read_seq: Position.parse(last.seq + 1),
        read_n: last.n,
        read_at: 0,
        name_card: "",
        cleared: 0,
      });
    });
    return this.#commit(ids, {
      members,
      people,
      tip: tip("joined", actorId, ids),
      also: () => this.#applications.close(ids, actorId, true, now),
    });
  }

  #gone(member: Member): Member {
    return told(member, { state: "left", role: "member", visible_until: this.#room.log.last.seq });
  }

  #heirOf(owner: Member): Member | undefined {
    const others = this.#active().filter((member) => member !== owner);
    return others.find(({ role }) => role === "admin") ?? others[0];
  }

  /** In the order in which they joined. */
  #active(): Member[] {
    return [...this.#room.members.all()]
      .filter((member) => member.state === "active")
      .sort((a, b) => a.joined_at - b.joined_at || a.user_id - b.user_id);
  }

  #commit(concerned: UserId[], change: Change): UserId[] {
    this.#room.change(change);
    return concerned;
  }
}

/** A place in the list of members. */
export interface MemberPosition {
  joinedAt: number;
  userId: UserId;
}

type Capability = "approve" | "invite" | "edit" | "remove" | "mute" | "roles" | "handOver" | "dissolve";

const WHO: Record<Audience, string> = {
  member: "Members",
  admin: "Only the owner and the admins",
  owner: "Only the owner",
  nobody: "Nobody",
};

/** How somebody comes in by himself, by the policy's word and the group's own join policy. */
const WAYS: Record<Policy["join"], (set: JoinPolicy) => JoinPolicy> = {
  as_set: (set) => set,
  free: () => "free",
  never: () => "closed",
};

function isBehind(member: Member, { joinedAt, userId }: MemberPosition): boolean {
  return member.joined_at > joinedAt || (member.joined_at === joinedAt && member.user_id > userId);
}

function membership({ user_id, role, muted_until, name_card, joined_at }: Member): Membership {
  const mutedUntil = muted_until > Date.now() ? muted_until : 0;
  return { userId: user_id, role, mutedUntil, nameCard: name_card, joinedAt: joined_at };
}

function newcomer(user_id: UserId): Member {
  const zero = Position.parse(0);
  const nothing = { visible_from: zero, read_seq: zero, read_n: 0, read_at: 0, touched: 0, muted_until: 0 };
  const fresh = { name_card: "", visible_until: null, cleared: 0, left_ver: null, version: 0, projected: 0 };
  return { user_id, role: "member" satisfies Role, state: "left", joined_at: 0, ...nothing, ...fresh };
}

function tip(event: TipEvent, actor_id: UserId, user_ids: UserId[]): Tip {
  return { event, actor_id, user_ids };
}
