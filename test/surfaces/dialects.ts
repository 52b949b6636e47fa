import type { Dialect } from "../support/surfaces/dialect.ts";
import { appkey } from "./appkey/dialect.ts";
import { formpost } from "./formpost/dialect.ts";
import { kook } from "./kook/dialect.ts";
import { tim } from "./tim/dialect.ts";
import { usersig } from "./usersig/dialect.ts";

/** The surfaces which speak another's API, for tests of what they all promise. */
export const DIALECTS: readonly Dialect[] = [appkey, formpost, kook, tim, usersig];
