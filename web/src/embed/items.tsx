import type { Chat, Message, OutboxItem } from "parley-client";
import { contentOf, contentOfItem, MessageText } from "parley-react/message";
import { memo } from "preact/compat";
import { clock, day, moment } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { isFrom } from "../lib/origin.ts";
import { preview } from "../message/preview.ts";

interface Props {
  message: Message;
  /** the origin of the server, whose pictures are shown */
  server: string;
  isOwn: boolean;
  /** whether it is the first of a day */
  isNewDay: boolean;
}

/** A message that the server has stored. */
export const StoredItem = memo(({ message, server, isOwn, isNewDay }: Props) => {
  const { seq, sender, kind, created_at: at, edited_at: editedAt } = message;
  return (
    <li part={isOwn ? "message own" : "message"} data-seq={seq} data-own={isOwn} data-kind={kind}>
      {isNewDay && (
        <h3 class="edge" part="day">
          {day(at)}
        </h3>
      )}
      <div class="bubble" part="bubble">
        <span class={isOwn ? "hidden" : "sender"} part="sender">
          <bdi>{nameOf(sender)}</bdi>
        </span>
        <Body message={message} server={server} />
        <span class="meta" part="meta">
          {editedAt !== undefined && t("message.edited")}{" "}
          <time dateTime={new Date(at).toISOString()} title={moment(at)}>
            {clock(at)}
          </time>
        </span>
      </div>
    </li>
  );
});

/**
 * A text as it is, a picture of the server, and any other message in a line, which leads to its file if it
 * has one.
 */
function Body({ message, server }: Pick<Props, "message" | "server">) {
  const content = contentOf(message.kind, message.body);
  if (message.revoked) return <p class="soft">{preview(message)}</p>;
  if (content.kind === "text") return <Text text={content.text} />;
  if (!("media" in content) || !content.media.url) return <p class="soft">{preview(message)}</p>;
  const { url, caption } = content.media;
  return (
    <>
      <a href={url} target="_blank" rel="noopener noreferrer">
        {content.kind === "image" && isFrom(url, server) ? (
          <img
            src={url}
            alt={preview(message)}
            width={240}
            height={180}
            loading="lazy"
            referrerpolicy="no-referrer"
          />
        ) : (
          preview(message)
        )}
      </a>
      {content.kind === "image" && caption && <Text text={caption} />}
    </>
  );
}

/** A message that the user has sent, and that is not stored or not shown yet. */
export function PendingItem({ chat, item }: { chat: Chat; item: OutboxItem }) {
  const { client_msg_id: id, state } = item;
  const content = contentOfItem(item);
  return (
    <li part="message own" data-own data-state={state}>
      <div class="bubble" part="bubble">
        {content.kind === "text" && <Text text={content.text} />}
        <span class="meta" part="meta" role={state === "failed" ? "alert" : undefined}>
          {t(`message.${state}`)}
        </span>
        {state === "failed" && (
          <span class="meta">
            <button type="button" onClick={() => chat.retry(id)}>
              {t("action.retry")}
            </button>
            <button type="button" onClick={() => chat.discard(id)}>
              {t("message.discard")}
            </button>
          </span>
        )}
      </div>
    </li>
  );
}

function Text({ text }: { text: string }) {
  return <MessageText className="text" text={text} spoiler={t("message.spoiler")} />;
}
