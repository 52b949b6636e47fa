import type { Seq, UserId } from "../../domain/ids.ts";
import { callsOf, effect } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import type { ConversationComponents } from "../components.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Room } from "../room.ts";
import type { CostlyReads } from "../views/costly-reads.ts";

export const { once, repeatable, repeatableIf } = callsOf<ConversationComponents>();

/** The user who makes a call. */
export interface Caller {
  userId: UserId;
}

/** A call that concerns one message. */
export interface OnMessage extends Caller {
  seq: Seq;
}

/** `looks`: users who look at an audience room may read too. Those who look at a channel always may. */
export interface Looker extends Caller {
  looks?: boolean;
}

/**
 * The reader of a call. `includeFormer`: users who left may read too, and the members of a dissolved group.
 */
interface Reader extends Looker {
  includeFormer?: boolean;
}

/** Reads for a member, with current profiles, after a commit of the pending sends. */
function readAs<Value>(room: Room, reader: Reader, read: (member: MemberRow) => Value): Promise<Value> {
  return room.profiles.fresh(() => {
    room.flushSends();
    return read(readerOf(room, reader));
  });
}

/** @throws `not_found` for a user who may not read */
export function readerOf(
  { members, viewers, readers }: Pick<Room, "members" | "viewers" | "readers">,
  { userId, includeFormer = false, looks = false }: Reader,
): MemberRow {
  // Who may not read a channel any more is shown nothing of it.
  if (includeFormer && !readers) return members.known(userId);
  return looks ? viewers.reader(userId) : viewers.insider(userId);
}

type Weight<Input> = number | ((input: Input) => number);

/** A call that reads for a member. @see readAs */
export function memberRead<Input extends Reader, Value>(
  weight: Weight<Input>,
  read: (room: Room, member: MemberRow, input: Input) => Value,
) {
  return repeatable(weight, ({ room }, input: Input) =>
    readAs(room, input, (member) => read(room, member, input)),
  );
}

/** The same for reads that take long. @see CostlyReads @throws `rate_limited` if too many wait */
export function costlyRead<Input extends Reader, Value>(
  weight: Weight<Input>,
  read: (room: Room, member: MemberRow, input: Input, reads: CostlyReads) => Value,
) {
  return repeatable(weight, ({ room, reads }, input: Input) =>
    reads.run(input.userId, () => readAs(room, input, (member) => read(room, member, input, reads))),
  );
}

/**
 * The work of a call that adds rows without bound: a full conversation refuses it to its members. Others
 * learn nothing of the conversation.
 */
export function growing<Input extends Caller, Value>(
  work: (parts: ConversationComponents, input: Input) => Value,
) {
  return (parts: ConversationComponents, input: Input): Value => {
    if (parts.room.members.findActive(input.userId)) parts.room.space.require();
    return work(parts, input);
  };
}

/**
 * The work of a call by which a user takes part: who reads a channel follows it from then on, unless the call
 * is refused.
 */
export function takingPart<Input extends Caller, Rest extends unknown[], Value>(
  work: (parts: ConversationComponents, input: Input, ...rest: Rest) => Value | Promise<Value>,
) {
  return (parts: ConversationComponents, input: Input, ...rest: Rest): Value | Promise<Value> => {
    const { channel } = parts.room;
    if (!channel) return work(parts, input, ...rest);
    return channel.taking(input.userId, () => work(parts, input, ...rest));
  };
}

/**
 * A call that changes a group: the change, then one awaited try to write it to D1, and to the inboxes of the
 * caller and of the users it concerns.
 * @param state whether the call is idempotent
 */
export function groupChange<Input extends Caller>(
  state: typeof repeatable,
  change: (room: Room, input: Input) => UserId[],
) {
  return effect(
    state(
      WEIGHTS.page,
      takingPart(({ room }, input: Input) => room.propagate([input.userId, ...change(room, input)])),
    ),
  );
}
