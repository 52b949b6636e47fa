import { contentOf } from "parley-react/message";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { ContentView } from "../../message/body/content-view.tsx";
import { LinkButton } from "../../message/buttons/link-button.tsx";
import { Markup } from "../../message/markup.tsx";
import { useNames } from "../../state/use-names.ts";
import { IconButton } from "../../ui/icon-button.tsx";
import { closePassing, type Growing, growing, type Passing, passing } from "./live.ts";

/** Below the timeline: what bots are writing there, and what they show the user alone. */
export function LiveMessages({ id }: { id: number }) {
  const texts = growing.value.filter((one) => one.conversation_id === id);
  const alone = passing.value.filter((one) => one.conversation_id === id);
  if (texts.length + alone.length === 0) return null;
  return (
    <ul class="live-messages" aria-label={t("bot.live")} aria-live="polite">
      {alone.map((one) => (
        <Alone key={one.id} message={one} />
      ))}
      {texts.map((one) => (
        <Writing key={`${one.user_id} ${one.stream}`} message={one} />
      ))}
    </ul>
  );
}

function Writing({ message: { user_id: user, text } }: { message: Growing }) {
  const name = useNames([user]).get(user) ?? "…";
  return (
    // It is read out once, as the message that it becomes.
    <li class="bubble" aria-busy="true">
      <span class="sender">
        <bdi>{name}</bdi>
      </span>
      <Markup text={text} />
    </li>
  );
}

function Alone({ message: { id, sender, kind, body, buttons = [] } }: { message: Passing }) {
  return (
    <li class="bubble">
      <span class="sender">
        <bdi data-bot={sender.bot}>{nameOf(sender)}</bdi> <small>{t("bot.onlyYou")}</small>
      </span>
      <IconButton icon="close" label={t("action.close")} onClick={() => closePassing(id)} />
      <ContentView content={contentOf(kind, body)} />
      {buttons.flat().map(({ text, url }) => url && <LinkButton key={text + url} text={text} url={url} />)}
    </li>
  );
}
