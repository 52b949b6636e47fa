import { z } from "zod";
import type { User } from "../accounts/user.ts";
import type { ConversationId } from "../ids.ts";

/** A user's request to join a group. */
export interface JoinRequest {
  id: number;
  user: User;
  message: string;
  createdAt: number;
}

/** A user's own open request to join a group. */
export interface OwnJoinRequest {
  conversationId: ConversationId;
  /** ms since 1970 */
  createdAt: number;
}

/** The outcome of joining: the user has joined, has to wait for approval, or was a member already. */
export type JoinState = "joined" | "requested" | "member";

/** The end of a join request. Rejected is one by a member, by a ban, and by dissolving the group. */
export const JoinOutcome = z.enum(["accepted", "rejected"]);
export type JoinOutcome = z.infer<typeof JoinOutcome>;
