import type { OutboxItem } from "parley-client";
import { type Content, contentOfItem } from "parley-react/message";
import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { percent } from "../i18n/units.ts";
import { isOnline } from "../lib/online.ts";
import { useAccount } from "../state/context.ts";
import { toast } from "../ui/toasts.tsx";
import { ContentView } from "./body/content-view.tsx";

/** What the same message would meet again. */
const LASTING = new Set<OutboxItem["code"]>(["refused", "held", "too_large", "not_found"]);

interface Props {
  item: OutboxItem;
  /** whether it follows another message of the user closely */
  isTogether: boolean;
}

/** A message that the user has sent, and that is not stored or not shown yet. */
export function PendingRow({ item, isTogether }: Props) {
  const { chat, me } = useAccount();
  const { client_msg_id: id, message, state, progress = 0, file } = item;
  const url = useObjectUrl(file);
  const content = useMemo(() => withFile(contentOfItem({ message }), file, url), [message, file, url]);
  const isUploading = file !== undefined && (state === "queued" || state === "sending") && progress < 1;
  const uploading = t("message.uploading", { percent: percent(progress) });
  const discard = () => {
    if (!chat.discard(id)) toast(t("message.tooLate"));
  };
  return (
    <li class="message" data-own data-state={state} data-together={isTogether}>
      <div class="bubble-side">
        <div class="bubble" data-kind={content.kind}>
          <ContentView content={content} me={me} isFolding />
          {isUploading && (
            <span class="upload">
              <progress value={progress} aria-label={uploading} />
              <small>{uploading}</small>
              <button type="button" class="link" onClick={discard}>
                {t("action.cancel")}
              </button>
            </span>
          )}
          <span class="meta" role={state === "failed" ? "alert" : undefined}>
            {state === "failed"
              ? failure(item)
              : t(`message.${state === "sending" && !isOnline.value ? "queued" : state}`)}
          </span>
        </div>
        {state === "failed" && (
          <span class="failed">
            {!LASTING.has(item.code) && (
              <button class="link" type="button" onClick={() => chat.retry(id)}>
                {t("action.retry")}
              </button>
            )}
            <button class="link" type="button" onClick={discard}>
              {t("message.discard")}
            </button>
          </span>
        )}
      </div>
    </li>
  );
}

/** Why a message was not sent. The words for a refusal are loaded behind the first view. */
function failure({ code, reason }: OutboxItem): string {
  switch (code) {
    case "muted":
    case "slow_mode":
    case "held":
    case "refused":
    case "blocked":
    case "forbidden":
    case "too_large":
    case "not_found":
      return t(`message.failed.${reason ? "reason" : code}`, { reason: reason ?? "" }) || t("message.failed");
    default:
      return t("message.failed");
  }
}

/** Shows a file of this device before it is uploaded. */
function withFile(content: Content, file: Blob | undefined, url: string): Content {
  if (!("media" in content) || !file || !url) return content;
  const name = file instanceof File ? file.name : content.media.name;
  return { ...content, media: { ...content.media, url, name, size: file.size } };
}

/** An address of a file that is not uploaded yet, for as long as it is shown. */
function useObjectUrl(file: Blob | undefined): string {
  const [url, setUrl] = useState("");
  // Before the browser paints: the row never shows a picture without an address.
  useLayoutEffect(() => {
    if (!file) return setUrl("");
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}
