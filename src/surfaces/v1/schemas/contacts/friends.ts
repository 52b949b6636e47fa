import { z } from "@hono/zod-openapi";
import { AskOutcome } from "../../../../domain/contacts/friend-state.ts";
import { RequestDirection } from "../../../../domain/contacts/request-direction.ts";
import { ListQuery, pageShape, Time } from "../../common.ts";
import { User } from "../accounts.ts";

/** The outcome of a request: `requested` (the other user has not agreed yet) or `friends`. */
export const Friendship = z.object({ state: AskOutcome }).openapi("Friendship");

export const UserList = pageShape(User).openapi("UserList");

export const FriendRequestQuery = ListQuery.extend({ direction: RequestDirection.default("incoming") });

const FriendRequest = z.object({ user: User, created_at: Time }).openapi("FriendRequest");

export const FriendRequestList = pageShape(FriendRequest).openapi("FriendRequestList");
