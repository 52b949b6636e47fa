import type { BodyJson } from "../../domain/messages/content.ts";

/** The body of a row whose body is in an archive. No stored body is empty. */
const MOVED: BodyJson = "";
/** The same of a message with a link: it keeps its entry in the index of attachments. */
const MOVED_LINK: BodyJson = "://";

/** Matches rows whose body is in an archive. */
export const IS_MOVED = `body IN ('${MOVED}', '${MOVED_LINK}')`;

/** What a row gets in place of its body, in SQL. */
export const MOVED_BODY = `iif(kind = 'text' AND poll IS NULL AND instr(body, '://') > 0, '${MOVED_LINK}', '${MOVED}')`;

/** Whether a body is in an archive. */
export function isMoved(body: BodyJson): boolean {
  return body === MOVED || body === MOVED_LINK;
}
