import type { z } from "@hono/zod-openapi";
import type { FriendRequest } from "../../../core/contacts/friends.ts";
import type { User } from "../../../domain/accounts/user.ts";
import type { Page } from "../../../domain/conversations/pagination.ts";
import type { FriendRequestList, UserList } from "../schemas/friends.ts";
import { serializeUser } from "./users.ts";

/** A page of users: friends, or blocked users. */
export function serializeUsers({ items, nextCursor }: Page<User>): z.infer<typeof UserList> {
  return { items: items.map(serializeUser), next_cursor: nextCursor };
}

/** A page of the open requests for friendship that a user has received or sent. */
export function serializeRequests({
  items,
  nextCursor,
}: Page<FriendRequest>): z.infer<typeof FriendRequestList> {
  return {
    items: items.map(({ user, createdAt }) => ({ user: serializeUser(user), created_at: createdAt })),
    next_cursor: nextCursor,
  };
}
