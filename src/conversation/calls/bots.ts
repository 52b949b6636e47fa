import { LIMITS } from "../../domain/limits.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS, weightOfBytes } from "../../object/user-budgets.ts";
import type { PassingDraft } from "../bots/passing-messages.ts";
import type { StreamedText } from "../bots/shown-streams.ts";
import { type Caller, memberRead, type OnMessage, repeatable } from "./call.ts";

const { light, page } = WEIGHTS;

/** The calls that concern bots. */
export const BOTS = {
  /** The active members who are bots, some of them. */
  bots: memberRead(page, ({ members, profiles }) =>
    profiles
      .bots()
      .filter((id) => members.isActive(id))
      .slice(0, LIMITS.commandBots),
  ),

  /** A message of a bot for one member alone. Nothing is stored. @see PassingMessages.of */
  passingMessage: repeatable(
    ({ draft }: Caller & { draft: PassingDraft }) => light + weightOfBytes(draft.body.length),
    ({ room }, { userId, draft }: Caller & { draft: PassingDraft }) => room.passing.of(userId, draft),
  ),

  /** Shows what a bot is writing. @see ShownStreams.show */
  showStream: effect(
    repeatable(
      ({ text }: StreamedText) => light + weightOfBytes(text.length),
      ({ room }, input: StreamedText) => room.streams.show(input),
    ),
  ),

  /** The tap of a member on a button, which is to be told to its bot; hooks are told here. @see Taps.tap */
  tap: repeatable(light, ({ room }, input: OnMessage & { data: string }) => room.taps.tap(input)),
};
