/** What may have happened to the user who has made a thing. The group's owner bans and demotes them. */
export const STATES = ["suspended", "shadowed", "banned", "demoted", "deleted", "erased"] as const;
export type State = (typeof STATES)[number];

/**
 * What a thing does then.
 * - `works`: as before.
 * - `hidden`: it works for its user, and nobody else sees anything of it.
 * - `waits`: it is refused until the state ends, or until another admin takes it over.
 * - `fails`: it is kept, with the reason for which it was refused.
 * - `ends`: it is over, and stays so.
 * - `unmade`: nobody in this state makes one.
 */
export type Fate = "works" | "hidden" | "waits" | "fails" | "ends" | "unmade";

/** `made`: the thing was made in the state. `kept`: the state came later. */
export interface Inherited {
  made: Fate;
  kept: Fate;
}

export const THINGS = [
  ...(["session", "bot", "stream", "scheduled by a bot"] as const),
  ...(["scheduled", "hook", "invitation"] as const),
];
export type Thing = (typeof THINGS)[number];

const WORKS: Inherited = { made: "works", kept: "works" };
const HIDDEN: Inherited = { made: "hidden", kept: "hidden" };
const ENDS: Inherited = { made: "unmade", kept: "ends" };
const WAITS: Inherited = { made: "unmade", kept: "waits" };
const FAILS: Inherited = { made: "unmade", kept: "fails" };

/** A bot is a member of its own: what a group does to its maker is nothing to it. */
const BOT = { shadowed: HIDDEN, banned: WORKS, demoted: WORKS, deleted: ENDS, erased: ENDS };

/** What becomes of each thing in each state of its maker. The maker is an admin of the group. */
export const INHERITED: Record<Thing, Record<State, Inherited>> = {
  session: { ...BOT, suspended: ENDS, shadowed: WORKS },
  bot: { ...BOT, suspended: ENDS },
  stream: { ...BOT, suspended: ENDS },
  "scheduled by a bot": { ...BOT, suspended: FAILS },
  scheduled: {
    ...{ suspended: FAILS, shadowed: HIDDEN, banned: FAILS, demoted: WORKS },
    ...{ deleted: ENDS, erased: ENDS },
  },
  hook: {
    ...{ suspended: WAITS, shadowed: HIDDEN, banned: WAITS, demoted: WAITS },
    ...{ deleted: WAITS, erased: WAITS },
  },
  invitation: {
    // It admits users to a group, and shows nothing that its maker says.
    ...{ suspended: { made: "unmade", kept: "works" }, shadowed: { made: "unmade", kept: "works" } },
    ...{ banned: ENDS, demoted: ENDS, deleted: ENDS, erased: ENDS },
  },
};
