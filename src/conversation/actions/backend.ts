import type { Person } from "../../domain/accounts/person.ts";
import type { Profile } from "../../domain/conversations/conversation.ts";
import { POLICIES } from "../../domain/conversations/group-policies.ts";
import { attempt, CoreError, noConversation, refusedFor } from "../../domain/errors.ts";
import { NOBODY, Seq, type UserId } from "../../domain/ids.ts";
import type { Message, NoticeDraft } from "../../domain/messages/message.ts";
import type { ConversationOverview, MemberOutcome } from "../../domain/server/server-conversation.ts";
import type { Reader } from "../log/row.ts";
import type { RoomContext } from "../room/context.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import { ADDED, type Admission } from "./admission.ts";
import { type GroupChanges, type GroupProfileChange, removal } from "./group.ts";

/** What a team's backend wants a group to be; what is absent stays. */
export interface WantedGroup {
  change: GroupProfileChange;
  /** profiles of existing accounts, who are members then; present ones stay as they are */
  people: Person[];
  /** one of the members then, who owns the group */
  ownerId?: UserId;
}

/**
 * What a team's backend sets in conversations of all kinds, and how it shows channels; what is absent stays.
 */
export type ConversationSettings = {
  [Field in "retentionDays" | "legalHold" | "linkPreviews" | "name" | "introduction"]?:
    | Profile[Field]
    | undefined;
};

/** What the wish has changed. */
interface Put {
  concerned: UserId[];
  isChanged: boolean;
  /** the group has another owner now */
  handsOver: boolean;
}

/** What a backend wants of members. */
export interface WantedMembers {
  /** profiles of existing accounts, and the role of each; absent: as it is, at first `member` */
  add: { person: Person; role?: "admin" | "member" | undefined }[];
  remove: UserId[];
}

/**
 * What a team's backend changes in a group. It has the rights of the owner, and is told of as the owner; it
 * adds and removes members in groups of every kind. Bans hold for it too. Each method runs in one turn, so a
 * crash leaves all of it or nothing.
 */
export class BackendChanges {
  readonly #room: RoomContext;
  readonly #group: Pick<GroupChanges, "edit" | "handOver" | "change" | "dissolveAs">;
  readonly #admission: Admission;

  constructor(
    room: RoomContext,
    group: Pick<GroupChanges, "edit" | "handOver" | "change" | "dissolveAs">,
    admission: Admission,
  ) {
    this.#room = room;
    this.#group = group;
    this.#admission = admission;
  }

