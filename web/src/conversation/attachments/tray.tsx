import { MAX_CAPTION } from "parley-react/message";
import { useEffect, useState } from "preact/hooks";
import { duration } from "../../i18n/duration.ts";
import { t } from "../../i18n/i18n.ts";
import { fileSize } from "../../i18n/units.ts";
import { Icon } from "../../ui/icon.tsx";
import { IconButton } from "../../ui/icon-button.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { type Attachment, isAlbum } from "./attachment.ts";
import { isLarge } from "./media.ts";
import type { Attachments } from "./use-attachments.ts";

interface Props {
  attachments: Attachments;
  /** a file was taken away, with the button that had the focus */
  onRemoved: () => void;
}

/** The files that are going to be sent, above the field. */
export function Tray({ attachments, onRemoved }: Props) {
  const { items, isFullSize, setFullSize, remove, describe } = attachments;
  const hasCaptions = items.length > 1 && !isAlbum(items);
  return (
    <div class="tray">
      <ul aria-label={t("attach.tray")}>
        {items.map((one) => (
          <li key={one.id} data-kind={one.kind} data-described={hasCaptions}>
            <div class="tile" title={`${one.file.name} · ${detailOf(one)}`}>
              <Thumbnail attachment={one} />
              <div class="tile-text">
                <bdi>{one.file.name}</bdi>
                <small>{detailOf(one)}</small>
              </div>
            </div>
            {hasCaptions && (
              <input
                type="text"
                dir="auto"
                maxLength={MAX_CAPTION}
                value={one.caption}
                placeholder={t("attach.addCaption")}
                aria-label={t("attach.caption", { name: one.file.name })}
                onInput={({ currentTarget }) => describe(one.id, currentTarget.value)}
              />
            )}
            <IconButton
              icon="close"
              label={t("attach.remove", { name: one.file.name })}
              onClick={() => {
                remove(one.id);
                onRemoved();
              }}
            />
          </li>
        ))}
      </ul>
      {items.some(isLarge) && (
        <label>
          <input
            type="checkbox"
            checked={isFullSize}
            onChange={({ currentTarget }) => setFullSize(currentTarget.checked)}
          />
          {t("attach.fullSize")}
        </label>
      )}
    </div>
  );
}

function detailOf({ file, media }: Attachment): string {
  const { width, height, duration_ms: length } = media ?? {};
  return [
    fileSize(file.size),
    width && height && `${width} × ${height}`,
    length !== undefined && duration(length),
  ]
    .filter(Boolean)
    .join(" · ");
}

function Thumbnail({ attachment: { file, kind, media } }: { attachment: Attachment }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    if (kind !== "image" && kind !== "video") return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file, kind]);
  return (
    <span class="thumbnail">
      {!url ? (
        <Icon name={kind === "audio" ? LATER.microphone : "file"} />
      ) : kind === "image" ? (
        <img src={url} alt="" />
      ) : (
        <video src={`${url}#t=0.1`} preload="metadata" muted />
      )}
      {media?.duration_ms !== undefined && url && (
        <span class="thumbnail-time">
          <Icon name={LATER.play} />
          {duration(media.duration_ms)}
        </span>
      )}
    </span>
  );
}
