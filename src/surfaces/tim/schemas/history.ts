import { z } from "zod";
import { integer, pageSize } from "../../../http/fields.ts";
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

/** The directions of a page from a point on: 0, to older messages, or 1, to newer ones. */
const direction = integer.pipe(z.union([z.literal(0), z.literal(1)])).default(0);
const point = integer.pipe(z.int().nonnegative());

/**
 * `/message/getMessageListHopping`: messages from a point on, the point included; it is a `sequence` or a
 * `time` in seconds. Without a point the newest messages, or the oldest.
 */
export const HoppingPage = z
  .object({
    ...{ conversationID, count, direction },
    ...{ sequence: point.optional(), time: point.optional() },
  })
  .transform(({ conversationID: name, count: limit, direction, sequence, time }) => {
    const isNewer = direction === 1;
    return { name, limit, isNewer, bounds: isNewer ? from(sequence, time) : upTo(sequence, time) };
  });

function from(sequence: number | undefined, time: number | undefined) {
  if (sequence !== undefined) return { after: Math.max(0, sequence - 1) };
  return time === undefined ? { after: 0 } : { at: time * 1_000 };
}

function upTo(sequence: number | undefined, time: number | undefined) {
  if (sequence !== undefined) return { before: sequence + 1 };
  return time === undefined ? {} : { until: time * 1_000 + 999 };
}

/** `/message/setMessageRead` */
export const Reading = z.object({ conversationID });
