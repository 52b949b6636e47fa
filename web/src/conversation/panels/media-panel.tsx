import type { Message } from "parley-client";
import { contentOf } from "parley-react/message";
import { useState } from "preact/hooks";
import { duration } from "../../i18n/duration.ts";
import { short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { nameOf } from "../../lib/names.ts";
import { isLoaded } from "../../lib/pictures.ts";
import { isWide } from "../../lib/system/wide.ts";
import { ContentView } from "../../message/body/content-view.tsx";
import { Picture } from "../../message/body/picture.tsx";
import { preview } from "../../message/preview.ts";
import { routeOf } from "../../message/route-of.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { usePages } from "../../state/use-pages.ts";
import { useReload } from "../../state/use-reload.ts";
import { Icon } from "../../ui/icon.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { More } from "../../ui/more.tsx";
import { Found } from "./found.tsx";
import { Panel } from "./panel.tsx";

const TYPES = ["media", "file", "audio", "link"] as const;
type Type = (typeof TYPES)[number];
/** So many are loaded at a time: some screens of pictures. */
const PAGE = 60;

/** What a conversation has besides words: pictures and videos, files, sounds, links, the newest first. */
export function MediaPanel({ id }: { id: number }) {
  const [type, setType] = useState<Type>("media");
  return (
    <Panel title={t("media.title")} id={id}>
      <div class="reactions">
        {TYPES.map((one) => (
          <button
            key={one}
            type="button"
            class="reaction"
            aria-pressed={one === type}
            onClick={() => setType(one)}
          >
            {t(`media.${one}`)}
          </button>
        ))}
      </div>
      <List key={type} id={id} type={type} />
    </Panel>
  );
}

function List({ id, type }: { id: number; type: Type }) {
  const { chat } = useAccount();
  const pages = usePages(async ({ cursor }) => {
    const query = { type, limit: PAGE, ...(cursor && { before: Number(cursor) }) };
    const path = { id };
    const page = await chat.api.call("get", "/v1/conversations/{id}/attachments", { path, query });
    return { items: page.items, next_cursor: page.next_before === null ? null : String(page.next_before) };
  });
  useReload(
    pages.reload,
    (frame) =>
      (frame.type === "message" && frame.message.conversation_id === id && isOf(type, frame.message)) ||
      (frame.type === "revoked" && frame.conversation_id === id),
  );
  return (
    <>
      <ul class={type === "media" ? "media-grid" : "hits"}>
        {pages.items?.map((message) => (
          <Item key={message.seq} type={type} message={message} />
        ))}
      </ul>
      <More pages={pages} icon="image" empty={t("media.none")} />
    </>
  );
}

function isOf(type: Type, { kind }: Message): boolean {
  if (type === "media") return kind === "image" || kind === "video";
  return type === "link" ? kind === "text" : kind === type;
}

function Item({ type, message }: { type: Type; message: Message }) {
  const content = contentOf(message.kind, message.body);
  if (type === "link" || !("media" in content)) return <Found message={message} panel="media" />;
  const { conversation_id: conversationId, seq, created_at: at, sender } = message;
  const { media } = content;
  const place = href({ ...routeOf(message), ...(isWide() && { panel: "media" }) });
  if (content.kind === "image")
    return (
      <li>
        <Picture media={media} place={{ conversationId, seq }} />
      </li>
    );
  if (content.kind === "video")
    return (
      <li>
        <a class="media-video" href={place} aria-label={preview(message)}>
          {isLoaded(media.url) && <video src={`${media.url}#t=0.1`} preload="metadata" muted tabIndex={-1} />}
          <span>
            <Icon name={LATER.play} />
            {media.duration > 0 && duration(media.duration)}
          </span>
        </a>
      </li>
    );
  return (
    <li class="media-file">
      <ContentView content={content} />
      <a href={place}>
        <bdi>{nameOf(sender)}</bdi> <Time at={at} as={short} />
      </a>
    </li>
  );
}
