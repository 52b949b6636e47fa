import { useConversationWindow } from "parley-client/react";
import { contentOf, type MediaBody } from "parley-react";
import { plainText } from "parley-react/markup";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { isLoaded } from "../../lib/pictures.ts";
import { useAccount } from "../../state/context.ts";
import { Icon } from "../../ui/icon.tsx";
import { IconButton } from "../../ui/icon-button.tsx";
import { useOverlay } from "../../ui/overlay/use-overlay.ts";
import type { PicturePlace } from "./place.ts";
import { useZoom } from "./zoom.ts";

/** So many pages are loaded in search of a further picture. */
const MAX_LOADS = 20;

/** A picture, with its place if it stands in a conversation. */
interface Shown {
  readonly media: MediaBody;
  readonly place?: PicturePlace | undefined;
}

interface Props {
  first: Shown;
  onClose: () => void;
}

/** A picture as large as the page. Arrows lead through the pictures of its conversation. */
export function Lightbox({ first, onClose }: Props) {
  const [now, setNow] = useState(first);
  const dialog = useRef<HTMLDialogElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLImageElement>(null);
  const { media, place } = now;
  const neighbours = useNeighbours(first.place, place?.seq);
  const zoom = useZoom(box, picture, media.url);
  useOverlay(onClose);
  useEffect(() => {
    const { activeElement: before } = document;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  const show = (other: Shown | undefined) => other && setNow(other);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") show(neighbours.before);
    else if (event.key === "ArrowRight") show(neighbours.after);
    else if (event.key === "+" || event.key === "=") zoom.current?.in();
    else if (event.key === "-") zoom.current?.out();
    else if (event.key === "0") zoom.current?.by(0);
    else return;
    event.preventDefault();
  };
  const label = plainText(media.caption) || media.name || t("message.image");
  return (
    <dialog
      ref={dialog}
      class="lightbox"
      aria-label={label}
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {/* biome-ignore lint/a11y: for the pointer; keys have Escape, and the bar its button */}
      <div
        ref={box}
        class="lightbox-box"
        onClick={({ target, currentTarget }) =>
          target === currentTarget && !zoom.current?.isLarge && onClose()
        }
      >
        <img
          ref={picture}
          key={media.url}
          src={media.url}
          alt={label}
          draggable={false}
          referrerpolicy="no-referrer"
        />
      </div>
      <div class="lightbox-bar">
        <span class="lightbox-label" dir="auto">
          {label}
        </span>
        <IconButton icon="zoomOut" label={t("viewer.smaller")} onClick={() => zoom.current?.out()} />
        <IconButton icon="zoomIn" label={t("viewer.larger")} onClick={() => zoom.current?.in()} />
        <a
          class="icon-button"
          href={media.url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t("viewer.original")}
          title={t("viewer.original")}
        >
          <Icon name="down" />
        </a>
        <IconButton icon="close" label={t("action.close")} onClick={onClose} />
      </div>
      {neighbours.before && (
        <IconButton
          icon="back"
          label={t("viewer.before")}
          class="icon-button lightbox-before"
          onClick={() => show(neighbours.before)}
        />
      )}
      {neighbours.after && (
        <IconButton
          icon="next"
          label={t("viewer.after")}
          class="icon-button lightbox-after"
          onClick={() => show(neighbours.after)}
        />
      )}
    </dialog>
  );
}

/**
 * The pictures before and after one, in the part of the conversation that is loaded. It loads more at its
 * ends.
 */
function useNeighbours(start: PicturePlace | undefined, seq = 0): { before?: Shown; after?: Shown } {
  const { chat } = useAccount();
  const [view, window] = useConversationWindow(chat, start?.conversationId);
  const from = start?.seq;
  useEffect(() => {
    if (window && from) void window.jump(from);
  }, [window, from]);
  const pictures = useMemo(
    () =>
      view.messages.flatMap((message): { media: MediaBody; place: PicturePlace }[] => {
        if (message.revoked || message.kind !== "image") return [];
        const content = contentOf(message.kind, message.body);
        const place = { conversationId: message.conversation_id, seq: message.seq };
        // Nobody has wanted to see one of another server that lies on the way.
        const isWanted = content.kind === "image" && isLoaded(content.media.url);
        return isWanted ? [{ media: content.media, place }] : [];
      }),
    [view.messages],
  );
  const before = pictures.findLast((one) => one.place.seq < seq);
  const after = pictures.find((one) => one.place.seq > seq);
  const { hasOlder, hasNewer, isLoading, problem } = view;
  const loads = useRef(0);
  const isReady = window !== undefined && view.messages.length > 0 && !isLoading && !problem;
  useEffect(() => {
    if (!isReady || !seq || loads.current >= MAX_LOADS) return;
    const load = !before && hasOlder ? window?.older : !after && hasNewer ? window?.newer : undefined;
    if (!load) return;
    loads.current++;
    void load.call(window);
  }, [isReady, seq, before, after, hasOlder, hasNewer, window]);
  return { ...(before && { before }), ...(after && { after }) };
}
