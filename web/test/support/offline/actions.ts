import type { Action } from "./action.ts";
import { MESSAGES } from "./messages.ts";
import { WRITING } from "./writing.ts";

/** Everything that a user can begin in the page, by where they do it. */
export const ACTIONS: Readonly<Record<string, readonly Action[]>> = {
  Writing: WRITING,
  Messages: MESSAGES,
};
