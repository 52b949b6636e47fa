import type { Person } from "../../../domain/accounts/person.ts";
import { parseInline } from "../../../domain/markup/inline.ts";
import {
  type BlockKind,
  FENCE,
  HEADING,
  ITEM,
  LINE_END,
  partsOf,
  unquoted,
} from "../../../domain/markup/lines.ts";
import { namedAt } from "../../../domain/markup/named-people.ts";
import { type Inline, type NameReader, type Styled, textOf } from "../../../domain/markup/tree.ts";
import { type Entity, type MarkedText, withFound } from "./entities.ts";

const STYLES: Record<Styled, string> = {
  bold: "bold",
  italic: "italic",
  strike: "strikethrough",
  spoiler: "spoiler",
};

/** What stands between the cells of a table, which stays: this API has no tables. */
const CELL = /(\t|(?<!\\)\|)/;

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
    this.#names = { at: (text, from) => namedAt(mentioned, text, from) };
  }

  /** @param depth of the quotes around: a quote in a quote is a part of it */
  lines(all: readonly string[], depth: number): void {
    for (const [i, { kind, from, to }] of partsOf(all, depth).entries()) {
      const lines = all.slice(from, to);
      if (i > 0) this.#write("\n");
      this.#part(kind, lines, depth);
    }
  }

  #part(kind: BlockKind, lines: readonly string[], depth: number): void {
    switch (kind) {
      case "code": {
        const language = FENCE.exec(lines[0] ?? "")?.[1];
        const code = lines.slice(1, -1).join("\n");
        this.#as({ type: "pre", ...(language && { language }) }, () => this.#write(code));
        break;
      }
      case "quote": {
        const write = () => this.lines(unquoted(lines), depth + 1);
        if (depth > 0) write();
        else this.#as({ type: "blockquote" }, write);
        break;
      }
      case "heading": {
        const [line = ""] = lines;
        this.#as({ type: "bold" }, () => this.#text(line.replace(HEADING, "")));
        break;
      }
      case "list":
        this.#each(lines, (line) => {
          const [before = ""] = ITEM.exec(line) ?? [];
          this.#write(before);
          this.#text(line.slice(before.length));
        });
        break;
      case "table":
        // What is in one cell goes through no other.
        this.#each(lines, (line) => {
          for (const part of line.split(CELL)) this.#text(part);
        });
        break;
      case "rule":
        this.#write(lines.join("\n"));
        break;
      default:
        this.#text(lines.join("\n"));
    }
  }

  #each(lines: readonly string[], write: (line: string) => void): void {
    for (const [i, line] of lines.entries()) {
      if (i > 0) this.#write("\n");
      write(line);
    }
  }

  #text(text: string): void {
    this.#inline(parseInline(text, [this.#names]));
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

function linkOf(href: string, label: string): Omit<Entity, "offset" | "length"> {
  if (href === `mailto:${label}`) return { type: "email" };
  return href === label || href === `https://${label}` ? { type: "url" } : { type: "text_link", url: href };
}
