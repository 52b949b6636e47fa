import type { MemberState } from "../../domain/conversations/conversation.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";

/** A row of a member, active or left. Times are in ms since 1970. */
export type MemberRow = {
  user_id: UserId;
  role: Role;
  state: MemberState;
  joined_at: number;
  /** the member sees messages after this seq */
  visible_from: Position;
  read_seq: Position;
  /** countable messages up to read_seq */
  read_n: number;
  /** when the read position last moved; 0: never */
  read_at: number;
  /** the number of the last change of this member alone; only rises, also over leaving and rejoining */
  touched: number;
  /** 0 or past: not muted */
  muted_until: number;
  /** the member's name in this conversation; `""`: the name of their profile */
  name_card: string;
  /** a member who left sees nothing after this seq; null while active */
  visible_until: Position | null;
  /** the version of the last snapshot for the inbox of a member who left; null while active */
  left_ver: number | null;
  /** 1: the member has left, and their inbox has not confirmed `left_ver` */
  leaving: number;
  /** 1: the member has deleted the conversation for themselves; see `isDeletedForMe` */
  cleared: number;
  /** the newest seq at that deletion: a later message brings the conversation back */
  cleared_to: Position;
  /** 1: the member ignores unread messages; nothing counts as unread */
  ignores_unread: number;
  /** rises with each change that D1 has to get */
  version: number;
  /** the version that D1 has */
  projected: number;
  /** the newest seq when the member joined */
  came_after: Position;
  /**
   * 1: a device was connected when the inbox last answered, 0: none was; null: the inbox has not answered
   * yet, or answered `NOT_DEFERRED`
   */
  devices: number | null;
  /** anything but `OPENED`: a direct conversation that is hidden from the member */
  unopened: number;
  /** the client message id of the member's composer draft that came last; null: none had one */
  composer_id: string | null;
  /** the client message id of the composer draft of the member that was sent last; null: none was */
  sent_composer: string | null;
  /** JSON that clients store with the member */
  custom_fields: string;
  /** the message that the member has marked unread; in force as `markedUnreadFrom` says */
  unread_from: Seq | null;
  /** countable messages that are read all the same: those before it, and own ones */
  unread_n: number | null;
  /** the read position at the time of the mark */
  unread_read_seq: Position | null;
};

/** The member has opened the conversation, or it is a group. */
export const OPENED = 0;
/** The member has not opened it. The first message does. */
export const UNOPENED = 1;
/** The member has a message request for it. Only they themselves open it. */
export const UNASKED = 2;
/** The same, and D1 knows that the request has a message. */
export const ASKED = 3;
