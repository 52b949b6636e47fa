import type { components } from "parley-client";

/** A user as lists have them. */
export type User = components["schemas"]["User"];
