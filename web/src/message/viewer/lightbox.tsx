import { useConversationWindow } from "parley-client/react";
import { plainText } from "parley-react/markup";
import { contentOf, type MediaBody } from "parley-react/message";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { sized } from "../../lib/origin.ts";
import { isLoaded } from "../../lib/pictures.ts";
import { useAccount } from "../../state/context.ts";
import { Icon } from "../../ui/icon.tsx";
import { IconButton } from "../../ui/icon-button.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { useModal } from "../../ui/overlay/use-modal.ts";
import { useOverlay } from "../../ui/overlay/use-overlay.ts";
import type { PicturePlace } from "./place.ts";
import { useZoom } from "./zoom.ts";

/** So many pages are loaded in search of a further picture. */
const MAX_LOADS = 20;

/** So many pictures are loaded ahead on each side. */
const AHEAD = 4;
/** So many are shown in the strip on each side. */
const AROUND = 20;

/** A picture, with its place if it stands in a conversation. */
interface Shown {
  readonly media: MediaBody;
  readonly place?: PicturePlace | undefined;
}

interface Placed extends Shown {
  readonly place: PicturePlace;
}

/** The pictures of a conversation that are loaded, and those beside the one that is shown. */
interface Neighbours {
  readonly pictures: readonly Placed[];
  readonly before?: Shown;
  readonly after?: Shown;
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
  const zoom = useZoom(box, picture, media.url, (by) => show(by > 0 ? neighbours.after : neighbours.before));
  useOverlay(onClose);
  useModal(dialog);
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
        <IconButton icon={LATER.zoomOut} label={t("viewer.smaller")} onClick={() => zoom.current?.out()} />
        <IconButton icon={LATER.zoomIn} label={t("viewer.larger")} onClick={() => zoom.current?.in()} />
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
          icon={LATER.next}
          label={t("viewer.after")}
          class="icon-button lightbox-after"
          onClick={() => show(neighbours.after)}
        />
      )}
      <Strip pictures={neighbours.pictures} seq={place?.seq} onShow={show} />
    </dialog>
  );
}

interface StripProps {
  pictures: readonly Placed[];
  /** the one that is shown */
  seq: number | undefined;
  onShow: (picture: Shown) => void;
}

/** The pictures around the one that is shown, small. */
function Strip({ pictures, seq, onShow }: StripProps) {
  const now = useRef<HTMLButtonElement>(null);
  const at = pictures.findIndex((one) => one.place.seq === seq);
  useLayoutEffect(() => {
    now.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [seq, pictures]);
  if (pictures.length < 2 || at < 0) return null;
  return (
    <ul class="lightbox-strip" aria-label={t("viewer.all")}>
      {pictures.slice(Math.max(0, at - AROUND), at + AROUND + 1).map((one) => (
        <li key={one.place.seq}>
          <button
            {...(one.place.seq === seq && { ref: now })}
            type="button"
            aria-label={plainText(one.media.caption) || one.media.name || t("message.image")}
            aria-current={one.place.seq === seq ? "true" : undefined}
            onClick={() => onShow(one)}
          >
            <img
              src={sized(one.media.url, "s")}
              alt=""
              loading="lazy"
              decoding="async"
              referrerpolicy="no-referrer"
            />
          </button>
        </li>
      ))}
    </ul>
  );
}

/**
 * The pictures before and after one, in the part of the conversation that is loaded. It loads more at its
 * ends.
 */
function useNeighbours(start: PicturePlace | undefined, seq = 0): Neighbours {
  const { chat } = useAccount();
  const [view, window] = useConversationWindow(chat, start?.conversationId);
  const from = start?.seq;
  useEffect(() => {
    if (window && from) void window.jump(from);
  }, [window, from]);
  const pictures = useMemo(
    () =>
      view.messages.flatMap((message): Placed[] => {
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
  const at = pictures.findIndex((one) => one.place.seq === seq);
  const [isNearStart, isNearEnd] = [at < AHEAD, at >= pictures.length - AHEAD];
  const { hasOlder, hasNewer, isLoading, problem } = view;
  const loads = useRef(0);
  const isReady = window !== undefined && view.messages.length > 0 && !isLoading && !problem;
  useEffect(() => {
    if (!isReady || !seq || loads.current >= MAX_LOADS) return;
    const load = isNearStart && hasOlder ? window?.older : isNearEnd && hasNewer ? window?.newer : undefined;
    if (!load) return;
    loads.current++;
    void load.call(window);
  }, [isReady, seq, isNearStart, isNearEnd, pictures, hasOlder, hasNewer, window]);
  return { pictures, ...(before && { before }), ...(after && { after }) };
}
