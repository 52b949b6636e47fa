import { useChat } from "parley-client/react";
import { contentOf } from "parley-react/message";
import { follows } from "parley-react/timeline";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { nameOf } from "../../lib/names.ts";
import { ContentView } from "../../message/body/content-view.tsx";
import { LinkButton } from "../../message/buttons/link-button.tsx";
import { Markup } from "../../message/markup.tsx";
import { SenderPicture } from "../../message/sender-picture.tsx";
import { useAccount } from "../../state/context.ts";
import { useUser } from "../../state/use-people.ts";
import { hueOf } from "../../ui/avatar.tsx";
import { IconButton } from "../../ui/icon-button.tsx";
import { closePassing, type Growing, growing, type Passing, passing } from "./live.ts";

interface Props {
  id: number;
  /** what bots are writing, at the end of the timeline; else what they show the user alone, below it */
  isGrowing?: boolean;
}

/** What bots say in a conversation that is not in its order. */
export function LiveMessages({ id, isGrowing }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const texts = isGrowing ? growing.value.filter((one) => one.conversation_id === id) : [];
  const alone = isGrowing ? [] : passing.value.filter((one) => one.conversation_id === id);
  useStayAtEnd(list);
  if (texts.length + alone.length === 0) return null;
  return (
    <ul
      ref={list}
      class="live-messages"
      data-growing={isGrowing}
      aria-label={t("bot.live")}
      aria-live="polite"
    >
      {alone.map((one) => (
        <Alone key={one.id} message={one} />
      ))}
      {texts.map((one) => (
        <Writing key={`${one.user_id} ${one.stream}`} message={one} />
      ))}
    </ul>
  );
}

/** Nearer than this to the end, in px, the user is there, as in a timeline. */
const AT_END = 8;

/** Keeps what scrolls around a list at its end while the list grows, if it was there. */
function useStayAtEnd(list: { readonly current: HTMLElement | null }): void {
  const former = useRef(0);
  useLayoutEffect(() => {
    const height = list.current?.offsetHeight ?? 0;
    const grown = height - former.current;
    former.current = height;
    const box = list.current?.closest(".scroller");
    if (!box || grown <= 0) return;
    const below = box.scrollHeight - box.clientHeight - box.scrollTop - grown;
    if (below < AT_END) box.scrollTop = box.scrollHeight;
  });
}

/** A text that grows, as the message that it becomes. */
function Writing({ message: { conversation_id: id, user_id: user, text } }: { message: Growing }) {
  const { chat } = useAccount();
  const [began] = useState(Date.now);
  const last = useChat(chat, (state) => state.conversation(id)?.last_message ?? undefined);
  const found = useUser(user);
  const sender = found ?? { id: user, username: "…", nickname: "", avatar: "", bot: true };
  const isTogether = follows(last, { sender, created_at: began });
  return (
    // It is read out once, as the message that it becomes.
    <Row sender={sender} isTogether={isTogether} isBusy>
      <Markup text={text} />
      {/* The room that the time takes. */}
      <span class="meta" data-hidden aria-hidden="true">
        <Time at={began} />
      </span>
    </Row>
  );
}

function Alone({ message: { id, sender, kind, body, buttons = [] } }: { message: Passing }) {
  return (
    <Row sender={sender} note={t("bot.onlyYou")} onClose={() => closePassing(id)}>
      <ContentView content={contentOf(kind, body)} />
      {buttons.flat().map(({ text, url }) => url && <LinkButton key={text + url} text={text} url={url} />)}
    </Row>
  );
}

interface RowProps {
  sender: Passing["sender"];
  isTogether?: boolean;
  isBusy?: boolean;
  /** beside the name */
  note?: string;
  onClose?: () => void;
  children: ComponentChildren;
}

/** Drawn as a message of the timeline. */
function Row({ sender, isTogether = false, isBusy, note, onClose, children }: RowProps) {
  return (
    <li class="message" data-together={isTogether} aria-busy={isBusy}>
      {!isTogether && <SenderPicture sender={sender} />}
      <div class="bubble-side">
        <div class="bubble">
          <span class={isTogether ? "visually-hidden" : "sender"} data-hue={hueOf(sender.id)}>
            <bdi data-bot={sender.bot}>{nameOf(sender)}</bdi> {note && <small>{note}</small>}
          </span>
          {children}
        </div>
        {onClose && <IconButton icon="close" label={t("action.close")} onClick={onClose} />}
      </div>
    </li>
  );
}
