import type { z } from "@hono/zod-openapi";
import type { Page } from "../../../domain/conversations/pagination.ts";
import type { Message, OwnPart, UserOfMark } from "../../../domain/messages/message.ts";
import type { Reaction, ReactionState } from "../../../domain/messages/reactions.ts";
import type {
  ReactionState as ReactionStateShape,
  Reactions,
  ReactorPage,
} from "../schemas/messages/reactions.ts";
import { serializeUser } from "./users.ts";

/** The reactions to a message as v1 shows them. */
export function serializeReactions(reactions: readonly Reaction[] = []): z.infer<typeof Reactions> {
  return reactions.map(({ key, count, userIds }) => ({ key, count, user_ids: userIds }));
}

/** The fields of a message that are its reader's own. In a frame, an absent one is unchanged. */
export function ownFields({ mine, votes }: OwnPart): { mine?: string[]; votes?: number[] } {
  return { ...(mine !== undefined && { mine }), ...(votes !== undefined && { votes }) };
}

/** The same as answers have them: all that the message can have. */
export function everyOwnField({ mine = [], votes = [], poll }: Message): {
  mine: string[];
  votes?: number[];
} {
  return { mine, ...(poll && { votes }) };
}

/** A message's reactions after a change of them as v1 shows them. */
export function serializeReactionState({
  reactions,
  mine,
}: ReactionState): z.infer<typeof ReactionStateShape> {
  return { reactions: serializeReactions(reactions), mine };
}

/** A page of the users who reacted, or voted, as v1 shows it. */
export function serializeUsersOfMark({ items, nextCursor }: Page<UserOfMark>): z.infer<typeof ReactorPage> {
  return {
    items: items.map(({ user, createdAt }) => ({ user: serializeUser(user), created_at: createdAt })),
    next_cursor: nextCursor,
  };
}
