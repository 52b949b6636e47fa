import type { JoinPolicy } from "../core/conversation.ts";
import { CoreError, noConversation } from "../core/errors.ts";
import { Position, type UserId } from "../core/ids.ts";
import type { Person } from "../core/message.ts";
import { may, type Policy } from "../core/policies.ts";
import { Applications } from "./applications.ts";
import { type Change, told } from "./change.ts";
import type { Member } from "./members.ts";
import { Rights } from "./rights.ts";
import type { Room } from "./room.ts";

/** How somebody comes in by himself, by the policy's word and the group's own join policy. */
const WAYS: Record<Policy["join"], (set: JoinPolicy) => JoinPolicy> = {
  as_set: (set) => set,
  free: () => "free",
  never: () => "closed",
};

/** How people come into a group: added, by themselves, or let in. */
export class Joining {
  readonly #room: Room;
  readonly #rights: Rights;
  readonly #applications: Applications;
  readonly #maxMembers: number;

  /** @param maxMembers the setting `MAX_GROUP_MEMBERS` */
  constructor(sql: SqlStorage, room: Room, maxMembers: number) {
    this.#room = room;
    this.#rights = new Rights(room);
    this.#applications = new Applications(sql);
    this.#maxMembers = maxMembers;
  }

  /**
   * Adds people; who is a member already stays as he is.
   * @param people with their profiles; their accounts exist
   * @throws `not_found`, `forbidden`, `group_full`: nobody is added then
   */
  add(actorId: UserId, people: Person[]): UserId[] {
    this.#rights.require(this.#rights.begin(actorId), "invite", "add members");
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
    const way = WAYS[this.#rights.policy.join](profile.joinPolicy);
    if (way === "closed") throw noConversation();
    if (way === "free") return { state: "joined", changed: this.#admit(person.id, [person]) };
    this.#requireRoomFor(1);
    const approvers = this.#room.roster.active().filter(({ role }) => may(role, this.#rights.policy.approve));
    const changed = this.#commit([], {
      people: [person],
      acquaintances: [person],
      also: () => this.#applications.open(person.id, message, Date.now()),
      ...(!this.#applications.isOpen(person.id) && {
        notice: { event: "applied", userIds: [person.id], to: approvers.map(({ user_id }) => user_id) },
      }),
    });
    return { state: "requested", changed };
  }

  /** Who asks to be let in, the first one first. @throws `not_found`, `forbidden` */
  applications(actorId: UserId, page: { limit: number; after: number }) {
    this.#rights.require(this.#rights.begin(actorId), "approve", "see who wants to join");
    return this.#applications.page(page.after, page.limit);
  }

  /** Forgets that somebody ever wanted to be let in. */
  forget(userId: UserId): void {
    this.#applications.forget(userId);
  }

  /** Lets somebody in, or not. @throws `not_found`, `forbidden`, `already_handled`, `group_full` */
  handle(actorId: UserId, id: number, accept: boolean): UserId[] {
    this.#rights.require(this.#rights.begin(actorId), "approve", "decide who joins");
    const application = this.#applications.find(id);
    if (!application) throw new CoreError("not_found", `There is no application ${id} in this group.`);
    if (application.handled_at !== null) {
      throw new CoreError("already_handled", `Application ${id} was handled already.`);
    }
    if (accept) return this.#admit(actorId, [this.#room.people.get(application.user_id)]);
    const also = () => this.#applications.close([application.user_id], actorId, false, Date.now());
    return this.#commit([], { also });
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
        visible_from: Position.parse(this.#rights.policy.history ? 0 : last.seq),
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
      tip: { event: "joined", actor_id: actorId, user_ids: ids },
      also: () => this.#applications.close(ids, actorId, true, now),
    });
  }

  #requireRoomFor(newcomers: number): void {
    const max = Math.min(this.#rights.policy.maxMembers ?? this.#maxMembers, this.#maxMembers);
    if (this.#room.members.activeCount + newcomers <= max) return;
    throw new CoreError("group_full", `This group takes ${max} members at most.`);
  }

  #commit(concerned: UserId[], change: Change): UserId[] {
    this.#room.change(change);
    return concerned;
  }
}

function newcomer(user_id: UserId): Member {
  const zero = Position.parse(0);
  const nothing = { visible_from: zero, read_seq: zero, read_n: 0, read_at: 0, touched: 0, muted_until: 0 };
  const fresh = { name_card: "", visible_until: null, cleared: 0, left_ver: null, version: 0, projected: 0 };
  return { user_id, role: "member", state: "left", joined_at: 0, ...nothing, ...fresh };
}
