import { codeSpan } from "../../lib/markup.ts";

/** Noncharacters of Unicode: no text has them, so they can stand for what is kept apart. */
const NONCHARACTERS = /[\uFDD0-\uFDEF]/g;
const PLACE = /\uFDD0(\d{1,7})\uFDD1/g;
/** Between two of them stands the number of a part. */
const [OPEN, CLOSE] = ["\uFDD0", "\uFDD1"];

/** A block between three backticks, wherever it begins, or words between as many backticks. */
const CODE = /```([\s\S]*?)```|(?<!`)(`{1,2})(?!`)([^`\n]+)\2(?!`)/g;
/** Words between as many backticks. */
const CODE_IN_LINE = /(?<!`)(?:`(?!`)([^`\n]+)`|``(?!`)((?:[^`\n]|`(?!`))+)``)(?!`)/g;
/** A line that begins a block, or ends it: quote, indent, fence, language. */
const FENCE = /^((?:> ?){0,4})([ \t]{0,8}(?:[-*+] +)?)(`{3,9}|~{3,9})([^`\n]*)$/;
const LANGUAGE = /^[\w+#.-]{1,30}$/;
/** A line that would end a block here. */
const FENCE_IN_CODE = /^ {0,3}```[ \t]*$/m;
const ADDRESS = /https?:\/\/[^\s<>\uFDD0-\uFDEF]+/g;
/** What ends a style or a sentence around an address. */
const BEHIND_ADDRESS = /(?<![*_~|\])"'`.,:;!?\\])[*_~|\])"'`.,:;!?\\]+$/;
/** What stands before a block that begins in a quote: the end of the text before it. */
const QUOTE_BEFORE = /(?:^|\n)(?:>|&gt;) ?$/;

/** The quotes that a line begins with, and how many characters are looked at for them. */
const IN_QUOTE = /(?:^|\n)((?:> ?)+)$/;
const MAX_QUOTE = 20;

/** The parts of a text that no mark changes: code, links, addresses. They are put back at the end. */
export class KeptParts {
  readonly #parts: string[] = [];

  /** A text without the signs that parts are told by. */
  static clean(text: string): string {
    return text.replace(NONCHARACTERS, "").replace(/\r\n?/g, "\n");
  }

  /** Keeps a part, which is in our Markdown. @returns what stands for it */
  keep(part: string): string {
    return part === "" ? "" : `${OPEN}${this.#parts.push(part) - 1}${CLOSE}`;
  }

  /** Keeps the addresses of a text. @param read their letters, if they are not as they stand there */
  addresses(text: string, read = (address: string) => address): string {
    return text.replace(ADDRESS, (found) => {
      const end = BEHIND_ADDRESS.exec(found)?.index ?? found.length;
      return this.keep(read(found.slice(0, end))) + found.slice(end);
    });
  }

  /** Puts all parts back. All lines of one that begins in a quote are in it. */
  restore(text: string): string {
    return text.replace(PLACE, (_, i: string, at: number) => {
      const part = this.restore(this.#parts[Number(i)] ?? "");
      if (!part.includes("\n")) return part;
      const before = text.slice(Math.max(0, at - MAX_QUOTE), at);
      const [, quote = ""] = IN_QUOTE.exec(before.length < MAX_QUOTE ? before : before.slice(1)) ?? [];
      return part.replaceAll("\n", `\n${quote}`);
    });
  }

  /**
   * Keeps the code of a text of a chat, where a block begins and ends anywhere in a line.
   * @param raw the letters of code, if they are not as they stand there
   * @param hasLanguage a first line of one word is the language of a block
   */
  code(text: string, { raw = (code: string) => code, hasLanguage = false } = {}): string {
    return text.replace(CODE, (all: string, block: string | undefined, _run, words = "", at: number) => {
      if (block === undefined) return this.keep(codeLines(raw(words)));
      const [first = "", ...rest] = block.split("\n");
      const isNamed = hasLanguage && rest.length > 0 && LANGUAGE.test(first);
      const code = raw(isNamed ? rest.join("\n") : block);
      if (code.trim() === "") return all;
      const before = text.slice(Math.max(0, at - 6), at);
      const isQuoted = QUOTE_BEFORE.test(at > 6 ? `x${before}` : before);
      const lines = codeBlock(code, isNamed ? first : "");
      const begin = isQuoted || before === "" || before.endsWith("\n") ? "" : "\n";
      const next = text[at + all.length];
      const end = next === undefined || next === "\n" ? "" : "\n";
      return begin + this.keep(lines) + end;
    });
  }

  /** Keeps the code of a Markdown text, where the fences of a block have lines of their own. */
  codeInLines(text: string): string {
    const lines = text.split("\n");
    const without: string[] = [];
    // What had no end has none further below.
    const endless = new Set<string>();
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] ?? "";
      const [, quote = "", , fence = "", info = ""] = FENCE.exec(line) ?? [];
      const kind = quote.replaceAll(" ", "") + fence;
      const end = fence === "" || endless.has(kind) ? -1 : endOf(lines, i, quote, fence);
      if (end < 0) {
        if (fence !== "") endless.add(kind);
        without.push(line);
        continue;
      }
      const inside = lines.slice(i + 1, end).map((one) => withoutQuote(one, quote));
      const name = info.trim();
      const isNamed = LANGUAGE.test(name);
      // What is no language is not lost.
      const code = isNamed || name === "" ? inside : [name, ...inside];
      const block = codeBlock(code.join("\n"), isNamed ? name : "");
      without.push(quote + this.keep(block));
      i = end;
    }
    return without
      .join("\n")
      .replace(CODE_IN_LINE, (_, one?: string, two?: string) => this.keep(codeLines(one ?? two ?? "")));
  }
}

/** The line that ends a block; -1: none does. */
function endOf(lines: readonly string[], from: number, quote: string, fence: string): number {
  for (let i = from + 1; i < lines.length; i++) {
    const [, own = "", , found = "", info] = FENCE.exec(lines[i] ?? "") ?? [];
    const isSame = own.replaceAll(" ", "") === quote.replaceAll(" ", "");
    if (found.startsWith(fence) && info?.trim() === "" && isSame) return i;
  }
  return -1;
}

function withoutQuote(line: string, quote: string): string {
  const depth = quote.replaceAll(" ", "").length;
  let rest = line;
  for (let i = 0; i < depth; i++) rest = rest.replace(/^> ?/, "");
  return rest;
}

/** Words as code, each line for itself. */
export function codeLines(words: string): string {
  return words
    .split("\n")
    .map((line) => (line.trim() === "" ? line : codeSpan(line)))
    .join("\n");
}

/** A block of code, its fences on lines of their own, and its letters as they are. */
export function codeBlock(code: string, language = ""): string {
  const lines = code.replace(/^\n/, "").replace(/\n[ \t]*$/, "");
  // One that holds a fence would end there.
  if (FENCE_IN_CODE.test(lines)) return lines.replace(/[*_~|`[\]\\@>#-]/g, "\\$&");
  return `\`\`\`${language}\n${lines}\n\`\`\``;
}
