import { WINDOWS_PATH } from "../../lib/windows-path.ts";
import { addressAt, hostToShow, mailAt, match, targetAt } from "./links.ts";
import { type Inline, type NameReader, type Styled, textOf } from "./tree.ts";
import { isBehindWord } from "./words.ts";

const STYLES: Readonly<Record<string, Styled>> = {
  "**": "bold",
  "*": "italic",
  _: "italic",
  "~~": "strike",
  "||": "spoiler",
};
/** Where something other than text may begin or end. */
const SPECIAL = /[*_~|`[\]\\@]|https?:\/\/|mailto:|www\./gi;
/** A backslash that is part of what it stands in: the arm of a shrug, a path of Windows. */
const NO_ESCAPE = new RegExp(`\\\\_\\(ツ\\)_/|${WINDOWS_PATH.source}`, "iy");
/** A colon behind a single letter would make a path of what follows. */
const ESCAPED = /\\[*_~|`[\]\\@>#-]|(?<=\b[a-z])\\:/iy;
/** As many signs as begin or end two styles at once. */
const MAX_RUN = 3;
const WORD = /[\p{L}\p{N}]/u;
const ASCII_WORD = /[a-z0-9]/i;

/**
 * A mark that was opened and not closed yet, with what stands behind it. The first one is the text itself.
 */
interface Frame {
  readonly mark: string;
  readonly children: Inline[];
  /** where its content begins */
  readonly start: number;
  hasLink: boolean;
}

/**
 * Parses a text without its lines: styles, code, links, addresses and mentions. Each mark is open once at
 * most, so the depth is bounded, and the time grows with the length alone.
 * @param names what may stand behind an `@`: where several have a name, the first one decides
 */
export function parseInline(text: string, names: readonly NameReader[]): Inline[] {
  return new InlineParser(text, names).parse();
}

class InlineParser {
  readonly #text: string;
  readonly #names: readonly NameReader[];
  readonly #root: Frame = { mark: "", children: [], start: 0, hasLink: false };
  readonly #frames: Frame[] = [this.#root];
  #ends: Map<number, number> | undefined;
  #at = 0;

  constructor(text: string, names: readonly NameReader[]) {
    this.#text = text;
    this.#names = names;
  }

  parse(): Inline[] {
    const text = this.#text;
    const special = new RegExp(SPECIAL);
    while (this.#at < text.length) {
      special.lastIndex = this.#at;
      const next = special.exec(text)?.index ?? text.length;
      this.#take(next - this.#at);
      if (next < text.length) this.#special();
    }
    while (this.#frames.length > 1) this.#dissolve(this.#frames.length - 1);
    return this.#root.children;
  }

  /** What begins with the sign at hand. */
  #special(): void {
    const sign = this.#text[this.#at] ?? "";
    if (sign === "`") this.#code();
    else if (sign === "\\") this.#escape();
    else if (sign === "@") this.#mention();
    else if (sign === "[") this.#open("[");
    else if (sign === "]") this.#endLabel();
    else if ("*_~|".includes(sign)) this.#mark(sign);
    else this.#address();
  }

  /** Adds the next characters as they are. */
  #take(length: number): void {
    this.#write(this.#top, this.#text.slice(this.#at, this.#at + length));
    this.#at += length;
  }

  #write({ children }: Frame, text: string): void {
    if (text === "") return;
    const last = children.at(-1);
    if (last?.type === "text") children[children.length - 1] = { type: "text", text: last.text + text };
    else children.push({ type: "text", text });
  }

  get #top(): Frame {
    return this.#frames.at(-1) ?? this.#root;
  }

  #escape(): void {
    const whole = match(NO_ESCAPE, this.#text, this.#at);
    if (!whole && match(ESCAPED, this.#text, this.#at)) this.#at++;
    this.#take(whole.length || 1);
  }

  /** Marks of a style: `**`, `~~` … A run that is none of them is text. */
  #mark(sign: string): void {
    const text = this.#text;
    let end = this.#at + 1;
    while (text[end] === sign) end++;
    const run = end - this.#at;
    const isSingle = sign === "_" || (sign === "*" && (run === 1 || (this.#top.mark === "*" && run === 3)));
    const mark = isSingle ? sign : sign + sign;
    if (run < mark.length || run > MAX_RUN || (sign === "_" && run > 1)) {
      this.#take(run);
      return;
    }
    const before = text[this.#at - 1] ?? " ";
    const after = text[this.#at + mark.length] ?? " ";
    // A `_` inside of a word is text, and so is a `*` between two letters or digits without accents.
    const word = mark === "_" ? WORD : ASCII_WORD;
    const isInWord = mark.length === 1 && word.test(before) && word.test(after);
    const frame = this.#frames.findLastIndex((one) => one.mark === mark);
    const isEmpty = this.#frames[frame]?.start === this.#at;
    if (frame > 0 && !isEmpty && /\S/.test(before) && !isInWord) this.#close(frame, mark);
    else if (/\S/.test(after) && !(mark.length === 1 && word.test(before))) this.#open(mark);
    else this.#take(mark.length);
  }

  #open(mark: string): void {
    const known = this.#frames.findLastIndex((one) => one.mark === mark);
    if (known > 0) this.#dissolve(known);
    this.#at += mark.length;
    this.#frames.push({ mark, children: [], start: this.#at, hasLink: false });
  }

  #close(at: number, mark: string): void {
    while (this.#frames.length > at + 1) this.#dissolve(this.#frames.length - 1);
    const frame = this.#frames.pop();
    const type = STYLES[mark];
    if (frame && type) this.#add({ type, children: frame.children });
    this.#at += mark.length;
  }

  /** An open mark was none: what stands behind it belongs to the mark before. */
  #dissolve(at: number): void {
    const [frame] = this.#frames.splice(at, 1);
    const below = this.#frames[at - 1];
    if (!frame || !below) return;
    this.#write(below, frame.mark);
    for (const child of frame.children) {
      if (child.type === "text") this.#write(below, child.text);
      else below.children.push(child);
    }
  }

  #add(node: Inline): void {
    this.#top.children.push(node);
  }

  /** Adds what must not stand in a link. */
  #addLink(node: Inline): void {
    for (const frame of this.#frames) frame.hasLink = true;
    this.#add(node);
  }

  /**
   * `]`: with an address behind it a link has ended. A label that shows an address of its own stays text, so
   * that a link leads where it says.
   */
  #endLabel(): void {
    const at = this.#frames.findLastIndex((one) => one.mark === "[");
    const frame = this.#frames[at];
    if (!frame) {
      this.#take(1);
      return;
    }
    const target = targetAt(this.#text, this.#at + 1);
    if (!target || frame.hasLink || frame.start === this.#at) {
      this.#dissolve(at);
      this.#take(1);
      return;
    }
    while (this.#frames.length > at + 1) this.#dissolve(this.#frames.length - 1);
    this.#frames.pop();
    const host = hostToShow(textOf(frame.children), target.href);
    this.#addLink({ type: "link", href: target.href, ...(host && { host }), children: frame.children });
    this.#at += 1 + target.length;
  }

  #address(): void {
    const marks = this.#frames.map(({ mark }) => mark);
    const found = addressAt(this.#text, this.#at, marks);
    if (!found?.href) {
      this.#take(found?.text.length ?? 1);
      return;
    }
    this.#addLink({ type: "link", href: found.href, children: [{ type: "text", text: found.text }] });
    this.#at += found.text.length;
  }

  /** `@`: a user is named, or a mail address goes on. */
  #mention(): void {
    const start = this.#at + 1;
    const mail = mailAt(this.#text, this.#at);
    const last = this.#top.children.at(-1);
    // What stands before the `@` may be more than text.
    if (mail && last?.type === "text" && last.text.endsWith(mail.local)) {
      const address = `${mail.local}@${mail.host}`;
      this.#top.children.pop();
      this.#write(this.#top, last.text.slice(0, -mail.local.length));
      this.#addLink({ type: "link", href: `mailto:${address}`, children: [{ type: "text", text: address }] });
      this.#at = start + mail.host.length;
      return;
    }
    for (const names of isBehindWord(this.#text, this.#at) ? [] : this.#names) {
      const found = names.at(this.#text, start);
      if (!found) continue;
      this.#addLink({ type: "mention", id: found.id, text: this.#text.slice(this.#at, found.to) });
      this.#at = found.to;
      return;
    }
    this.#take(1);
  }

  /**
   * A run of backticks, and what stands before the next run of the same length. A blank at both of its ends
   * is none of it, so that it can begin or end with a backtick.
   */
  #code(): void {
    this.#ends ??= ends(this.#text);
    let start = this.#at;
    while (this.#text[start] === "`") start++;
    const length = start - this.#at;
    const end = this.#ends.get(this.#at);
    if (end === undefined) {
      this.#take(length);
      return;
    }
    this.#add({ type: "code", text: this.#text.slice(start, end).replace(/^ (.+) $/s, "$1") });
    this.#at = end + length;
  }
}

/** For each run of backticks the place of the next one that is as long. */
function ends(text: string): Map<number, number> {
  const found = new Map<number, number>();
  const last = new Map<number, number>();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const before = last.get(run.length);
    if (before !== undefined) found.set(before, index);
    last.set(run.length, index);
  }
  return found;
}
