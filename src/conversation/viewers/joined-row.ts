import { showsHistory } from "../../domain/conversations/group-policies.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import { NO_MARK } from "../members/unread-mark.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/**
 * The row of a user who is a member from now on. What binds a former member stays: their mute, and what they
 * have hidden.
 */
export function joinedRow(
  { state, log, members }: { state: Pick<ConversationState, "profile">; log: MessageLog; members: Members },
  userId: UserId,
  now: number,
): MemberRow {
  const { last } = log;
  const former = members.find(userId) ?? blankRow(userId);
  return {
    ...former,
    role: "member",
    state: "active",
    joined_at: now,
    visible_from: Position.parse(showsHistory(state.profile) ? 0 : last.seq),
    visible_until: null,
    came_after: last.seq,
    read_seq: last.seq,
    read_n: last.n,
    read_at: 0,
    name_card: "",
    cleared: 0,
    ...NO_MARK,
    ignores_unread: 0,
    devices: null,
    custom_fields: "{}",
    version: former.version + 1,
  };
}

/** The row of a user who was never a member, before they are admitted. */
export function blankRow(user_id: UserId): MemberRow {
  const zero = Position.parse(0);
  const positions = {
    visible_from: zero,
    read_seq: zero,
    read_n: 0,
    read_at: 0,
    ...NO_MARK,
    touched: 0,
    muted_until: 0,
  };
  const versions = {
    name_card: "",
    visible_until: null,
    cleared: 0,
    left_ver: null,
    leaving: 0,
    version: 0,
    projected: 0,
  };
  const defaults = {
    devices: null,
    came_after: zero,
    cleared_to: zero,
    ignores_unread: 0,
    custom_fields: "{}",
  };
  const start = { role: "member", state: "left", joined_at: 0, unopened: 0 } as const;
  const composer = { composer_id: null, sent_composer: null };
  return { user_id, ...start, ...composer, ...defaults, ...positions, ...versions };
}
