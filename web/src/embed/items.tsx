import type { Message, OutboxItem } from "parley-client";
import { contentOf, contentOfItem, MessageText } from "parley-react/message";
import { memo } from "preact/compat";
import { day } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { Time } from "../i18n/time.tsx";
import { nameOf } from "../lib/names.ts";
import { isFrom, sized } from "../lib/origin.ts";
import { preview } from "../message/preview.ts";
import { useHost } from "./host.ts";
import { later } from "./later.tsx";

const Failed = later(() => import("./failed/failed.tsx"));
const Buttons = later(() => import("./buttons/buttons.tsx"));

interface Props {
  message: Message;
  isOwn: boolean;
  /** whether it is the first of a day */
  isNewDay: boolean;
  /** whether a thread can be begun */
  hasThreads?: boolean;
  /** opens the thread; absent: none begins here */
  onThread?: ((root: Message) => void) | undefined;
}

/** A message that the server has stored. */
export const StoredItem = memo(({ message, isOwn, isNewDay, hasThreads = false, onThread }: Props) => {
  const { seq, sender, kind, created_at: at, edited_at: editedAt, thread, thread_summary: summary } = message;
  const replies = summary?.count ?? 0;
  const mayBegin = hasThreads && !thread && !message.revoked;
  return (
    <li part={isOwn ? "message own" : "message"} data-seq={seq} data-own={isOwn} data-kind={kind}>
      {isNewDay && (
        <h3 class="edge" part="day">
          {day(at)}
        </h3>
      )}
      <div class="bubble" part="bubble">
        <span class={isOwn ? "hidden" : "sender"} part="sender">
          <bdi data-bot={sender.bot}>{nameOf(sender)}</bdi>
        </span>
        <Body message={message} />
        {message.buttons && <Buttons message={message} />}
        <span class="meta" part="meta">
          {editedAt !== undefined && t("message.edited")} <Time at={at} />
        </span>
      </div>
      {onThread && (replies > 0 || mayBegin) && (
        <button
          type="button"
          class="answers"
          part="thread"
          data-count={replies}
          title={replies > 0 ? undefined : t("embed.thread")}
          onClick={() => onThread(message)}
        >
          {replies > 0 ? (
            t("thread.replies", { n: replies })
          ) : (
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M5 5h14v9H10l-5 4z" />
            </svg>
          )}
        </button>
      )}
    </li>
  );
});

/**
 * A text as it is, a picture of the server, and any other message in a line, which leads to its file if it
 * has one.
 */
function Body({ message }: Pick<Props, "message">) {
  const { origin } = useHost();
  const content = contentOf(message.kind, message.body);
  if (message.revoked) return <p class="soft">{preview(message)}</p>;
  if (content.kind === "text") return <Text text={content.text} />;
  if (!("media" in content) || !content.media.url) return <p class="soft">{preview(message)}</p>;
  const { url, caption } = content.media;
  return (
    <>
      <a href={url} target="_blank" rel="noopener noreferrer">
        {content.kind === "image" && isFrom(url, origin) ? (
          <img
            src={sized(url, "m", origin)}
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
      {/image|file/.test(content.kind) && caption && <Text text={caption} />}
    </>
  );
}

/** A message that the user has sent, and that is not stored or not shown yet. */
export function PendingItem({ item }: { item: OutboxItem }) {
  const { chat } = useHost();
  const { client_msg_id: id, state, code, file, progress = 0 } = item;
  const content = contentOfItem(item);
  const isFailed = state === "failed";
  const shown = code === "held" ? code : state;
  return (
    <li part="message own" data-own data-state={shown}>
      <div class="bubble" part="bubble">
        {content.kind === "text" && <Text text={content.text} />}
        {file instanceof File && <bdi class="soft">{file.name}</bdi>}
        {file && !isFailed && (
          <progress
            part="progress"
            value={progress}
            aria-label={t("message.uploading", { percent: `${Math.round(progress * 100)} %` })}
          />
        )}
        <span class="meta" part="meta" role={shown === "failed" ? "alert" : undefined}>
          {t(`message.${shown}`)}
        </span>
        {isFailed ? (
          <Failed item={item} />
        ) : (
          file && (
            <button type="button" onClick={() => chat.discard(id)}>
              {t("action.cancel")}
            </button>
          )
        )}
      </div>
    </li>
  );
}

function Text({ text }: { text: string }) {
  return <MessageText className="text" text={text} spoiler={t("message.spoiler")} />;
}
