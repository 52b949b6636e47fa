import type { Message } from "parley-client";
import { moment } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { Time } from "../i18n/time.tsx";
import { href } from "../state/router.ts";
import { showDialog } from "../ui/dialogs.tsx";
import { Icon } from "../ui/icon.tsx";
import { lazy } from "../ui/lazy.tsx";
import { useThreadHere } from "./place.ts";

const EditsDialog = lazy(async () => (await import("./viewer/edits-dialog.tsx")).EditsDialog);

interface Props {
  message: Message;
  /** whether it is seen; screen readers always tell it */
  isTimed: boolean;
}

/** When a message was sent, and what has become of it, at the end of its last line. */
export function Meta({ message, isTimed }: Props) {
  const here = useThreadHere();
  const { conversation_id: id, edited_at: editedAt, pinned_at: pinnedAt, thread } = message;
  return (
    <span class={isTimed ? "meta" : "visually-hidden"}>
      {pinnedAt > 0 && (
        <span title={t("message.pinned")}>
          <Icon name="pin" />
          <span class="visually-hidden">{t("message.pinned")}</span>
        </span>
      )}
      {thread && here === 0 && (
        <a href={href({ view: "conversation", id, thread: thread.root })}>{t("message.inThread")}</a>
      )}
      {editedAt !== undefined && (
        <button
          type="button"
          class="edited"
          title={moment(editedAt)}
          onClick={() => showDialog((close) => <EditsDialog message={message} onClose={close} />)}
        >
          {t("message.edited")}
        </button>
      )}
      <Time at={message.created_at} />
    </span>
  );
}
