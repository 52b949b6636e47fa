import { z } from "@hono/zod-openapi";
import { AskOutcome } from "../../../domain/contacts/friend-state.ts";
import { RequestDirection } from "../../../domain/contacts/request-direction.ts";
import { User } from "./accounts.ts";
import { ListQuery, Time } from "./common.ts";

/** The outcome of a request: `requested` (the other user has not agreed yet) or `friends`. */
export const Friendship = z.object({ state: AskOutcome }).openapi("Friendship");

export const UserList = z
  .object({ items: z.array(User), next_cursor: z.string().nullable() })
  .openapi("UserList");

export const FriendRequestQuery = ListQuery.extend({ direction: RequestDirection.default("incoming") });

const FriendRequest = z.object({ user: User, created_at: Time }).openapi("FriendRequest");

export const FriendRequestList = z
  .object({ items: z.array(FriendRequest), next_cursor: z.string().nullable() })
  .openapi("FriendRequestList");
