import { type ReactNode, useMemo, useState } from "react";
import { parseMarkup } from "../markup/blocks.ts";
import type { Names } from "../markup/names.ts";
import type { Block, Inline, ListItem } from "../markup/tree.ts";

const NOBODY: readonly Names[] = [];
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
  /** what the button is called that shows a hidden part, for screen readers */
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
 * The text of a message with its styles, links and mentions. It is drawn from a tree and never is HTML; links
 * are `http:`, `https:` and `mailto:` alone, and one whose label shows another address has its host beside it.
 * For styles: `data-emoji` says whether it is emoji alone, `data-spoiler` is at what is or was hidden,
 * `data-marker` at the marks of lists, `data-language` at code.
 */
export function MessageText({ text, names = NOBODY, className, ...drawn }: Props) {
  const blocks = useMemo(() => parseMarkup(text, names), [text, names]);
  return (
    <div className={className} dir="auto" data-emoji={EMOJI_ONLY.test(text)}>
      <Blocks blocks={blocks} drawn={drawn} />
    </div>
  );
}

function Blocks({ blocks, drawn }: { blocks: readonly Block[]; drawn: Drawn }) {
  return <>{blocks.map((block, i) => drawBlock(block, `${i}`, drawn))}</>;
}

function drawBlock(block: Block, key: string, drawn: Drawn): ReactNode {
  switch (block.type) {
    case "code":
      return <CodePart key={key} code={block} draw={drawn.code} />;
    case "quote":
      return (
        <blockquote key={key}>
          <Blocks blocks={block.children} drawn={drawn} />
        </blockquote>
      );
    case "list":
      return <ul key={key}>{block.items.map((item, i) => drawItem(item, `${i}`, drawn))}</ul>;
    default:
      return (
        <p key={key} dir="auto">
          {drawLine(block.children, drawn)}
        </p>
      );
  }
}

function drawItem({ marker, children }: ListItem, key: string, drawn: Drawn): ReactNode {
  return (
    <li key={key} dir="auto">
      <span data-marker>{/\d/.test(marker) ? marker : "•"}</span>
      <span>{drawLine(children, drawn)}</span>
    </li>
  );
}

function drawLine(nodes: readonly Inline[], drawn: Drawn): ReactNode {
  return <>{nodes.map((node, i) => drawPart(node, `${i}`, drawn))}</>;
}

function drawPart(node: Inline, key: string, drawn: Drawn): ReactNode {
  switch (node.type) {
    case "text":
      return node.text;
    case "code":
      return <code key={key}>{node.text}</code>;
    case "mention":
      return <MentionPart key={key} mention={node} draw={drawn.mention} />;
    case "link":
      return (
        <a key={key} href={node.href} title={node.href} target="_blank" rel="noopener noreferrer nofollow">
          {drawLine(node.children, drawn)}
          {node.host && <small> ({node.host})</small>}
        </a>
      );
    case "bold":
      return <strong key={key}>{drawLine(node.children, drawn)}</strong>;
    case "italic":
      return <em key={key}>{drawLine(node.children, drawn)}</em>;
    case "strike":
      return <s key={key}>{drawLine(node.children, drawn)}</s>;
    default:
      return <Spoiler key={key} nodes={node.children} drawn={drawn} />;
  }
}

function MentionPart({ mention, draw }: { mention: Mention; draw: Drawn["mention"] }) {
  return draw ? draw(mention) : <bdi data-mention={mention.id}>{mention.text}</bdi>;
}

function CodePart({ code, draw }: { code: CodeBlock; draw: Drawn["code"] }) {
  if (draw) return draw(code);
  return (
    <pre dir="ltr" data-language={code.language || undefined}>
      <code>{code.text}</code>
    </pre>
  );
}

/** Hidden until the user asks for it, from screen readers too. */
function Spoiler({ nodes, drawn }: { nodes: readonly Inline[]; drawn: Drawn }) {
  const [isOpen, setOpen] = useState(false);
  const content = drawLine(nodes, drawn);
  if (isOpen) return <span data-spoiler>{content}</span>;
  return (
    <button type="button" data-spoiler aria-label={drawn.spoiler} onClick={() => setOpen(true)}>
      <span ref={hide} aria-hidden="true">
        {content}
      </span>
    </button>
  );
}

/** Takes an element from the focus. React 18 knows no attribute for it. */
function hide(element: HTMLElement | null): void {
  if (element) element.inert = true;
}
