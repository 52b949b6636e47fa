import { isAudienceRoom, letsLook } from "../../domain/conversations/group-policies.ts";
import { noConversation } from "../../domain/errors.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import type { ChannelReaders } from "../channel/readers.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { Reader } from "../log/row.ts";
import type { Bans } from "../members/bans.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import { aboveFloor } from "../retention/floor.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { GroupChange } from "../state/group-change.ts";
import { joinedRow } from "./joined-row.ts";

const ALL = Position.parse(0);

/** Of what it is known who may look. */
interface ViewedRoom {
  state: ConversationState;
  log: MessageLog;
  members: Members;
  bans: Pick<Bans, "among">;
  readers: Pick<ChannelReaders, "has" | "refusal"> | null;
}

/**
 * Who may look at a conversation without being a member: at an audience room, while its join policy is
 * `free`, everybody who is not banned; at a channel the members of its space. They read as members do who
 * have just joined, and nothing is stored of them.
 */
export class Viewers {
  readonly #room: ViewedRoom;

  constructor(room: ViewedRoom) {
    this.#room = room;
  }

  /** Whether the group is an audience room, with or without viewers now. */
  get isAudienceRoom(): boolean {
    return isAudienceRoom(this.#room.state.profile);
  }

  /** Whether there are users who look, and are no members. */
  get areThere(): boolean {
    return this.#room.readers !== null || this.isAudienceRoom;
  }

  /** Whether users may look now who are no members. */
  get areAdmitted(): boolean {
    const { profile, dissolvedAt } = this.#room.state;
    return letsLook(profile) && dissolvedAt === null;
  }

  /** The row with which a user reads who looks; null: a member, or a user who may not look. */
  find(userId: UserId): MemberRow | null {
    const { members, state } = this.#room;
    if (!this.#mayLook(userId) || members.findSender(userId)) return null;
    // Viewers see all, also where members see nothing from before they joined.
    return aboveFloor({ ...joinedRow(this.#room, userId, 0), visible_from: ALL }, state.floor);
  }

  #mayLook(userId: UserId): boolean {
    const { readers, bans, state } = this.#room;
    if (readers) return readers.has(userId) && state.dissolvedAt === null;
    return this.areAdmitted && bans.among([userId]).length === 0;
  }

  /** Whether who looks becomes a member by writing, as far as the kind of the conversation says. */
  get joinByWriting(): boolean {
    return this.#room.readers !== null || this.#room.state.profile.viewers === "write";
  }

  /** The row of a member; in a channel, of everybody who reads it. @throws `not_found` for others */
  insider(userId: UserId): MemberRow {
    return this.#room.readers ? this.reader(userId) : this.#room.members.active(userId);
  }

  /**
   * The row of a member, or of a user who looks.
   * @throws `not_found` for others; `unavailable` where it is not known who may look
   */
  reader(userId: UserId): MemberRow {
    const reader = this.#room.members.findActive(userId) ?? this.find(userId);
    if (!reader) throw this.#room.readers?.refusal() ?? noConversation();
    return reader;
  }

  /** Whether a change of the group, which is stored, has ended what viewers may. */
  haveLeft({ profile, dissolvedAt }: Pick<GroupChange, "profile" | "dissolvedAt">): boolean {
    const { joinPolicy, discoverable } = profile ?? {};
    const isConcerned = [joinPolicy, discoverable, dissolvedAt].some((changed) => changed !== undefined);
    if (this.#room.readers) return dissolvedAt !== undefined;
    return isConcerned && this.isAudienceRoom && !this.areAdmitted;
  }

  /** The user of an open socket, as far as what they see differs: whether they may look was checked. */
  receiver(userId: UserId): Reader {
    const { members, state } = this.#room;
    return members.findActive(userId) ?? { user_id: userId, visible_from: state.floor.seq };
  }
}
