import { z } from "zod";
import { LIMITS } from "../../../domain/limits.ts";
import type { MessageReference } from "../../../domain/messages/message.ts";
import { integer, pageSize } from "../../../http/fields.ts";
import { groupID, sentID } from "../ids.ts";
import { keyOfReaction } from "../reaction-ids.ts";
import type { MessagesOfOne } from "../use-cases/messages/by-id.ts";

/** The most messages of one call, as the SDK has it. */
const MAX_MESSAGES = 30;

/** A message that was sent, given whole or by its `ID`. */
const sentMessage = z.union([sentID, z.object({ ID: sentID }).transform(({ ID }) => ID)], {
  error: "must be a message, or its ID",
});

/** One message: as `message`, or by its `ID`. */
const One = { ID: sentID.optional(), message: sentMessage.optional() };

function placeOf(
  { ID, message }: { ID?: MessageReference | undefined; message?: MessageReference | undefined },
  context: z.RefinementCtx,
): MessageReference {
  const place = message ?? ID;
  if (place) return place;
  context.addIssue({ code: "custom", path: ["message"], message: "must be there, or an ID" });
  return z.NEVER;
}

/** Messages of one conversation, each once. */
const messageList = z
  .array(sentMessage)
  .min(1, "must not be empty")
  .max(MAX_MESSAGES, `must be ${MAX_MESSAGES} at most`)
  .transform((places, context): MessagesOfOne => {
    const [first] = places;
    if (first && places.every(({ conversationId }) => conversationId === first.conversationId)) {
      return { conversationId: first.conversationId, seqs: [...new Set(places.map(({ seq }) => seq))] };
    }
    context.addIssue("must be of one conversation");
    return z.NEVER;
  });

/** `deleteMessage`, `getMessageReadReceiptList`, `sendMessageReadReceipt`, `getMessageReactions` */
export const SeveralMessages = z.object({ messageList });

/** The users of a reaction that a message names. */
const NAMED = 3;

/** `getMessageReactions` */
export const ReactionsOf = z.object({
  messageList,
  maxUserCountPerReaction: integer
    .pipe(z.int().nonnegative())
    .default(NAMED)
    .transform((count) => Math.min(count, NAMED)),
});

/** `downloadMergerMessage` */
export const OneMessage = z.object(One).transform(placeOf);

/** `modifyMessage`: the message with what it is to say, as `message` or as the body itself. */
export const ModifiedMessage = z.preprocess(
  (body) => z.object({ message: z.looseObject({}) }).safeParse(body).data?.message ?? body,
  z
    .object({
      ID: sentID,
      /** absent: as it is */
      payload: z.record(z.string(), z.unknown(), { error: "must be an object" }).optional(),
      cloudCustomData: z.string().optional(),
      /** absent: whatever the message says by now */
      version: integer.pipe(z.int().nonnegative()).optional(),
    })
    .refine(({ payload, cloudCustomData }) => payload !== undefined || cloudCustomData !== undefined, {
      path: ["payload"],
      error: "must be there, or cloudCustomData",
    }),
);

const reactionID = z.string().transform((text, context) => {
  const key = keyOfReaction(text);
  if (key !== null) return key;
  context.addIssue("must be one emoji, or letters, digits and _, which may be in brackets");
  return z.NEVER;
});

/** `addMessageReaction`, `removeMessageReaction` */
export const OneReaction = z
  .object({ ...One, reactionID })
  .transform(({ reactionID: key, ...one }, context) => ({ place: placeOf(one, context), key }));

/** `getAllUserListOfMessageReaction` */
export const ReactorPage = z
  .object({
    ...{ ...One, reactionID },
    nextSeq: integer.pipe(z.int().nonnegative()).default(0),
    count: pageSize(LIMITS.page).default(LIMITS.page),
  })
  .transform(({ reactionID: key, nextSeq: after, count: limit, ...one }, context) => ({
    ...{ place: placeOf(one, context), key },
    range: { after, limit },
  }));

/** `getGroupMessageReadMemberList`: who has read a message (0), or who has not (1). */
export const ReaderPage = z
  .object({
    ...One,
    filter: integer.pipe(z.union([z.literal(0), z.literal(1)])).default(0),
    cursor: z.union([z.literal("").transform(() => 0), integer.pipe(z.int().nonnegative())]).default(0),
    count: pageSize(LIMITS.page).default(LIMITS.page),
  })
  .transform(({ filter, cursor: after, count: limit, ...one }, context) => ({
    place: placeOf(one, context),
    range: { isRead: filter === 0, after, limit },
  }));

/** `pinGroupMessage` */
export const GroupPin = z
  .object({ ...One, groupID, isPinned: z.boolean() })
  .transform(({ groupID: group, isPinned, ...one }, context) => ({
    ...{ group, isPinned },
    place: placeOf(one, context),
  }));
