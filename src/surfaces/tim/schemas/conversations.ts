import { z } from "zod";
import { integer, pageSize } from "../../../http/fields.ts";
import { conversationID, groupID, userID, wireConversationID } from "../ids.ts";
import { orConstant } from "./constants.ts";

/** The most conversations of one call. */
export const MAX_LISTED = 100;

/** A mark is one bit, up to 2^52: JSON has no exact integers beyond. */
export const markType = integer.pipe(
  z
    .int()
    .positive()
    .refine((mark) => Number.isInteger(Math.log2(mark)), "must be a power of 2"),
);

const conversationIDs = z
  .array(conversationID)
  .min(1, "must not be empty")
  .max(MAX_LISTED, `must be at most ${MAX_LISTED} of them`);

/**
 * `/conversation/getConversationList`: the whole list, or with `count` or `nextCursor` a part of it.
 * `nextCursor` is what the part before has given; `""` begins.
 */
export const ListOfConversations = z.object({
  conversationID: z
    .union([conversationID.transform((id) => [id]), conversationIDs], {
      error: `must be a conversation's id, or 1 to ${MAX_LISTED} of them`,
    })
    .optional(),
  count: pageSize(MAX_LISTED).optional(),
  nextCursor: z.string().optional(),
  /** only those with this mark of the caller's, or in this group of theirs */
  markType: markType.optional(),
  groupName: z.string().optional(),
});

/** `/conversation/getConversationProfile` */
export const OneConversation = z.object({ conversationID });

/** `/conversation/deleteConversation`: one conversation, or several. */
export const Deletion = z
  .object({
    conversationID: conversationID.optional(),
    conversationIDList: conversationIDs.optional(),
    clearHistoryMessage: z.boolean().default(true),
  })
  .transform(({ conversationID: single, conversationIDList: list, clearHistoryMessage }, context) => {
    const names = list ?? (single ? [single] : []);
    if (names.length > 0) {
      const wireIDs = names.map(wireConversationID);
      return { names, keepsHistory: !clearHistoryMessage, wireIDs: list ? wireIDs : wireIDs[0] };
    }
    context.addIssue({
      code: "custom",
      path: ["conversationID"],
      message: "must be there, or conversationIDList",
    });
    return z.NEVER;
  });

/** `pinConversation` */
export const ConversationPin = z.object({ conversationID, isPinned: z.boolean().default(true) });

const SCOPES = {
  readAllMessage: undefined,
  readAllC2CMessage: "direct",
  readAllGroupMessage: "group",
} as const;

/** `setAllMessageRead` */
export const ReadingAll = z.object({
  scope: orConstant(
    z
      .enum(["readAllMessage", "readAllC2CMessage", "readAllGroupMessage"])
      .default("readAllMessage")
      .transform((scope) => SCOPES[scope]),
  ),
});

/** The SDK's names of reminders: how a user is notified of messages. */
export const REMIND_TYPES = {
  usual: "AcceptAndNotify",
  silent: "AcceptNotNotify",
  never: "Discard",
} as const;

const REMINDERS = {
  [REMIND_TYPES.usual]: "usual",
  [REMIND_TYPES.silent]: "silent",
  [REMIND_TYPES.never]: "never",
} as const;

/** `/group/setMessageRemindType`: for a group, or for several users. */
export const Reminding = z
  .object({
    groupID: groupID.optional(),
    userIDList: z
      .array(userID)
      .min(1, "must not be empty")
      .max(MAX_LISTED, `must be at most ${MAX_LISTED} of them`)
      .optional(),
    messageRemindType: orConstant(
      z.enum(["AcceptAndNotify", "AcceptNotNotify", "Discard"]).transform((type) => REMINDERS[type]),
    ),
  })
  .transform(({ groupID: group, userIDList, messageRemindType: reminder }, context) => {
    if (group) return { group, reminder };
    if (userIDList) return { usernames: userIDList, reminder };
    context.addIssue({ code: "custom", path: ["groupID"], message: "must be there, or userIDList" });
    return z.NEVER;
  });
