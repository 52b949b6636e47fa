import { z } from "zod";
import { ConversationCode, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type FieldOptions, integer, pageSize } from "../../http/fields.ts";

/** Bodies are JSON or forms: the document has JSON, and some libraries send forms. */
export const BODY: FieldOptions = { maxBytes: LIMITS.writtenBytes, forms: true };

/** The largest page; a larger `page_size` is reduced to it. */
const MAX_PAGE_SIZE = 50;

const positive = integer.pipe(z.int().positive({ error: "must be a positive integer" }));
const chat_code = z
  .string({ error: "must be a chat code, as the other calls give it" })
  .pipe(ConversationCode);
const target_id = integer.pipe(UserId);

/** `user-chat/list` */
export const Listing = z.object({
  page: positive.default(1),
  page_size: pageSize(MAX_PAGE_SIZE).default(MAX_PAGE_SIZE),
});
export type Listing = z.infer<typeof Listing>;

/** `user-chat/view` */
export const Viewing = z.object({ chat_code });

/** `user-chat/create` */
export const Creation = z.object({ target_id });

/** `user-chat/delete`: a library names the other user instead of the conversation. */
export const Deletion = z
  .object({ chat_code: chat_code.nullish(), target_id: target_id.nullish() })
  .transform(({ chat_code: code, target_id: peer }, context) => {
    if (code) return { code };
    if (peer) return { peer };
    context.addIssue({ code: "custom", path: ["chat_code"], message: "must be there" });
    return z.NEVER;
  });
