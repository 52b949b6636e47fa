import { z } from "zod";
import { IncomingHookName } from "../../domain/conversations/incoming-hook.ts";
import { asHttpUrl, type HttpUrl } from "../../domain/http-url.ts";
import { LIMITS } from "../../domain/limits.ts";
import { codePoints } from "../../domain/text.ts";
import { plain } from "../../lib/markup.ts";

/** UTF-16 units of a text that are read: a message has fewer characters, and marks that go. */
const MAX_READ = 4 * LIMITS.textLength;

const MAX_LISTED = 100;

/** Everything but text, tabs and line ends. */
const CONTROLS = /[\p{Cc}\p{Cs}]/gu;
const CUT = " …";

/** A text of a service, as far as it is read. */
export const ServiceText = z.string().transform(readable);

/** A list of a service, as far as it is read: Slack takes 50 blocks, and shows 100 attachments. */
export const ServiceList = z.array(z.unknown()).transform((list) => list.slice(0, MAX_LISTED));

/** The beginning of a text, before anything is looked for in it. */
export function readable(text: string): string {
  return text.slice(0, MAX_READ);
}

/** Parts of a message, one below the other; without the empty ones. */
export function lines(...parts: readonly (string | undefined | null | false)[]): string {
  return parts.filter((part) => part).join("\n");
}

/**
 * A text as a message takes it: without control characters and rows of empty lines, and cut off where it is
 * longer than a message may be.
 */
export function messageText(text: string): string {
  const clean = readable(text)
    .replace(/\r\n?/g, "\n")
    .replace(CONTROLS, (sign) => (sign === "\n" || sign === "\t" ? sign : ""))
    .replace(/(?<![ \t])[ \t]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  return cut(clean.length > 0 && text.length > MAX_READ ? clean + CUT : clean, LIMITS.textLength);
}

/** A text in one line, at most so long. */
export function oneLine(text: string, max = 200): string {
  return cut(text.replace(/\s+/g, " ").trim(), max);
}

/** A text at most so long, in code points. */
export function cut(text: string, max: number): string {
  if (text.length <= max || (text.length <= 2 * max && codePoints(text) <= max)) return text;
  return (
    [...text.slice(0, 2 * max)]
      .slice(0, max - CUT.length)
      .join("")
      .trimEnd() + CUT
  );
}

/** A name that a service wants to be shown; undefined: none that can be. */
export function shownName(name: string | null | undefined): string | undefined {
  const parsed = IncomingHookName.safeParse(oneLine(name ?? "", LIMITS.name));
  return parsed.success ? parsed.data : undefined;
}

/** An http(s) URL as it can be shown; undefined: it is none. */
export function shownUrl(url: string | null | undefined): HttpUrl | undefined {
  return asHttpUrl(url, LIMITS.url);
}

/** A link; the label alone where the address is none that can be shown. */
export function link(label: string, url: string | null | undefined): string {
  const address = shownUrl(url)?.replace(/[()]/g, (sign) => (sign === "(" ? "%28" : "%29"));
  const shown = oneLine(label);
  if (address === undefined || address.length > 2_000) return plain(shown);
  return shown === "" ? address : `[${plain(shown).replace(/(?<!\\)[[\]]/g, "\\$&")}](${address})`;
}

/** Text in bold; nothing of nothing. */
export function bold(text: string): string {
  const shown = oneLine(text);
  return shown === "" ? "" : `**${shown}**`;
}

/** A text as a quote. */
export function quoted(text: string): string {
  return text === "" ? "" : text.replace(/^/gm, "> ");
}

/** The parts of a text outside of code changed, and code as it is. */
export function outsideCode(text: string, change: (part: string) => string): string {
  // Without an end a fence or a sign is text.
  const parts = text.split(/(```[\s\S]*?```|`[^`\n]+`)/);
  return parts.map((part, i) => (i % 2 === 0 ? change(part) : part)).join("");
}
