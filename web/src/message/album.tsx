import type { Message, OutboxItem } from "parley-client";
import { contentOf, textOf } from "parley-react/message";
import type { Row } from "parley-react/timeline";
import type { ComponentChildren } from "preact";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { hueOf } from "../ui/avatar.tsx";
import { Quote } from "./body/quote.tsx";
import { Markup } from "./markup.tsx";
import { useNames } from "./mentioned.ts";
import { Meta } from "./meta.tsx";
import { SenderPicture } from "./sender-picture.tsx";

interface Props {
  /** its messages; none: they wait to be sent */
  rows?: readonly Row[];
  /** those that wait */
  items?: readonly OutboxItem[];
  /** whether it follows another message of its sender closely */
  isTogether?: boolean | undefined;
  /** whether it has the name of its sender, if it does not */
  isNamed?: boolean;
  /** a row for each */
  children: ComponentChildren;
}

/**
 * Pictures and videos that were sent together: a row for each, in a grid, above what the last one says of
 * them.
 */
export function Album({ rows = [], items = [], isNamed = false, children, ...props }: Props) {
  const { me } = useAccount();
  const { isTogether = rows[0]?.isTogether } = props;
  const count = rows.length + items.length;
  const last = rows.at(-1)?.message;
  const waiting = items.at(-1)?.message;
  const sender = last?.sender.id === me ? undefined : last?.sender;
  return (
    <li class="album" data-own={!sender} data-together={isTogether}>
      {sender && !isTogether && <SenderPicture sender={sender} />}
      <div class="album-side">
        {sender && isNamed && !isTogether && (
          // Each row tells it to screen readers.
          <span class="sender" data-hue={hueOf(sender.id)} aria-hidden="true">
            <bdi data-bot={sender.bot}>{nameOf(sender)}</bdi>
          </span>
        )}
        <ol class="album-grid" data-pairs={count === 2 || count === 4}>
          {children}
        </ol>
        {last && <Words message={last} />}
        {waiting && "kind" in waiting && <Caption {...waiting} />}
      </div>
    </li>
  );
}

function Caption({ kind, body }: { kind: string; body: unknown }) {
  const text = textOf(contentOf(kind, body));
  return text ? (
    <div class="bubble">
      <Markup text={text} />
    </div>
  ) : null;
}

function Words({ message }: { message: Message }) {
  const { me } = useAccount();
  const { kind, body, conversation_id: id } = message;
  const text = textOf(contentOf(kind, body));
  const mentioned = useNames(message, text);
  const quote = message.revoked ? undefined : message.quote;
  if (!text && !quote) return null;
  return (
    <div class="bubble">
      {quote && <Quote conversationId={id} quote={quote} />}
      {text && <Markup {...{ text, mentioned, me }} />}
      <Meta message={message} isTimed />
    </div>
  );
}
