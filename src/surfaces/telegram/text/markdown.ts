import { badRequest } from "../errors.ts";
import type { Entity, MarkedText } from "./entities.ts";

/** The marks of MarkdownV2, the longer ones first. */
const MARKS_V2 = [
  ["||", "spoiler"],
  ["__", "underline"],
  ["*", "bold"],
  ["_", "italic"],
  ["~", "strikethrough"],
] as const;
/** Those of the older Markdown, which are never within each other. */
const MARKS_V1 = [
  ["*", "bold"],
  ["_", "italic"],
] as const;

const RESERVED_V2 = /[_*[\]()~`>#+\-=|{}.!]/;
const ESCAPABLE_V1 = /[_*`[]/;
const FENCE = "```";
/** Begin and end of a quote that people open. */
const EXPANDABLE = "**>";
const QUOTE_END = "||";

/** Reads MarkdownV2. @throws `validation_failed` for what is none */
export function fromMarkdownV2(markdown: string): MarkedText {
  return new Reader(markdown, true).read();
}

/** Reads the older Markdown. @throws `validation_failed` for what is none */
export function fromMarkdown(markdown: string): MarkedText {
  return new Reader(markdown, false).read();
}

interface Open extends Entity {
  mark: string;
}

class Reader {
  readonly #source: string;
  readonly #isV2: boolean;
  readonly #entities: Entity[] = [];
  readonly #open: Open[] = [];
  #text = "";
  #at = 0;
  #quote: Entity | null = null;

  constructor(source: string, isV2: boolean) {
    this.#source = source;
    this.#isV2 = isV2;
  }

  read(): MarkedText {
    while (this.#at < this.#source.length) this.#step();
    this.#endQuote(this.#text.length);
    const last = this.#open.at(-1);
    if (last) throw unparsed(`Can't find end of ${nameOf(last.type)} entity`);
    const entities = this.#entities.filter(({ length }) => length > 0);
    return { text: this.#text, entities };
  }

  #step(): void {
    const source = this.#source;
    const sign = source[this.#at] ?? "";
    if (this.#isV2 && this.#isLineStart) {
      if (source.startsWith(EXPANDABLE, this.#at)) {
        this.#endQuote(this.#text.length - 1);
        this.#quote = this.#begin("expandable_blockquote");
        this.#at += EXPANDABLE.length;
        return;
      }
      if (sign === ">") {
        this.#quote ??= this.#begin("blockquote");
        this.#at++;
        return;
      }
      this.#endQuote(this.#text.length - 1);
    }
    if (this.#isQuoteEnd) {
      this.#at += QUOTE_END.length;
      return;
    }
    if (sign === "\\" && this.#isEscape(source[this.#at + 1])) {
      this.#text += source[this.#at + 1] ?? "";
      this.#at += 2;
      return;
    }
    if (sign === "`") {
      this.#code();
      return;
    }
    if (sign === "[" || (this.#isV2 && source.startsWith("![", this.#at))) {
      this.#beginLink();
      return;
    }
    if (sign === "]" && this.#open.at(-1)?.mark === "[") {
      this.#endLink();
      return;
    }
    const [mark, type] =
      (this.#isV2 ? MARKS_V2 : MARKS_V1).find(([one]) => source.startsWith(one, this.#at)) ?? [];
    if (mark !== undefined && type !== undefined) {
      this.#toggle(mark, type);
      return;
    }
    if (this.#isV2 && RESERVED_V2.test(sign))
      throw unparsed(`Character '${sign}' is reserved and must be escaped with the preceding '\\'`);
    this.#text += sign;
    this.#at++;
  }

  get #isLineStart(): boolean {
    return this.#at === 0 || this.#source[this.#at - 1] === "\n";
  }

  /** The mark at the end of a quote that opens: it is none of a spoiler. */
  get #isQuoteEnd(): boolean {
    if (this.#quote?.type !== "expandable_blockquote" || !this.#source.startsWith(QUOTE_END, this.#at))
      return false;
    const next = this.#source[this.#at + QUOTE_END.length] ?? "\n";
    return next === "\n" && !this.#open.some(({ mark }) => mark === QUOTE_END);
  }

  #isEscape(next: string | undefined): boolean {
    if (next === undefined) return false;
    return this.#isV2 ? next >= "\u0001" && next <= "\u007e" : ESCAPABLE_V1.test(next);
  }

  #begin(type: string): Entity {
    const entity = { type, offset: this.#text.length, length: 0 };
    this.#entities.push(entity);
    return entity;
  }

  #endQuote(end: number): void {
    if (!this.#quote) return;
    this.#quote.length = end - this.#quote.offset;
    this.#quote = null;
  }

  #toggle(mark: string, type: string): void {
    const last = this.#open.at(-1);
    this.#at += mark.length;
    if (last?.mark === mark) {
      this.#open.pop();
      last.length = this.#text.length - last.offset;
      return;
    }
    if (this.#open.some((one) => one.mark === mark))
      throw unparsed(`Can't find end of ${nameOf(type)} entity`);
    const open = Object.assign(this.#begin(type), { mark });
    this.#open.push(open);
  }

  #beginLink(): void {
    this.#at += this.#source[this.#at] === "!" ? 2 : 1;
    this.#open.push(Object.assign(this.#begin("text_link"), { mark: "[" }));
  }

  #endLink(): void {
    const link = this.#open.pop();
    if (!link) return;
    link.length = this.#text.length - link.offset;
    // Without a bracket in it, so that addresses without an end are read once.
    const [whole, address] = /^\]\(((?:\\.|[^)\\[])*)\)/.exec(this.#source.slice(this.#at)) ?? [];
    if (whole === undefined) {
      // Without an address it is text.
      if (this.#isV2) throw unparsed("Can't find end of a URL");
      this.#entities.splice(this.#entities.indexOf(link), 1);
      this.#text = `${this.#text.slice(0, link.offset)}[${this.#text.slice(link.offset)}]`;
      this.#at++;
      return;
    }
    link.url = address?.replace(/\\(.)/g, "$1");
    this.#at += whole.length;
  }

  #code(): void {
    const isFence = this.#source.startsWith(FENCE, this.#at);
    const mark = isFence ? FENCE : "`";
    const from = this.#at + mark.length;
    const end = this.#endOfCode(mark, from);
    if (end === -1) throw unparsed(`Can't find end of ${isFence ? "PreCode" : "Code"} entity`);
    const inside = this.#source.slice(from, end);
    const [start = "", language] = (isFence && /^([\w+#.-]{1,30})?\n/.exec(inside)) || [];
    const entity = this.#begin(isFence ? "pre" : "code");
    if (language !== undefined) Object.assign(entity, { language });
    const raw = inside.slice(start.length);
    this.#text += this.#isV2 ? raw.replace(/\\([`\\])/g, "$1") : raw;
    entity.length = this.#text.length - entity.offset;
    this.#at = end + mark.length;
  }

  #endOfCode(mark: string, from: number): number {
    for (let i = from; i < this.#source.length; i++) {
      if (this.#isV2 && this.#source[i] === "\\") i++;
      else if (this.#source.startsWith(mark, i)) return i;
    }
    return -1;
  }
}

function nameOf(type: string): string {
  if (type === "text_link") return "TextUrl";
  return type.replace(/^./, (sign) => sign.toUpperCase());
}

function unparsed(reason: string) {
  return badRequest(`can't parse entities: ${reason}`);
}
