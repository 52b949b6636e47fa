import { plainText } from "parley-react/markup";
import type { MediaBody } from "parley-react/message";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { sized } from "../../lib/origin.ts";
import { isLoaded, loadPicture } from "../../lib/pictures.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { Icon } from "../../ui/icon.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { foreignPicture } from "../../ui/missing/show-picture.tsx";
import type { PicturePlace } from "../viewer/place.ts";
import { roomOf } from "./media-size.ts";

const Lightbox = lazy(async () => (await import("../viewer/lightbox.tsx")).Lightbox);

interface Props {
  media: MediaBody;
  /** absent: the picture stands alone */
  place?: PicturePlace | undefined;
}

/** A picture, which opens larger. One of another server is loaded once the user wants it. */
export function Picture({ media, place }: Props) {
  const [state, setState] = useState<"loading" | "shown" | "failed">(media.url ? "loading" : "failed");
  const label = plainText(media.caption) || media.name || t("message.image");
  const isForeign = state !== "failed" && !isLoaded(media.url);
  const open = () => showDialog((close) => <Lightbox first={{ media, place }} onClose={close} />);
  return (
    <button
      type="button"
      class="picture"
      data-state={isForeign ? "foreign" : state}
      style={roomOf(media)}
      aria-label={isForeign ? foreignPicture(media.url) : t("message.openPicture", { name: label })}
      disabled={state === "failed"}
      onClick={() => (isForeign ? loadPicture(media.url) : open())}
    >
      {isForeign || state === "failed" ? (
        <span class="picture-failed">
          <Icon name="image" />
          <span>{isForeign ? foreignPicture(media.url) : t("message.noPicture")}</span>
        </span>
      ) : (
        <img
          src={sized(media.url, "m")}
          alt={label}
          loading="lazy"
          decoding="async"
          referrerpolicy="no-referrer"
          onLoad={() => setState("shown")}
          onError={() => setState("failed")}
        />
      )}
    </button>
  );
}
