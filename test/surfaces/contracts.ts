import type { SurfaceContract } from "../support/surfaces/contract.ts";
import { appkey } from "./appkey/contract.ts";
import { formpost } from "./formpost/contract.ts";
import { kook } from "./kook/contract.ts";
import { telegram } from "./telegram/contract.ts";
import { tim } from "./tim/contract.ts";
import { usersig } from "./usersig/contract.ts";

/** The surfaces that implement another product's API, for tests of their common behaviour. */
export const SURFACE_CONTRACTS: readonly SurfaceContract[] = [
  ...[appkey, formpost, kook, tim, usersig],
  // The last one: it makes bots of users.
  telegram,
];
