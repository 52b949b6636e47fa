import { type ReactNode, useMemo, useState } from "react";
import { parseMarkup } from "../../../../src/domain/markup/blocks.ts";
import {
  type Block,
  type Cells,
  type Inline,
  type ListItem,
  markerOf,
} from "../../../../src/domain/markup/tree.ts";
import type { Names } from "../markup/names.ts";

const NOBODY: readonly Names[] = [];
const BULLET = /^[-*]/;
/** Out of sight and of reach for the focus and screen readers, in its place. */
const HIDDEN = { visibility: "hidden" } as const;
/** Up to six emoji and nothing else. */
const EMOJI_ONLY = /^\s*(?:\p{RGI_Emoji}\s*){1,6}$/v;

/** A user, or everybody, as a text names them. */
export interface Mention {
  /** the user; 0: everybody */
  readonly id: number;
  /** the name with its `@`, as the text has it */
  readonly text: string;
}

/** A block of code. */
export interface CodeBlock {
  readonly text: string;
  /** as its writer has named it; empty: they have not */
  readonly language: string;
}

/** What an app draws in its own way. */
interface Drawn {
  /** what a hidden part is called, whose button shows it, for screen readers */
  spoiler: string;
  /** Draws a mention; absent: in a `<bdi>` with `data-mention`, the id of the user. */
  mention?: (mention: Mention) => ReactNode;
  /** Draws a block of code; absent: in a `<pre>` with `data-language`. */
  code?: (code: CodeBlock) => ReactNode;
}

interface Props extends Drawn {
  text: string;
  /** what may stand behind an `@`, as `useMentioned` returns it */
  names?: readonly Names[];
  className?: string;
}

/**
 * The text of a message with its styles, links and mentions. It is drawn from a tree and never is HTML; its
 * links are `http:`, `https:` and `mailto:` alone. One whose label shows another address has its host beside
 * it.
 * For styles: `data-emoji` says whether it is emoji alone, `data-spoiler` is at what is or was hidden,
 * `data-marker` at the marks of lists, `data-done` at the boxes of what is to be done, `data-table` around a
 * table, which may be wider than the text, `data-language` at code.
 */
export function MessageText({ text, names = NOBODY, className, ...drawn }: Props) {
  const blocks = useMemo(() => parseMarkup(text, names), [text, names]);
  return (
    <div className={className} dir="auto" data-emoji={EMOJI_ONLY.test(text)}>
      {drawBlocks(blocks, drawn)}
    </div>
  );
}

/** Parts of a text have no other key than their place. */
function keyed<T>(parts: readonly T[], draw: (part: T, key: string) => ReactNode): ReactNode[] {
  return parts.map((part, i) => draw(part, `${i}`));
}

function drawBlocks(blocks: readonly Block[], drawn: Drawn): ReactNode[] {
  return keyed(blocks, (block, key) => {
    switch (block.type) {
      case "code":
        return <CodePart key={key} block={block} draw={drawn.code} />;
      case "quote":
        return <blockquote key={key}>{drawBlocks(block.children, drawn)}</blockquote>;
      case "list":
        return <ul key={key}>{drawItems(block.items, 1, drawn)}</ul>;
      case "table":
        return <Table key={key} cells={block} drawn={drawn} />;
      case "rule":
        return <hr key={key} />;
      default:
        return (
          <p
            key={key}
            dir="auto"
            {...(block.type === "heading" && { role: "heading", "aria-level": block.level + 2 })}
          >
            {drawLine(block.children, drawn)}
          </p>
        );
    }
  });
}

/** The items of a level, each with those below it. */
function drawItems(items: readonly ListItem[], level: number, drawn: Drawn): ReactNode[] {
  return keyed(items, (item, key) => {
    if (item.level > level) return null;
    const others = items.slice(Number(key) + 1);
    const next = others.findIndex((one) => one.level <= level);
    const below = next < 0 ? others : others.slice(0, next);
    return (
      <li key={key} dir="auto">
        <span data-marker data-done={item.isDone}>
          {markerOf(item).replace(BULLET, "•")}
        </span>
        <div>
          {drawLine(item.children, drawn)}
          {below[0] && <ul>{drawItems(below, level + 1, drawn)}</ul>}
        </div>
      </li>
    );
  });
}

/** Who uses keys alone scrolls a wide one. */
function Table({ cells: { aligns, head, rows }, drawn }: { cells: Cells; drawn: Drawn }) {
  const row = (cells: Cells["head"], Cell: "th" | "td", place: string) => (
    <tr key={place}>
      {keyed(cells, (cell, key) => (
        <Cell key={key} dir="auto" style={{ textAlign: aligns[Number(key)] || "start" }}>
          {drawLine(cell, drawn)}
        </Cell>
      ))}
    </tr>
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways
    <div data-table tabIndex={0}>
      <table>
        {head.some(({ length }) => length) && <thead>{row(head, "th", "")}</thead>}
        <tbody>{keyed(rows, (cells, key) => row(cells, "td", key))}</tbody>
      </table>
    </div>
  );
}

function drawLine(nodes: readonly Inline[], drawn: Drawn): ReactNode[] {
  return keyed(nodes, (node, key) => {
    const children = "children" in node ? drawLine(node.children, drawn) : node.text;
    switch (node.type) {
      case "text":
        return children;
      case "code":
        return <code key={key}>{children}</code>;
      case "mention":
        return <MentionPart key={key} node={node} draw={drawn.mention} />;
      case "link":
        return (
          <a key={key} href={node.href} title={node.href} target="_blank" rel="noopener noreferrer nofollow">
            {children}
            {node.host && <small> ({node.host})</small>}
          </a>
        );
      case "bold":
        return <strong key={key}>{children}</strong>;
      case "italic":
        return <em key={key}>{children}</em>;
      case "strike":
        return <s key={key}>{children}</s>;
      default:
        return (
          <Spoiler key={key} label={drawn.spoiler}>
            {children}
          </Spoiler>
        );
    }
  });
}

/** A mention has a key here, whatever the app draws. */
function MentionPart({ node, draw = drawMention }: { node: Mention; draw: Drawn["mention"] }) {
  return draw(node);
}

function drawMention({ id, text }: Mention): ReactNode {
  return <bdi data-mention={id}>{text}</bdi>;
}

function CodePart({ block, draw = drawCode }: { block: CodeBlock; draw: Drawn["code"] }) {
  return draw(block);
}

function drawCode({ text, language }: CodeBlock): ReactNode {
  return (
    <pre dir="ltr" data-language={language || undefined}>
      <code>{text}</code>
    </pre>
  );
}

/** Hidden until the user asks for it, from screen readers too. The same button hides it again. */
function Spoiler({ label, children }: { label: string; children: ReactNode | ReactNode[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <span data-spoiler={isOpen}>
      <button type="button" aria-label={label} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {!isOpen && <span style={HIDDEN}>{children}</span>}
      </button>
      {isOpen && children}
    </span>
  );
}
