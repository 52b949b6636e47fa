import { z } from "zod";
import { plain } from "../../../lib/markup.ts";
import { bold, link, quoted, readable, ServiceList, ServiceText } from "../text.ts";
import { fromMrkdwn } from "./markdown.ts";

/** Blocks in each other beyond this depth are left out. */
const MAX_DEPTH = 8;

const text = ServiceText.optional().catch(undefined);
const many = ServiceList.optional().catch(undefined);
const one = z
  .unknown()
  .transform((given) => (typeof given === "string" ? readable(given) : given))
  .optional();

/** What of a block, an element or a text object is read; each type has some of it. */
const Part = z.object({
  ...{ type: text, url: text, image_url: text, alt_text: text, name: text, user_id: text, channel_id: text },
  ...{ range: text, unicode: text, value: text, style: one, title: one, text: one },
  ...{ elements: many, fields: many, accessory: one },
});
type Part = z.infer<typeof Part>;

/** The text of blocks, one below the other. Buttons are links where they have an address. */
export function blocksText(blocks: readonly unknown[]): string {
  return all(blocks, (block) => blockText(block)).join("\n\n");
}

function all(given: readonly unknown[] | undefined, write: (part: Part) => string): string[] {
  return (given ?? []).map((one) => written(one, write)).filter((shown) => shown !== "");
}

function written(given: unknown, write: (part: Part) => string): string {
  const part = Part.safeParse(given);
  return part.success ? write(part.data) : "";
}

function blockText(block: Part): string {
  switch (block.type) {
    case "header":
      return bold(textOf(block.text));
    case "section":
      return [textOf(block.text), ...all(block.fields, textObject), written(block.accessory, elementText)]
        .filter((shown) => shown !== "")
        .join("\n");
    case "markdown":
      return typeof block.text === "string" ? block.text : "";
    case "context":
      return all(block.elements, (part) => textObject(part) || elementText(part)).join(" · ");
    case "actions":
      return all(block.elements, elementText).join(" · ");
    case "image":
    case "video":
      return elementText(block);
    case "rich_text":
      return all(block.elements, (part) => richText(part, 0)).join("\n");
    default:
      return "";
  }
}

/** A text object: `plain_text` or `mrkdwn`. */
function textObject({ type, text: value }: Part): string {
  if (typeof value !== "string") return "";
  return type === "mrkdwn" ? fromMrkdwn(value) : type === "plain_text" ? plain(value) : "";
}

const textOf = (given: unknown) => written(given, textObject);

/** A picture, or a button that leads somewhere: anything else is of no use here. */
function elementText({ type, url, image_url, alt_text = "", title, text: label }: Part): string {
  if (type === "image") return link(alt_text || labelOf(title), image_url);
  if (type === "video") return link(alt_text || labelOf(title), url);
  return type === "button" && url !== undefined ? link(labelOf(label), url) : "";
}

/** The text of a text object, without a mark. */
const labelOf = (given: unknown) =>
  written(given, ({ text: value }) => (typeof value === "string" ? value : ""));

function richText(part: Part, depth: number): string {
  if (depth > MAX_DEPTH) return "";
  const inside = () => all(part.elements, (inner) => inline(inner)).join("");
  switch (part.type) {
    case "rich_text_section":
      return inside();
    case "rich_text_quote":
      return quoted(inside());
    case "rich_text_preformatted":
      return `\`\`\`\n${all(part.elements, rawText).join("")}\n\`\`\``;
    case "rich_text_list":
      return all(part.elements, (item) => richText(item, depth + 1))
        .map((item) => `- ${item}`)
        .join("\n");
    default:
      return "";
  }
}

const rawText = ({ text: value, url = "" }: Part) => (typeof value === "string" ? value : url);

const Style = z.object({ bold: z.unknown(), italic: z.unknown(), strike: z.unknown(), code: z.unknown() });

/** A part of a line. */
function inline(part: Part): string {
  const value = typeof part.text === "string" ? part.text : "";
  switch (part.type) {
    case "text":
      return styled(value, part.style);
    case "link":
      return link(value, part.url);
    case "user":
      return `@${part.user_id ?? ""}`;
    case "channel":
      return `#${part.channel_id ?? ""}`;
    case "broadcast":
      return `@${part.range ?? ""}`;
    case "emoji":
      return emoji(part);
    default:
      return "";
  }
}

function emoji({ unicode, name = "" }: Part): string {
  const points = (unicode ?? "").split("-").map((point) => Number.parseInt(point, 16));
  const isValid = points.every((point) => point > 0 && point <= 0x10ffff);
  return isValid ? String.fromCodePoint(...points) : `:${name}:`;
}

/** Blanks stay outside of marks, where they would make them text. */
function styled(value: string, given: unknown): string {
  const style = Style.partial().safeParse(given);
  const inner = value.trim();
  const from = value.indexOf(inner);
  const [before, after] = [value.slice(0, from), value.slice(from + inner.length)];
  if (!style.success || inner === "") return plain(value);
  if (style.data.code) return `${before}\`${inner.replaceAll("`", "'")}\`${after}`;
  let shown = plain(inner);
  if (style.data.strike) shown = `~~${shown}~~`;
  if (style.data.italic) shown = `_${shown}_`;
  if (style.data.bold) shown = `**${shown}**`;
  return before + shown + after;
}
