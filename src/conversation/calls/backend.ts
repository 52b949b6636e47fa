import { WEIGHTS } from "../../object/user-budgets.ts";
import type { WantedGroup, WantedMembers } from "../changes/backend.ts";
import { repeatable } from "./call.ts";

const { page, unweighed } = WEIGHTS;

/** The calls of a team's backend, which is no member. */
export const BACKEND = {
  /** The conversation, for somebody who is in none. @see BackendChanges.overview */
  overview: repeatable(unweighed, ({ room }, _: object) => room.backend.overview()),

  /** Makes a group as the backend wants it. @see BackendChanges.put */
  putGroup: repeatable(page, async ({ room }, input: WantedGroup) => {
    const { concerned, isChanged, handsOver } = room.backend.put(input);
    if (isChanged) await room.propagate(concerned);
    return { handsOver, overview: room.backend.overview() };
  }),

  /** Adds and removes members, each for themself. A repeat changes nothing. @see BackendChanges.changeMembers */
  changeMembers: repeatable(page, async ({ room }, input: WantedMembers) => {
    const { concerned, outcomes } = room.backend.changeMembers(input);
    if (concerned.length > 0) await room.propagate(concerned);
    return outcomes;
  }),
};
