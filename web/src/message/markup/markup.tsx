import { type Block, type Inline, type ListItem, type Names, parseMarkup } from "parley-react/markup";
import type { ComponentType } from "preact";
import { useMemo, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { href } from "../../state/address.ts";

const NOBODY: readonly Names[] = [];
/** Up to six emoji and nothing else. */
const EMOJI_ONLY = /^\s*(?:\p{RGI_Emoji}\s*){1,6}$/v;

interface Props {
  text: string;
  /** what may stand behind an `@` */
  mentioned?: readonly Names[];
  /** the user, whose own name is shown stronger */
  me?: number;
  /** draws code; absent: it is shown as it is */
  code?: CodeView;
}

type CodeView = ComponentType<{ text: string; language: string }>;

/** The text of a user with its styles, links and mentions. It is drawn from a tree, and never is HTML. */
export function Markup({ text, mentioned = NOBODY, me = 0, code }: Props) {
  const blocks = useMemo(() => parseMarkup(text, mentioned), [text, mentioned]);
  return (
    <div class="text" dir="auto" data-emoji={EMOJI_ONLY.test(text)}>
      {blocks.map((block, i) => (
        <BlockView key={`${i}`} block={block} me={me} code={code} />
      ))}
    </div>
  );
}

interface BlockProps {
  block: Block;
  me: number;
  code: CodeView | undefined;
}

function BlockView({ block, me, code: Code }: BlockProps) {
  switch (block.type) {
    case "code":
      return Code ? (
        <Code text={block.text} language={block.language} />
      ) : (
        <pre dir="ltr" data-language={block.language || undefined}>
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return (
        <blockquote>
          {block.children.map((one, i) => (
            <BlockView key={`${i}`} block={one} me={me} code={Code} />
          ))}
        </blockquote>
      );
    case "list":
      return <List items={block.items} me={me} />;
    default:
      return (
        <p dir="auto">
          <Line nodes={block.children} me={me} />
        </p>
      );
  }
}

function List({ items, me }: { items: readonly ListItem[]; me: number }) {
  return (
    <ul>
      {items.map(({ marker, children }, i) => (
        <li key={`${i}`} dir="auto">
          <span class="marker">{/\d/.test(marker) ? marker : "•"}</span>
          <span>
            <Line nodes={children} me={me} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Line({ nodes, me }: { nodes: readonly Inline[]; me: number }) {
  return (
    <>
      {nodes.map((node, i) => (
        <Part key={`${i}`} node={node} me={me} />
      ))}
    </>
  );
}

function Part({ node, me }: { node: Inline; me: number }) {
  switch (node.type) {
    case "text":
      return <>{node.text}</>;
    case "code":
      return <code>{node.text}</code>;
    case "mention": {
      const isMe = node.id === 0 || node.id === me;
      const name = <bdi data-me={isMe}>{node.text}</bdi>;
      if (node.id === 0) return <span class="mention">{name}</span>;
      return (
        <a class="mention" href={href({ view: "user", id: node.id })}>
          {name}
        </a>
      );
    }
    case "link":
      return (
        <a href={node.href} title={node.href} target="_blank" rel="noopener noreferrer nofollow">
          <Line nodes={node.children} me={me} />
          {node.host && <small> ({node.host})</small>}
        </a>
      );
    case "bold":
      return (
        <strong>
          <Line nodes={node.children} me={me} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Line nodes={node.children} me={me} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Line nodes={node.children} me={me} />
        </s>
      );
    default:
      return <Spoiler nodes={node.children} me={me} />;
  }
}

/** Hidden until the user asks for it, from screen readers too. */
function Spoiler({ nodes, me }: { nodes: readonly Inline[]; me: number }) {
  const [isOpen, setOpen] = useState(false);
  const content = <Line nodes={nodes} me={me} />;
  if (isOpen) return <span class="spoiler">{content}</span>;
  return (
    <button type="button" class="spoiler" aria-label={t("message.spoiler")} onClick={() => setOpen(true)}>
      <span inert aria-hidden="true">
        {content}
      </span>
    </button>
  );
}
