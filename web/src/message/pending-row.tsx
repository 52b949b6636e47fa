import type { OutboxItem } from "parley-client";
import { type Content, contentOfItem } from "parley-react/message";
import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { percent } from "../i18n/units.ts";
import { isOnline } from "../lib/system/online.ts";
import { useAccount } from "../state/context.ts";
import { Icon } from "../ui/icon.tsx";
import { lazy } from "../ui/lazy.tsx";
import { toast } from "../ui/toasts.tsx";
import { ContentView } from "./body/content-view.tsx";

const NotSent = lazy(async () => (await import("./not-sent/not-sent.tsx")).NotSent, { isHint: true });

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
  const shown = item.code === "held" ? "held" : state === "sending" && !isOnline.value ? "queued" : state;
  const isUploading = file !== undefined && (state === "queued" || state === "sending") && progress < 1;
  const uploading = t("message.uploading", { percent: percent(progress) });
  const discard = () => {
    if (!chat.discard(id)) toast(t("message.tooLate"));
  };
  return (
    <li class="message" data-own data-state={shown} data-together={isTogether}>
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
          <span class="meta" role={shown === "failed" ? "alert" : undefined}>
            {shown === "held" && <Icon name="clock" />}
            {t(`message.${shown}`)}
          </span>
        </div>
        {state === "failed" && <NotSent item={item} />}
      </div>
    </li>
  );
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
