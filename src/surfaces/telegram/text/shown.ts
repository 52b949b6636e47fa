import type { Person } from "../../../domain/accounts/person.ts";
import { FENCE, FENCE_END, ITEM, LINE_END, MAX_QUOTE_DEPTH, QUOTE } from "../../../domain/markup/blocks.ts";
import { parseInline } from "../../../domain/markup/inline.ts";
import { type Inline, type NameReader, type Styled, textOf } from "../../../domain/markup/tree.ts";
import { isInWord } from "../../../domain/markup/words.ts";
import { type Entity, type MarkedText, withFound } from "./entities.ts";

const STYLES: Record<Styled, string> = {
  bold: "bold",
  italic: "italic",
  strike: "strikethrough",
  spoiler: "spoiler",
};

/**
 * A text in our Markdown as this API shows it: without marks, with entities.
 * @param mentioned those whom the message mentions, who are found by their nickname
 */
export function toShown(text: string, mentioned: readonly Person[] = []): MarkedText {
  const shown = fromOurs(text, mentioned);
  return { text: shown.text, entities: withFound(shown.text, shown.entities) };
}

/** The same with the entities of marks alone. */
export function fromOurs(text: string, mentioned: readonly Person[] = []): MarkedText {
  const writer = new Writer(mentioned);
  writer.lines(text.split(LINE_END), 0);
  return { text: writer.text, entities: writer.entities };
}

/** Writes a text line by line: lines and blanks stay as they are. */
class Writer {
  text = "";
  readonly entities: Entity[] = [];
  readonly #mentioned: ReadonlyMap<number, Person>;
  readonly #names: NameReader;

  constructor(mentioned: readonly Person[]) {
    this.#mentioned = new Map(mentioned.map((person) => [person.id, person]));
    this.#names = { at: (text, from) => named(mentioned, text, from) };
  }

  /** @param depth of the quotes around: a quote in a quote is a part of it */
  lines(lines: readonly string[], depth: number): void {
    const isQuote = (line: string) => depth < MAX_QUOTE_DEPTH && QUOTE.test(line);
    const lastEnd = lines.findLastIndex((line) => FENCE_END.test(line));
    let isFirst = true;
    const block = (write: () => void) => {
      if (!isFirst) this.text += "\n";
      isFirst = false;
      write();
    };
    for (let i = 0; i < lines.length; ) {
      const line = lines[i] ?? "";
      const fence = i < lastEnd && FENCE.exec(line);
      if (fence) {
        let end = i + 1;
        while (!FENCE_END.test(lines[end] ?? "")) end++;
        const code = lines.slice(i + 1, end).join("\n");
        const language = fence[1];
        block(() => this.#as({ type: "pre", ...(language && { language }) }, () => this.#write(code)));
        i = end + 1;
        continue;
      }
      const end = runEnd(lines, i, lastEnd, isQuote);
      const run = lines.slice(i, end);
      if (isQuote(line)) {
        const inside = run.map((one) => one.replace(QUOTE, ""));
        const write = () => this.lines(inside, depth + 1);
        block(() => (depth > 0 ? write() : this.#as({ type: "blockquote" }, write)));
      } else if (ITEM.test(line)) {
        block(() => this.#item(line));
      } else {
        block(() => this.#inline(parseInline(run.join("\n"), [this.#names])));
      }
      i = ITEM.test(line) && !isQuote(line) ? i + 1 : end;
    }
  }

  #item(line: string): void {
    const [before = ""] = ITEM.exec(line) ?? [];
    this.#write(before);
    this.#inline(parseInline(line.slice(before.length), [this.#names]));
  }

  #inline(nodes: readonly Inline[]): void {
    for (const node of nodes) {
      switch (node.type) {
        case "text":
          this.#write(node.text);
          break;
        case "code":
          this.#as({ type: "code" }, () => this.#write(node.text));
          break;
        case "mention":
          this.#mention(node.id, node.text);
          break;
        case "link":
          this.#as(linkOf(node.href, textOf(node.children)), () => this.#inline(node.children));
          break;
        default:
          this.#as({ type: STYLES[node.type] }, () => this.#inline(node.children));
      }
    }
  }

  /** Who has a username is found by it, as everybody else. */
  #mention(id: number, text: string): void {
    const person = this.#mentioned.get(id);
    if (!person || text.slice(1) === person.username) this.#write(text);
    else this.#as({ type: "text_mention", user: { id } }, () => this.#write(text));
  }

  #write(text: string): void {
    this.text += text;
  }

  #as(about: Omit<Entity, "offset" | "length">, write: () => void): void {
    const entity = { ...about, offset: this.text.length, length: 0 };
    this.entities.push(entity);
    write();
    entity.length = this.text.length - entity.offset;
    if (entity.length === 0) this.entities.splice(this.entities.indexOf(entity), 1);
  }
}

/** Where the lines end that are of one kind with a first one. */
function runEnd(
  lines: readonly string[],
  from: number,
  lastEnd: number,
  isQuote: (line: string) => boolean,
): number {
  const isQuoted = isQuote(lines[from] ?? "");
  let end = from + 1;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (isQuote(line) !== isQuoted) break;
    if (!isQuoted && (ITEM.test(line) || (end < lastEnd && FENCE.test(line)))) break;
  }
  return end;
}

function linkOf(href: string, label: string): Omit<Entity, "offset" | "length"> {
  if (href === `mailto:${label}`) return { type: "email" };
  return href === label || href === `https://${label}` ? { type: "url" } : { type: "text_link", url: href };
}

/** Who of those that a message mentions is named at a place of its text: the longest name counts. */
function named(
  mentioned: readonly Person[],
  text: string,
  from: number,
): { id: number; to: number } | undefined {
  const found = mentioned
    .flatMap(({ id, username, nickname }) =>
      [username, nickname].map((name) => ({ id, to: from + name.length, name })),
    )
    .filter(({ name, to }) => name !== "" && text.startsWith(name, from) && !isInWord(text, to));
  return found.toSorted((one, other) => other.to - one.to)[0];
}
