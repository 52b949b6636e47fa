import type { User } from "../accounts/user.ts";
import type { UserId } from "../ids.ts";

/** A user who cannot enter a group until the ban is lifted. */
export interface Ban {
  user: User;
  /** the words of the member who banned them; may be empty */
  reason: string;
  bannedBy: UserId;
  /** ms since 1970 */
  createdAt: number;
}
