import { z } from "zod";
import { pageSize } from "../../../http/fields.ts";
import { conversationID, notificationID, sentID, sentPlace } from "../ids.ts";

/** The most messages of one page, and the default. */
const PAGE = 15;

/** `/message/revokeMessage`: a message, or its `ID`. */
export const Revocation = z
  .object({ ID: sentID.optional(), message: z.object({ ID: sentID }).optional() })
  .transform(({ ID, message }, context) => {
    const place = ID ?? message?.ID;
    if (place) return place;
    context.addIssue({ code: "custom", path: ["ID"], message: "must be there, or a message which has one" });
    return z.NEVER;
  });

const count = pageSize(PAGE).default(PAGE);

/** `/message/getMessageList`: of a conversation, or of the conversation with the notifications. */
export const PageOfMessages = z
  .object({ conversationID, count, nextReqMessageID: z.string().default("") })
  .transform(({ conversationID: name, count: limit, nextReqMessageID: text }, context) => {
    const isSystem = name.type === "system";
    const next = (isSystem ? notificationID : sentPlace).safeParse(text);
    if (text !== "" && !next.success) {
      const message = 'must be what the page before has given, or ""';
      context.addIssue({ code: "custom", path: ["nextReqMessageID"], message });
      return z.NEVER;
    }
    const before = next.success ? next.data : undefined;
    if (typeof before === "number") return { name: null, before, limit };
    return isSystem ? { name: null, before: undefined, limit } : { name, before, limit };
  });

/** `/message/setMessageRead` */
export const Reading = z.object({ conversationID });
