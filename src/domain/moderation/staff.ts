import { z } from "zod";
import type { UserId } from "../ids.ts";
import type { ServerKeyId } from "../server/server-key.ts";

/**
 * What a user is to the deployment.
 * - `user`: one of those whom it is for.
 * - `auditor`: reads what staff reads, and changes nothing.
 * - `moderator`: acts on reports, users and messages.
 * - `admin`: does all that staff does, and acts on moderators and auditors too.
 */
export const StaffRole = z.enum(["user", "moderator", "admin", "auditor"]);
export type StaffRole = z.infer<typeof StaffRole>;

/** Who makes a call of moderation: a user with a role, or the holder of a key with the scope `moderate`. */
export interface Staff {
  role: Exclude<StaffRole, "user">;
  /** null: a key makes the call */
  userId: UserId | null;
  /** null: a user makes the call */
  key: ServerKeyId | null;
  /** the address block of the call; null: unknown */
  from: string | null;
}
