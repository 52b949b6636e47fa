import { fileKeysIn } from "../../domain/files/file-keys.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { LinkPreview } from "../../domain/messages/link-preview.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { LinkPreviews } from "../../domain/ports.ts";
import type { Settings } from "../../domain/settings.ts";
import { keepFileUntil } from "../../storage/files/files.ts";
import { claimLinkPreview, storeLinkPreview } from "../../storage/link-previews.ts";
import { readFacts } from "./html.ts";
import { type PreviewWay, readPage } from "./page.ts";
import { copyPicture, type PictureStore } from "./picture.ts";

const MAX_PAGE_BYTES = 512 * 1024;

interface LinkPreviewsDeps extends PictureStore {
  settings: Pick<Settings, "wayOut" | "publicOrigin" | "formerOrigins">;
  metrics: Metrics;
}

/** The previews of all conversations, each fetched once an hour: D1 says who fetches, and keeps what came. */
export function linkPreviews({ settings, metrics, ...store }: LinkPreviewsDeps): LinkPreviews {
  const { db, timing } = store;
  const { wayOut, publicOrigin, formerOrigins } = settings;
  const ownOrigins = [...(publicOrigin === null ? [] : [publicOrigin]), ...formerOrigins];
  return {
    async of(url, sender) {
      const { userId } = sender;
      const { keepMs, leaseMs, fetchMs } = timing.linkPreviews;
      const now = Date.now();
      const times = { now, keepMs, leaseMs };
      const found = await claimLinkPreview(db, { url, ...sender }, times, LIMITS.linkPreviewsPerMinute);
      if (found.state === "under_way") return "later";
      if (found.state === "known") return found.preview && withKeptPicture(store, found.preview);
      const way = { wayOut, ownOrigins, deadline: now + fetchMs };
      const preview = await fetchPreview(store, url, userId, way);
      metrics.count("link_previews", { result: preview ? "found" : "none" });
      await storeLinkPreview(db, url, preview);
      return preview;
    },
  };
}

/** The picture may have been taken back with all messages that showed it. Else it stays for the next one. */
async function withKeptPicture({ db, timing }: PictureStore, preview: LinkPreview): Promise<LinkPreview> {
  const { image, ...rest } = preview;
  const [key] = image ? fileKeysIn(image.url) : [];
  if (key === undefined) return rest;
  const isKept = await keepFileUntil(db, key, Date.now() + timing.files.graceMs);
  return isKept ? preview : rest;
}

async function fetchPreview(
  store: PictureStore,
  url: string,
  userId: UserId,
  way: PreviewWay,
): Promise<LinkPreview | null> {
  const page = await readPage(
    { url, accepts: /^(text\/html|application\/xhtml\+xml)\b/i, maxBytes: MAX_PAGE_BYTES, isCut: true },
    way,
  );
  if (!page) return null;
  const { title, description, siteName, image } = await readFacts(page.body, page.contentType);
  if (title === "") return null;
  const picture = image === "" ? null : URL.parse(image, page.url);
  // A preview without its picture is one, too.
  const copy = picture ? await copyPicture(store, userId, picture.href, way).catch(() => null) : null;
  return {
    ...{ url, title },
    ...(description !== "" && { description }),
    ...(siteName !== "" && { siteName }),
    ...(copy && { image: copy }),
  };
}
