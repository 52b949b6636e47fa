import { link as linkTo } from "../../../src/domain/foreign/text.ts";
import { plain } from "../../../src/lib/markup.ts";
import type { FileDraft } from "../collected/draft.ts";
import { fileNameOf } from "../collected/names.ts";
import type { Ids } from "../ids.ts";
import type { Attachment } from "./shapes.ts";

const FILES = new Set(["image", "file", "video", "audio", "voiceRecording"]);

/** An attachment as a file, a text, or the preview of a link that the message has. */
export function attachmentOf(
  ids: Ids,
  attachment: Attachment,
  id: string,
  text: string,
): { file: FileDraft } | { text: string } | { preview: string } {
  const {
    type,
    title,
    title_link: link,
    asset_url: asset,
    image_url: image,
    og_scrape_url: og,
    thumb_url: thumb,
  } = attachment;
  const preview = og || (type !== "file" && link ? link : undefined);
  if (preview && !asset && type !== "giphy")
    return text.includes(preview) ? { preview } : { text: linkTo(title ?? "", preview) };
  const url = (type === "image" ? image || asset || thumb : asset || image) || attachment.url;
  if (type && FILES.has(type) && url) {
    const duration = attachment.duration;
    return {
      file: {
        ...{ id: ids.of(`file/${id}`), name: nameOf(attachment, url), url, isPublic: true },
        ...{ contentType: attachment.mime_type || TYPES[type], size: attachment.file_size ?? undefined },
        ...{ width: attachment.original_width ?? undefined, height: attachment.original_height ?? undefined },
        // Stream has seconds.
        durationMs: duration ? duration * 1000 : undefined,
      },
    };
  }
  const shown = link || url || thumb;
  return {
    text: shown
      ? linkTo(title || type || "", shown)
      : plain(attachment.fallback || attachment.text || title || ""),
  };
}

/** Content types of attachments that may have neither a content type nor an extension. */
const TYPES: Readonly<Record<string, string>> = { voiceRecording: "audio/aac" };

function nameOf({ title, name, fallback }: Attachment, url: string): string {
  return title || name || fallback || fileNameOf(url, "file");
}