  /** The conversation as a team's backend reads it: without a reader of its own. */
  overview(): ConversationOverview {
    const { profile, dissolvedAt } = this.#room.state;
    return { profile, dissolvedAt, memberCount: dissolvedAt === null ? this.#room.members.activeCount : 0 };
  }

  /**
   * Makes the group as it is wanted. The same again changes nothing.
   * @returns the users whom the change concerns, and whether anything changed
   * @throws `conflict` for a dissolved group; `not_found` for a direct conversation; `forbidden` for a banned
   *   user, and for what the kind of the group fixes; `group_full`: nothing has changed then
   */
  put({ change, people, ownerId }: WantedGroup): Put {
    const formerOwner = this.#begin();
    const newcomers = people.filter(({ id }) => !this.#room.members.isActive(id));
    const ids = newcomers.map(({ id }) => id);
    this.#admission.requireNoBans(formerOwner, ids);
    this.#admission.requireRoomFor(ids.length);
    const handsOver = ownerId !== undefined && ownerId !== formerOwner;
    const { policy, version } = this.#room.state.profile;
    if (handsOver && POLICIES[policy].handOver === "nobody")
      throw refusedFor("kind", "Groups of this kind keep their owner.", policy);
    // What may refuse comes first: the rest was checked above.
    this.#group.edit(formerOwner, change);
    if (ids.length > 0) this.#admission.admit(formerOwner, newcomers, ADDED);
    if (handsOver) this.#group.handOver(formerOwner, ownerId);
    const isChanged = ids.length > 0 || this.#room.state.profile.version > version;
    return { concerned: handsOver ? [...ids, formerOwner, ownerId] : ids, isChanged, handsOver };
  }

  /**
   * Sets until when messages are kept, and whether links have previews: in a conversation of any kind, in a
   * dissolved group too; and how a channel is shown. The same again changes nothing.
   * @returns whether anything changed
   */
  configure(settings: ConversationSettings): boolean {
    const { retentionDays, legalHold, linkPreviews, name, introduction } = settings;
    this.#room.flushSends();
    const { profile } = this.#room.state;
    const change = {
      ...(name !== undefined && name !== profile.name && { name }),
      ...(introduction !== undefined && introduction !== profile.introduction && { introduction }),
      ...(retentionDays !== undefined && retentionDays !== profile.retentionDays && { retentionDays }),
      ...(legalHold !== undefined && legalHold !== profile.legalHold && { legalHold }),
      ...(linkPreviews !== undefined && linkPreviews !== profile.linkPreviews && { linkPreviews }),
    };
    if (Object.keys(change).length === 0) return false;
    this.#room.commit((tx) => this.#room.change(tx, { profile: change }));
    return true;
  }

  /**
   * Adds and removes members, each for themself: one that fails keeps no other. Those whom the group has no
   * room for are the last of the list.
   * @returns the users whom the change concerns, and what became of each, those to be added first
   * @throws `conflict` for a dissolved group, `not_found` for a direct conversation
   */
  changeMembers({ add, remove }: WantedMembers): { concerned: UserId[]; outcomes: MemberOutcome[] } {
    const ownerId = this.#begin();
    this.#admission.requireNoChannel();
    const outcomes = [...this.#add(ownerId, add), ...this.#remove(ownerId, remove)];
    const concerned = outcomes.filter(({ result }) => result !== "unchanged" && result !== "failed");
    return { concerned: concerned.map(({ userId }) => userId), outcomes };
  }

  /**
   * Dissolves the group. Idempotent.
   * @returns the users whom that concerns
   * @throws `not_found` for a direct conversation
   */
  dissolve(): UserId[] {
    if (this.#room.state.dissolvedAt !== null) return [];
    return this.#group.dissolveAs(this.#begin());
  }

  /**
   * Stores a notice by nobody. It opens a direct conversation for both users, as a first message does.
   * @returns it, and whether its client message id was known already
   * @throws `conflict` for a dissolved group
   */
  notify(draft: NoticeDraft): { message: Message; isRepeated: boolean } {
    this.#room.flushSends();
    const { log, members, state } = this.#room;
    const { clientMsgId } = draft;
    const sent = clientMsgId === undefined ? undefined : log.byClientId(NOBODY, clientMsgId);
    if (!sent) {
      if (state.dissolvedAt !== null) throw isDissolved();
      members.openForAll();
      this.#room.commit((tx) => this.#room.change(tx, { notice: draft }));
    }
    const row = sent ?? log.get(Seq.parse(log.last.seq));
    const [message] = row ? this.#room.renderer.render([row], overseer(state)) : [];
    if (!message) throw new Error("a stored notice has a message");
    return { message, isRepeated: sent !== undefined };
  }

  #add(ownerId: UserId, list: WantedMembers["add"]): MemberOutcome[] {
    const { members, bans } = this.#room;
    const banned = new Set(bans.among(list.map(({ person }) => person.id)));
    const newcomers = list.filter(({ person }) => !members.isActive(person.id) && !banned.has(person.id));
    const admitted = newcomers.slice(0, this.#admission.freePlaces).map(({ person }) => person);
    const added = new Set(admitted.length > 0 ? this.#admission.admit(ownerId, admitted, ADDED) : []);
    return list.map(({ person: { id: userId }, role }): MemberOutcome => {
      if (!members.isActive(userId)) {
        const refusal = banned.has(userId) ? BANNED : this.#admission.fullness();
        return { userId, result: "failed", problem: refusal.toFailure() };
      }
      return outcomeOf(userId, () => {
        if (userId === ownerId && role !== undefined) throw isOwner();
        const changesRole = role !== undefined && members.active(userId).role !== role;
        if (changesRole) this.#group.change(ownerId, userId, { role });
        const result = added.has(userId) ? "added" : changesRole ? "changed" : "unchanged";
        return { result, ...(changesRole && { role }) };
      });
    });
  }

  #remove(ownerId: UserId, ids: UserId[]): MemberOutcome[] {
    const { members } = this.#room;
    const present = new Set(ids.filter((id) => id !== ownerId && members.isActive(id)));
    const rows = [...present].map((id) => members.active(id));
    if (rows.length > 0)
      this.#room.commit((tx) => this.#room.change(tx, removal(this.#room, ownerId, rows, "")));
    return ids.map((userId) =>
      outcomeOf(userId, () => {
        if (userId === ownerId) throw isOwner();
        return { result: present.has(userId) ? "removed" : "unchanged" };
      }),
    );
  }

  /** Commits the pending sends. @returns the owner, in whose name the backend changes the group */
  #begin(): UserId {
    this.#room.flushSends();
    const { profile, dissolvedAt } = this.#room.state;
    if (profile.kind === "direct") throw noConversation();
    if (dissolvedAt !== null || profile.ownerId === null) throw isDissolved();
    return profile.ownerId;
  }
}

/** Who reads for a backend: everything that has not expired is shown, and nothing is their own. */
export function overseer({ floor }: Pick<ConversationState, "floor">): Reader {
  return { user_id: NOBODY, visible_from: floor.seq };
}

const BANNED = refusedFor("banned", "This user is banned from the group: lift the ban first.");

type Done = Exclude<MemberOutcome, { result: "failed" }>;

function outcomeOf(userId: UserId, work: () => Omit<Done, "userId">): MemberOutcome {
  const outcome = attempt(work);
  return outcome.ok ? { userId, ...outcome.value } : { userId, result: "failed", problem: outcome };
}

function isOwner(): CoreError {
  return new CoreError("conflict", "This is the owner of the group: name another owner first.");
}

/** The `conflict` for a group that was dissolved. */
function isDissolved(): CoreError {
  return new CoreError("conflict", "This group was dissolved. Its external id is not given again.");
}
