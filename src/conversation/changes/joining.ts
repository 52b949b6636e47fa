import type { Person } from "../../domain/accounts/person.ts";
import { capacityOf, joinMode, may } from "../../domain/conversations/group-policies.ts";
import type { JoinState } from "../../domain/conversations/join-request.ts";
import { CoreError, invalid, joinNotAllowed, noConversation } from "../../domain/errors.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import { isAuthentic, JoinRequests } from "../members/join-requests.ts";
import type { MemberRow } from "../members/members.ts";
import { type GroupChange, withNewVersion } from "../state/change.ts";
import type { RoomContext } from "../state/context.ts";
import { type NotificationInput, notificationOf } from "./notifications.ts";
import { Permissions } from "./permissions.ts";

/** What became of each of those who were to be added. */
export interface AddedEach {
  added: UserId[];
  /** who was a member already */
  existed: UserId[];
  /** for whom there was no place */
  overLimit: UserId[];
}

/** What becomes of an application. */
export interface JoinDecision {
  applicationId: number;
  accept: boolean;
  /** what whoever decides says to it */
  message?: string;
  /** whose it is, and what authenticates it, as whoever decides was told: then it has to be so */
  credential?: { userId: UserId; authentication: string };
}

const ADDED = { event: "added" } as const;

/** How people come into a group: added, by themselves, or let in. */
export class Joining {
  readonly #room: RoomContext;
  readonly #rights: Permissions;
  readonly #applications: JoinRequests;
  readonly #maxMembers: number;

  /** @param maxMembers the setting `MAX_GROUP_MEMBERS` */
  constructor(sql: SqlStorage, room: RoomContext, maxMembers: number) {
    this.#room = room;
    this.#rights = new Permissions(room);
    this.#applications = new JoinRequests(sql);
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
    return this.#admit(actorId, newcomers, ADDED);
  }

  /**
   * Adds people, each for himself: who is a member already stays as he is, and those for whom there is no place are
   * not added.
   * @param barred those of them who must not be added
   * @throws `not_found`, `forbidden`
   */
  addEach(actorId: UserId, people: Person[], barred: UserId[]): AddedEach {
    this.#rights.require(this.#rights.begin(actorId), "invite", "add members");
    const isHere = ({ id }: Person) => this.#room.members.isActive(id);
    const newcomers = people.filter((person) => !isHere(person) && !barred.includes(person.id));
    const places = Math.max(0, this.#capacity - this.#room.members.activeCount);
    const existed = idsOf(people.filter(isHere));
    const added = newcomers.slice(0, places);
    const overLimit = idsOf(newcomers.slice(places));
    return { existed, added: added.length > 0 ? this.#admit(actorId, added, ADDED) : [], overLimit };
  }

  /**
   * Joins a group, or asks to be let in where its policy wants that; twice changes nothing.
   * @throws `not_found` where nobody may come by himself, as for a group that does not exist; `group_full`
   */
  join(person: Person, message: string): { state: JoinState; changed: UserId[] } {
    this.#room.flushSends();
    const { profile, dissolvedAt } = this.#room.state;
    if (profile.kind === "direct" || dissolvedAt !== null) throw noConversation();
    if (this.#room.members.isActive(person.id)) return { state: "member", changed: [] };
    const way = joinMode(profile);
    if (way === "closed") throw joinNotAllowed(this.#rights.policy.join === "never" ? "kind" : "rank");
    if (way === "free") return { state: "joined", changed: this.#admit(person.id, [person]) };
    this.#requireRoomFor(1);
    const approvers = this.#room.memberList
      .active()
      .filter(({ role }) => may(role, this.#rights.policy.approve));
    const to = approvers.map(({ user_id }) => user_id);
    const applied = () => {
      const application = this.#applications.openOf(person.id);
      return [notificationOf(this.#room.state, { event: "applied", actorId: person.id, to, application })];
    };
    const changed = this.#commit([], {
      profiles: [person],
      knownUsers: [person],
      alsoStore: () => this.#applications.open(person.id, message, to, Date.now()),
      ...(!this.#applications.openOf(person.id) && {
        memberEvent: { event: "applied", userIds: [person.id], to },
        notifications: applied,
      }),
    });
    return { state: "requested", changed };
  }

  /** Who asks to be let in, the first one first. @throws `not_found`, `forbidden` */
  applications(actorId: UserId, page: { limit: number; after: number }) {
    this.#rights.require(this.#rights.begin(actorId), "approve", "see who wants to join");
    return this.#applications.page(page.after, page.limit);
  }

  /** Forgets that somebody ever wanted to be let in; those who were told of it forget what he said. */
  forget(userId: UserId): void {
    this.#room.change({
      notifications: () =>
        this.#applications.forget(userId).map(({ id, told }) => {
          this.#room.outbox.retract(id);
          return { notification: { forgotten: id }, to: told };
        }),
    });
  }

  /**
   * Lets somebody in, or not.
   * @throws `not_found`, `forbidden`, `validation_failed` for another application than was told of, `conflict` for who came in
   *   by another way, `already_handled`, `group_full`
   */
  handle(
    actorId: UserId,
    { applicationId: id, accept, message = "", credential: shown }: JoinDecision,
  ): UserId[] {
    this.#rights.require(this.#rights.begin(actorId), "approve", "decide who joins");
    const application = this.#applications.find(id);
    if (!application) {
      throw new CoreError("not_found", `There is no application ${id} in this group.`, {
        missing: "application",
      });
    }
    if (shown && !(application.user_id === shown.userId && isAuthentic(application, shown.authentication))) {
      throw invalid("authentication", "must be what came with this application");
    }
    const { user_id: userId } = application;
    const isIn = application.accepted === null && this.#room.members.isActive(userId);
    if (accept && isIn) throw new CoreError("conflict", `User ${userId} is in this group already.`);
    if (application.handled_at !== null) {
      throw new CoreError("already_handled", `Application ${id} was handled already.`);
    }
    if (accept) {
      return this.#admit(actorId, [this.#room.profiles.get(userId)], {
        event: "accepted",
        message,
        application,
      });
    }
    const rejected: NotificationInput = { event: "rejected", actorId, to: [userId], message, application };
    return this.#commit([], {
      alsoStore: () => this.#applications.close([userId], actorId, false, Date.now()),
      notifications: () => [notificationOf(this.#room.state, rejected)],
    });
  }

