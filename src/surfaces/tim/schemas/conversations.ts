import { z } from "zod";
import { integer } from "../../../http/fields.ts";
import { conversationID, groupID, userID, wireConversationID } from "../ids.ts";

/** The most conversations of one call. */
const MOST = 100;

const conversationIDs = z
  .array(conversationID)
  .min(1, "must not be empty")
  .max(MOST, `must be at most ${MOST} of them`);

/** `/conversation/getConversationList` */
export const ListOfConversations = z.object({
  conversationID: z
    .union([conversationID.transform((one) => [one]), conversationIDs], {
      error: `must be a conversation's id, or 1 to ${MOST} of them`,
    })
    .optional(),
  count: integer
    .pipe(z.int().min(1, "must be at least 1").max(MOST, `must be at most ${MOST}`))
    .default(MOST),
});

/** `/conversation/getConversationProfile` */
export const OneConversation = z.object({ conversationID });

/** `/conversation/deleteConversation`: one, or several. */
export const Deletion = z
  .object({
    conversationID: conversationID.optional(),
    conversationIDList: conversationIDs.optional(),
    clearHistoryMessage: z.boolean().default(true),
  })
  .transform(({ conversationID: one, conversationIDList: several, clearHistoryMessage }, context) => {
    const names = several ?? (one ? [one] : []);
    if (names.length > 0) {
      const called = names.map(wireConversationID);
      return { names, keepsHistory: !clearHistoryMessage, called: several ? called : called[0] };
    }
    context.addIssue({
      code: "custom",
      path: ["conversationID"],
      message: "must be there, or conversationIDList",
    });
    return z.NEVER;
  });

/** What the SDK calls the ways to hear of what comes. */
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

/** `/group/setMessageRemindType`: of a group, or of several people. */
export const Reminding = z
  .object({
    groupID: groupID.optional(),
    userIDList: z
      .array(userID)
      .min(1, "must not be empty")
      .max(MOST, `must be at most ${MOST} of them`)
      .optional(),
    messageRemindType: z
      .enum(["AcceptAndNotify", "AcceptNotNotify", "Discard"])
      .transform((type) => REMINDERS[type]),
  })
  .transform(({ groupID: group, userIDList, messageRemindType: reminder }, context) => {
    if (group) return { group, reminder };
    if (userIDList) return { usernames: userIDList, reminder };
    context.addIssue({ code: "custom", path: ["groupID"], message: "must be there, or userIDList" });
    return z.NEVER;
  });
