import { z } from "zod";
import { quote } from "../text/quote.ts";
import type { SlackAttachment } from "./shapes.ts";

/** Anything that may be inside of a block. */
const Element = z.object({
  type: z.string().optional(),
  text: z.unknown().optional(),
  url: z.string().optional(),
  user_id: z.string().optional(),
  channel_id: z.string().optional(),
  range: z.string().optional(),
  name: z.string().optional(),
  alt_text: z.string().optional(),
  elements: z.array(z.unknown()).optional(),
  fields: z.array(z.unknown()).optional(),
});
const TextObject = z.object({ text: z.string() });
const LINES = new Set([
  "rich_text_section",
  "rich_text_quote",
  "rich_text_preformatted",
  "section",
  "header",
]);
const MAX_DEPTH = 8;

/**
 * The text of blocks, in the markup of Slack, where a message has blocks alone.
 * @see https://docs.slack.dev/reference/block-kit/blocks
 */
export function blocksText(blocks: readonly unknown[], depth = 0): string {
  const texts = blocks.map((block) => {
    const parsed = Element.safeParse(block);
    return parsed.success && depth < MAX_DEPTH ? elementText(parsed.data, depth) : "";
  });
  return texts.join("").trim();
}

function elementText(element: z.infer<typeof Element>, depth: number): string {
  const { type, text, url, elements = [], fields = [] } = element;
  if (type === "user" && element.user_id) return `<@${element.user_id}>`;
  if (type === "channel" && element.channel_id) return `<#${element.channel_id}>`;
  if (type === "broadcast" && element.range) return `<!${element.range}>`;
  if (type === "emoji" && element.name) return `:${element.name}:`;
  const object = TextObject.safeParse(text);
  const own = typeof text === "string" ? text : object.success ? object.data.text : "";
  if (type === "link" && url) return own ? `<${url}|${own}>` : `<${url}>`;
  if (type === "image") return element.alt_text ? `[${element.alt_text}]\n` : "";
  const inner = own + blocksText([...elements, ...fields], depth + 1);
  return inner !== "" && (LINES.has(type ?? "") || depth === 0) ? `${inner}\n` : inner;
}

/**
 * The text of an attachment of an app, in the markup of Slack. `""`: it only shows a link of the text again
 */
export function attachmentText(attachment: SlackAttachment, text: string): string {
  const { pretext, title, title_link: link, fields, from_url: from, original_url: original } = attachment;
  const isShare = attachment.is_msg_unfurl || attachment.is_share;
  if (!isShare && [from, original].some((url) => url && text.includes(url))) return "";
  const heading = title && link ? `<${link}|${title}>` : title;
  const body = [
    ...[attachment.author_name, heading, attachment.text],
    ...(fields ?? []).map((field) => [field.title, field.value].filter(Boolean).join(": ")),
    attachment.image_url && `<${attachment.image_url}>`,
  ];
  return [pretext, quote(body, "&gt;")].filter(Boolean).join("\n") || (attachment.fallback ?? "");
}
