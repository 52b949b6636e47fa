import { badRequest } from "../errors.ts";
import type { Entity, MarkedText } from "./entities.ts";

const TYPES: Readonly<Record<string, string>> = {
  ...{ b: "bold", strong: "bold", i: "italic", em: "italic", u: "underline", ins: "underline" },
  ...{ s: "strikethrough", strike: "strikethrough", del: "strikethrough", "tg-spoiler": "spoiler" },
  ...{ a: "text_link", code: "code", pre: "pre", blockquote: "blockquote", "tg-emoji": "custom_emoji" },
};
const TOKENS =
  /<(\/?)([a-zA-Z][\w-]*)(?![\w-])([^<>]*)>|&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));|</g;
const ATTRIBUTE = /([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?/g;
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };

/** Reads Telegram's HTML. @throws `validation_failed` for what is none */
export function fromHtml(html: string): MarkedText {
  const entities: Entity[] = [];
  const open: { tag: string; entity: Entity | null }[] = [];
  let text = "";
  let at = 0;
  for (const match of html.matchAll(TOKENS)) {
    const [token, slash, name, attributes = "", decimal, hex, named] = match;
    text += html.slice(at, match.index);
    at = match.index + token.length;
    if (token === "<")
      throw unparsed(`Unsupported start tag at byte offset ${bytesBefore(html, match.index)}`);
    if (name === undefined) {
      text += named === undefined ? character(decimal, hex) : (NAMED[named] ?? "");
      continue;
    }
    const tag = name.toLowerCase();
    if (slash === "/") {
      const last = open.pop();
      if (last?.tag !== tag)
        throw unparsed(`Unexpected end tag at byte offset ${bytesBefore(html, match.index)}`);
      if (last.entity) last.entity.length = text.length - last.entity.offset;
      continue;
    }
    const entity = begun(tag, attributes, text.length, open.at(-1)?.entity ?? null);
    if (entity === undefined)
      throw unparsed(`Unsupported start tag "${tag}" at byte offset ${bytesBefore(html, match.index)}`);
    if (entity) entities.push(entity);
    open.push({ tag, entity });
  }
  text += html.slice(at);
  const [unclosed] = open;
  if (unclosed) throw unparsed(`Can't find end tag corresponding to start tag "${unclosed.tag}"`);
  return { text, entities: entities.filter(({ length }) => length > 0) };
}

/** The entity that a tag begins; null: none. undefined: there is no such tag. */
function begun(
  tag: string,
  attributes: string,
  offset: number,
  outer: Entity | null,
): Entity | null | undefined {
  const values = new Map(
    [...attributes.matchAll(ATTRIBUTE)].map(([, name = "", a, b, c]) => [
      name.toLowerCase(),
      a ?? b ?? c ?? "",
    ]),
  );
  const type = tag === "span" && values.get("class") === "tg-spoiler" ? "spoiler" : TYPES[tag];
  if (type === undefined) return undefined;
  const language = /^language-([\w+#.-]{1,30})$/.exec(values.get("class") ?? "")?.[1];
  if (type === "code" && outer?.type === "pre") {
    outer.language = language;
    return null;
  }
  const url = type === "text_link" ? { url: decoded(values.get("href") ?? "") } : {};
  return { type, offset, length: 0, ...url };
}

function decoded(value: string): string {
  return value.replace(/&(lt|gt|amp|quot);/g, (_, name: string) => NAMED[name] ?? "");
}

function character(decimal: string | undefined, hex: string | undefined): string {
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : "";
}

function unparsed(reason: string) {
  return badRequest(`can't parse entities: ${reason}`);
}

/** Telegram counts bytes there. */
function bytesBefore(text: string, end: number): number {
  return new TextEncoder().encode(text.slice(0, end)).length;
}
