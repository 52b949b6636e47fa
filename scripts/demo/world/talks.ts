import type { Talk } from "./talk.ts";
import { ISSUE, KITCHEN } from "./talks/groups.ts";
import { HIKE } from "./talks/hike.ts";
import { PAIRS } from "./talks/pairs.ts";

/** What is said in the sample world, from eleven days ago until some minutes ago. */
export const TALKS: readonly Talk[] = [HIKE, KITCHEN, ISSUE, ...PAIRS];
