import type { Message } from "parley-client";
import { webAddress } from "parley-react/message";
import { sized } from "../../lib/origin.ts";
import { isLoaded } from "../../lib/pictures.ts";

type Preview = NonNullable<Extract<Message, { link_preview?: unknown }>["link_preview"]>;

/** From this shape on, and as wide as a card, a picture stands over its whole width. */
const WIDE = 1.2;
const CARD = 320;
/** A longer strip is cut. */
const WIDEST = 3;

/**
 * What the page that a message links to says of itself, as text. The host stands beside its name, as a page
 * may call itself anything.
 */
export function LinkPreview({ preview }: { preview: Preview }) {
  const { url, title, description, site_name: site, image } = preview;
  const address = webAddress(url);
  if (!address) return null;
  const host = new URL(address).host.replace(/^www\./, "");
  const shape = image ? image.width / image.height : 0;
  const isWide = image !== undefined && shape >= WIDE && image.width >= CARD;
  return (
    <a class="link-preview" href={address} target="_blank" rel="noopener noreferrer" data-wide={isWide}>
      <span class="link-preview-words">
        <small>
          {site && site.toLowerCase() !== host && (
            <>
              <bdi>{site}</bdi> ·{" "}
            </>
          )}
          <bdi>{host}</bdi>
        </small>
        <strong dir="auto">{title}</strong>
        {description && <span dir="auto">{description}</span>}
      </span>
      {image && isLoaded(image.url) && (
        <img
          src={sized(image.url, isWide ? "m" : "s")}
          alt=""
          width={image.width}
          height={image.height}
          {...(isWide && { style: { aspectRatio: `${Math.min(shape, WIDEST)}` } })}
          loading="lazy"
          decoding="async"
          referrerpolicy="no-referrer"
        />
      )}
    </a>
  );
}
