import type { TakenTap, Tap, TapId } from "../../domain/bots/tap.ts";
import { noTap } from "../../domain/bots/tap.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import { repeatable } from "./call.ts";

const { light, unweighed } = WEIGHTS;

/** The calls that concern a bot. */
export const BOTS = {
  /**
   * Tells the bot of a tap on its button. Idempotent by the tap's id.
   * @see KeptTaps.add
   * @returns whether the bot can answer: not if it hears by a gateway alone, which has no answers
   * @throws `not_found` for a deleted account, `rate_limited`
   */
  tapped: repeatable(
    unweighed,
    ({ accountDeletion, botUpdates, gateway, outfeeds, taps }, { tap }: { tap: Tap }) => {
      if (accountDeletion.isDeleted) throw noTap();
      if (taps.add(tap)) outfeeds.tapped(tap);
      return { canAnswer: botUpdates.isOn || !gateway.isAlone };
    },
  ),

  /** Takes a tap to answer it. @see KeptTaps.take @throws `not_found` */
  takeTap: repeatable(
    light,
    ({ taps }, { id, isAsked }: { id: TapId; isAsked?: boolean }): TakenTap => taps.take(id, isAsked),
  ),
};
