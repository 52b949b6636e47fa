import { z } from "zod";
import { LIMITS } from "../limits.ts";

/** What a message shows of the page that it links to. Title and description are the words of that page. */
export const LinkPreview = z.object({
  /** as the message names it */
  url: z.string(),
  title: z.string(),
  description: z.string().optional(),
  siteName: z.string().optional(),
  /** the URL of a file of this server as it is stored, and its size in pixels */
  image: z.object({ url: z.string(), width: z.int(), height: z.int() }).optional(),
});
export type LinkPreview = z.infer<typeof LinkPreview>;

/** Parses the column `link_preview`. */
export function readLinkPreview(stored: string): LinkPreview {
  return LinkPreview.parse(JSON.parse(stored));
}

/** In place of a stored preview: the sender wants none. */
export const NO_PREVIEW = "";

/** A link in a text: up to what cannot be in one, or ends a sentence in Chinese or Japanese. */
const LINK = /https?:\/\/[^\s<>"`\u3000-\u303f\uff00-\uffef]+/i;
/** What ends a sentence, or a quotation, behind a link. */
const BEHIND = /(?<![.,;:!?'*_~)\]}])[.,;:!?'*_~)\]}]+$/;

const Text = z.object({ text: z.string() });

/**
 * The link of which a text message shows a preview: the first one, without its fragment.
 * @param body of a message of the kind `text`, in JSON
 * @returns null: there is none
 */
export function linkIn(body: string): string | null {
  // Most texts name no address: this test takes a fraction of a microsecond.
  if (!body.includes("://")) return null;
  const { data } = Text.safeParse(JSON.parse(body));
  const [found] = LINK.exec(data?.text ?? "") ?? [];
  const url = found === undefined ? null : URL.parse(withoutEnd(found));
  if (!url) return null;
  url.hash = "";
  return url.href.length <= LIMITS.url ? url.href : null;
}

/** A bracket belongs to a link that has opened it, as in many addresses of Wikipedia. */
function withoutEnd(found: string): string {
  const shorter = found.replace(BEHIND, "");
  return shorter.includes("(") && found[shorter.length] === ")" ? `${shorter})` : shorter;
}