  /** @param notice what they are told besides, who do not come by themselves */
  #admit(
    actorId: UserId,
    people: Person[],
    notification?: Pick<NotificationInput, "event" | "message" | "application">,
  ): UserId[] {
    this.#requireRoomFor(people.length);
    const { last } = this.#room.log;
    const now = Date.now();
    const ids = idsOf(people);
    const members = ids.map((id) => {
      const known = this.#room.members.find(id) ?? newcomer(id);
      return withNewVersion(known, {
        role: "member",
        state: "active",
        joined_at: now,
        visible_from: Position.parse(this.#rights.policy.history ? 0 : last.seq),
        visible_until: null,
        came_after: last.seq,
        // Behind the tip of his joining.
        read_seq: Position.parse(last.seq + 1),
        read_n: last.n,
        read_at: 0,
        name_card: "",
        cleared: 0,
        discards: 0,
        devices: null,
        custom_fields: "{}",
      });
    });
    return this.#commit(ids, {
      members,
      profiles: people,
      systemMessage: { event: "joined", actor_id: actorId, user_ids: ids },
      alsoStore: () => this.#applications.close(ids, actorId, notification?.application ? true : null, now),
      notifications: () =>
        notification ? [notificationOf(this.#room.state, { ...notification, actorId, to: ids })] : [],
    });
  }

  #requireRoomFor(newcomers: number): void {
    if (this.#room.members.activeCount + newcomers <= this.#capacity) return;
    throw new CoreError("group_full", `This group takes ${this.#capacity} members at most.`);
  }

  get #capacity(): number {
    return capacityOf(this.#room.state.profile, this.#maxMembers);
  }

  #commit(concerned: UserId[], change: GroupChange): UserId[] {
    this.#room.change(change);
    return concerned;
  }
}

function idsOf(people: Person[]): UserId[] {
  return people.map(({ id }) => id);
}

function newcomer(user_id: UserId): MemberRow {
  const zero = Position.parse(0);
  const nothing = { visible_from: zero, read_seq: zero, read_n: 0, read_at: 0, touched: 0, muted_until: 0 };
  const fresh = { name_card: "", visible_until: null, cleared: 0, left_ver: null, version: 0, projected: 0 };
  const unknown = { devices: null, came_after: null, cleared_to: zero, discards: 0, custom_fields: "{}" };
  return { user_id, role: "member", state: "left", joined_at: 0, ...unknown, ...nothing, ...fresh };
}
