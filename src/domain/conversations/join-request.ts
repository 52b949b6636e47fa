import type { User } from "../accounts/user.ts";

/** Somebody's wish to join a group. */
export interface JoinRequest {
  id: number;
  user: User;
  message: string;
  createdAt: number;
}

/** What became of whoever wanted to join: he has, he has to wait, he was a member already. */
export type JoinState = "joined" | "requested" | "member";
