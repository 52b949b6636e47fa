import { z } from "zod";

/**
 * What another user is to a user, who
 * - `requested`: has asked the other for friendship;
 * - `requested_by`: was asked by the other;
 * - `blocked`: blocks the other. That the other blocks the user is not told: it is `none`.
 */
export const Relation = z.enum(["none", "requested", "requested_by", "friends", "blocked"]);

export type Relation = z.infer<typeof Relation>;

/** What the two users of a direct conversation are to each other, for one of them. */
export interface DirectRelation {
  friends: boolean;
  /** the user blocks the other */
  blocking: boolean;
  /** the other blocks the user */
  blocked: boolean;
}
