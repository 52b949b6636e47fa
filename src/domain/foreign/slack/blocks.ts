import { z } from "zod";
import { plain } from "../../../lib/markup.ts";
import { withEmoji } from "../emoji.ts";
import { codeBlock } from "../kept.ts";
import { fromMarkdown } from "../markdown.ts";
import { type ForeignNames, NO_NAMES } from "../names.ts";
import { heading, lines, link, many, quoted, readable, text } from "../text.ts";
import { fromMrkdwn } from "./mrkdwn.ts";
import { type StyledPart, styledLine } from "./styles.ts";

/** Blocks in each other beyond this depth are left out. */
const MAX_DEPTH = 8;
/** What a list may be indented by. */
const MAX_INDENT = 4;

const one = z
  .unknown()
  .transform((given) => (typeof given === "string" ? readable(given) : given))
  .optional();
const number = z.number().int().nonnegative().max(1_000_000_000).optional().catch(undefined);

/** What of a block, an element or a text object is read; each type has some of it. */
const Part = z.object({
  ...{ type: text, url: text, image_url: text, alt_text: text, name: text, user_id: text, channel_id: text },
  ...{ usergroup_id: text, range: text, unicode: text, value: text, style: one, title: one, text: one },
  ...{ title_url: text, fallback: text, indent: number, offset: number, timestamp: number },
  ...{ elements: many, fields: many, rows: many, accessory: one },
});
type Part = z.infer<typeof Part>;

/** Blocks that say nothing, or only ask for something. */
const SILENT: ReadonlySet<string> = new Set(["divider", "input"]);

/** Slack's blocks, as text in our Markdown. */
export class SlackBlocks {
  readonly #names: ForeignNames;
  readonly #onUnknown: (type: string) => void;

  /** @param onUnknown is told of each block of a type that cannot be shown */
  constructor(names: ForeignNames = NO_NAMES, onUnknown: (type: string) => void = () => {}) {
    this.#names = names;
    this.#onUnknown = onUnknown;
  }

