import type { Driver } from "../support/surfaces/driver.ts";
import { appkey } from "./appkey/driver.ts";
import { formpost } from "./formpost/driver.ts";
import { kook } from "./kook/driver.ts";
import { tim } from "./tim/driver.ts";
import { usersig } from "./usersig/driver.ts";
import { v1 } from "./v1/driver.ts";

/** The driver of each surface, for stories. */
export const DRIVERS: readonly Driver[] = [v1, appkey, formpost, kook, tim, usersig];
