import type { UserId } from "../../domain/ids.ts";
import type { NoticeDraft } from "../../domain/messages/message.ts";
import { effect, onlyIfStored } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import {
  type ConversationSettings,
  overseer,
  type WantedGroup,
  type WantedMembers,
} from "../actions/backend.ts";
import type { StaffRevocation } from "../actions/redaction.ts";
import { repeatable, repeatableIf } from "./call.ts";
import { type PageInput, pageFor } from "./reading.ts";

const { light, page, unweighed } = WEIGHTS;

/** The calls of a team's backend, which is no member. */
export const BACKEND = {
  /** The conversation, read without a reader of its own. @see BackendChanges.overview */
  overview: repeatable(unweighed, ({ room }, _: object) => room.backend.overview()),

  /** A page of all messages. @see pageFor */
  allMessages: repeatable(page, ({ room }, input: PageInput) =>
    room.profiles.fresh(() => {
      room.flushSends();
      return pageFor(room, overseer(room.state), input);
    }),
  ),

  /** Stores a notice by nobody. @see BackendChanges.notify */
  notify: repeatableIf(
    // Without a client id a repeated notice would be stored twice.
    ({ clientMsgId }: NoticeDraft) => clientMsgId !== undefined,
    light,
    ({ room }, draft: NoticeDraft) => {
      room.space.require();
      return room.backend.notify(draft);
    },
  ),

  /** Makes a group as the backend wants it. @see BackendChanges.put */
  putGroup: repeatable(page, async ({ room }, input: WantedGroup) => {
    const { concerned, isChanged, handsOver } = room.backend.put(input);
    room.retention.changed();
    if (isChanged) await room.propagate(concerned);
    return { handsOver, overview: room.backend.overview() };
  }),

  /** @see BackendChanges.configure */
  configure: repeatable(light, async ({ room }, input: ConversationSettings) => {
    const isChanged = room.backend.configure(input);
    room.retention.changed();
    if (isChanged) await room.propagate([]);
    return room.backend.overview();
  }),

  /** Dissolves a group for the staff of the deployment. @see BackendChanges.dissolve */
  dissolveByStaff: effect(repeatable(page, ({ room }, _: object) => room.propagate(room.backend.dissolve()))),

  /** Revokes a message for the staff. @see Redaction.revokeByStaff */
  revokeByStaff: effect(
    repeatable(light, ({ room }, message: StaffRevocation) => room.redaction.revokeByStaff(message)),
  ),

  /** Revokes what a user has sent since a time (ms since 1970). @see Redaction.revokeSince */
  revokeSince: onlyIfStored(
    effect(
      repeatable(page, ({ room }, { userId, since }: { userId: UserId; since: number }) =>
        room.redaction.revokeSince(userId, since),
      ),
    ),
  ),

  /** Adds and removes members, each for themself. @see BackendChanges.changeMembers */
  changeMembers: repeatable(page, async ({ room }, input: WantedMembers) => {
    const { concerned, outcomes } = room.backend.changeMembers(input);
    if (concerned.length > 0) await room.propagate(concerned);
    return outcomes;
  }),
};