  /** The text of blocks, one below the other. Buttons are links where they have an address. */
  textOf(blocks: readonly unknown[]): string {
    return all(blocks, (block) => this.#block(block)).join("\n\n");
  }

  #block(block: Part): string {
    switch (block.type) {
      case "header":
        return heading(this.#textIn(block.text));
      case "section":
        return lines(
          this.#textIn(block.text),
          ...all(block.fields, (field) => this.#textObject(field)),
          written(block.accessory, elementText),
        );
      case "markdown":
        return typeof block.text === "string" ? fromMarkdown(block.text) : "";
      case "context":
        return all(block.elements, (part) => this.#textObject(part) || elementText(part)).join(" · ");
      case "actions":
      case "context_actions":
        return all(block.elements, elementText).join(" · ");
      case "image":
      case "video":
        return elementText(block);
      case "rich_text":
        return all(block.elements, (part) => this.#richText(part, 0)).join("\n");
      case "table":
        return (block.rows ?? []).map((row) => this.#row(row)).join("\n");
      default:
        if (!SILENT.has(block.type ?? "")) this.#onUnknown(block.type ?? "");
        return "";
    }
  }

  #row(given: unknown): string {
    const cells = Array.isArray(given) ? given.slice(0, 100) : [];
    const cellText = (part: Part) =>
      part.type === "rich_text"
        ? all(part.elements, (inner) => this.#richText(inner, 0)).join(" ")
        : plain(labelOf(part));
    return cells.map((cell) => written(cell, cellText)).join(" | ");
  }

  /** A text object: `plain_text` or `mrkdwn`. */
  #textObject({ type, text: value }: Part): string {
    if (typeof value !== "string") return "";
    if (type === "mrkdwn") return fromMrkdwn(value, this.#names);
    return type === "plain_text" ? plain(withEmoji(value)) : "";
  }

  #textIn(given: unknown): string {
    return written(given, (part) => this.#textObject(part));
  }

  #richText(part: Part, depth: number): string {
    if (depth > MAX_DEPTH) return "";
    const inside = () =>
      styledLine((part.elements ?? []).flatMap((given) => this.#inline(Part.safeParse(given).data)));
    switch (part.type) {
      case "rich_text_section":
        return inside();
      case "rich_text_quote":
        return quoted(inside());
      case "rich_text_preformatted":
        return codeBlock(all(part.elements, rawText).join(""));
      case "rich_text_list":
        return this.#list(part, depth);
      default:
        return "";
    }
  }

  #list({ elements, style, indent = 0, offset = 0 }: Part, depth: number): string {
    const before = "  ".repeat(Math.min(indent, MAX_INDENT));
    return all(elements, (item) => this.#richText(item, depth + 1))
      .map((item, i) => {
        const marker = style === "ordered" ? `${offset + i + 1}.` : "-";
        return `${before}${marker} ${item.replaceAll("\n", `\n${before}  `)}`;
      })
      .join("\n");
  }

  /** A part of a line. */
  #inline(part: Part | undefined): StyledPart[] {
    if (!part) return [];
    const { fallback = "", value = "" } = part;
    const own = typeof part.text === "string" ? part.text : "";
    const styles = stylesOf(part.style);
    const shown = (letters: string): StyledPart => ({ text: letters, styles });
    switch (part.type) {
      case "text":
        return [shown(own)];
      case "link":
        return styles.has("code")
          ? [shown(own || (part.url ?? ""))]
          : [{ text: own, shown: link(withEmoji(own), part.url), styles }];
      case "user":
        return [shown(`@${this.#names.user(part.user_id ?? "") ?? part.user_id ?? ""}`)];
      case "usergroup":
        return [shown(`@${part.usergroup_id ?? ""}`)];
      case "channel":
        return [shown(`#${this.#names.channel(part.channel_id ?? "") ?? part.channel_id ?? ""}`)];
      case "broadcast":
        return [shown(`@${this.#names.everybody(part.range ?? "")}`)];
      case "emoji":
        return [shown(emoji(part))];
      case "date":
        return [shown(fallback || timeOf(part.timestamp))];
      default:
        return [shown(own || value)];
    }
  }
}

function all(given: readonly unknown[] | undefined, write: (part: Part) => string): string[] {
  return (given ?? []).map((one) => written(one, write)).filter((shown) => shown !== "");
}

function written(given: unknown, write: (part: Part) => string): string {
  const part = Part.safeParse(given);
  return part.success ? write(part.data) : "";
}

/** A picture, or a button that leads somewhere: anything else is of no use here. */
function elementText({ type, url, image_url, title_url, alt_text = "", title, text: label }: Part): string {
  if (type === "image") return link(alt_text || titleOf(title), image_url);
  if (type === "video") return link(titleOf(title) || alt_text, title_url ?? url);
  return type === "button" && url !== undefined ? link(withEmoji(titleOf(label)), url) : "";
}

/** The text of a text object, or a text, without a mark. */
const titleOf = (given: unknown) => (typeof given === "string" ? given : written(given, labelOf));

const labelOf = ({ text: value }: Part) => (typeof value === "string" ? value : "");

const rawText = ({ text: value, url = "" }: Part) => (typeof value === "string" && value ? value : url);

function emoji({ unicode, name = "" }: Part): string {
  const points = (unicode ?? "").split("-").map((point) => Number.parseInt(point, 16));
  const isValid = points.every((point) => point > 0 && point <= 0x10ffff);
  return isValid ? String.fromCodePoint(...points) : withEmoji(`:${name}:`);
}

function timeOf(seconds: number | undefined): string {
  const time = new Date((seconds ?? Number.NaN) * 1_000);
  return Number.isNaN(time.getTime()) ? "" : `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

const Styles = z.record(z.string(), z.unknown()).catch({});

function stylesOf(given: unknown): ReadonlySet<string> {
  const styles = Object.entries(Styles.parse(given)).filter(([, isOn]) => isOn);
  return new Set(styles.map(([style]) => style));
}
