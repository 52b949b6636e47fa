import { webAddress } from "parley-react/message";
import { t } from "../../i18n/i18n.ts";
import { isLoaded } from "../../lib/pictures.ts";
import { ShowPicture } from "../../ui/missing/show-picture.tsx";

/** A sticker. Clients agree on what `data` is: the address of a picture, an emoji, or a name. */
export function Sticker({ index, data }: { index: string; data: string }) {
  const picture = webAddress(data);
  if (picture && !isLoaded(picture)) return <ShowPicture address={picture} />;
  if (picture)
    return (
      <img
        class="sticker"
        src={picture}
        alt={index || t("message.face")}
        loading="lazy"
        decoding="async"
        referrerpolicy="no-referrer"
      />
    );
  if (/^\p{RGI_Emoji}+$/v.test(data)) return <p class="sticker-emoji">{data}</p>;
  return <p class="soft">{t("message.labelled", { label: t("message.face"), detail: data || index })}</p>;
}
