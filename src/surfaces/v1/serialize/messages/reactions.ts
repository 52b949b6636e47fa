import type { z } from "@hono/zod-openapi";
import type { Message, OwnPart } from "../../../../domain/messages/message.ts";
import type { Reaction, ReactionState } from "../../../../domain/messages/reactions.ts";
import type { ReactionState as ReactionStateShape, Reactions } from "../../schemas/messages/reactions.ts";

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
