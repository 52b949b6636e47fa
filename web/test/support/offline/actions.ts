import type { Action } from "./action.ts";
import { DETAILS } from "./details.ts";
import { LIST } from "./list.ts";
import { MESSAGES } from "./messages.ts";
import { PEOPLE } from "./people.ts";
import { SESSIONS, SETTINGS } from "./settings.ts";
import { SPACE_OWN } from "./space-own.ts";
import { SPACE_ROLES } from "./space-roles.ts";
import { SPACES } from "./spaces.ts";
import { WRITING } from "./writing.ts";

/** Everything that a user can begin in the page, by where they do it. */
export const ACTIONS: Readonly<Record<string, readonly Action[]>> = {
  Writing: WRITING,
  Messages: MESSAGES,
  "The list": LIST,
  "Details of a group": DETAILS,
  Spaces: [...SPACES, ...SPACE_OWN, ...SPACE_ROLES],
  People: PEOPLE,
  "Settings and search": SETTINGS,
  Sessions: SESSIONS,
};
