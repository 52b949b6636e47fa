import { useChat } from "parley-client/react";
import { useState } from "preact/hooks";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { preview } from "../../message/preview.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { Icon } from "../../ui/icon.tsx";
import { IconButton } from "../../ui/icon-button.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { toast } from "../../ui/toasts.tsx";
import { contentOf, type Scheduled } from "./scheduled.ts";
import { ScheduledEdit } from "./scheduled-edit.tsx";

/** The refusals that have a text of their own. */
const KNOWN = ["muted", "slow_mode", "blocked", "forbidden", "not_found", "held"] as const;

interface Props {
  scheduled: Scheduled;
  /** the server has something else now */
  onChange: () => void;
}

/** A message that is sent later: when, where, and what can be done with it. */
export function ScheduledRow({ scheduled, onChange }: Props) {
  const { chat } = useAccount();
  const { id, conversation_id: conversation, send_at: at, failed } = scheduled;
  const name = useChat(chat, (state) => state.conversation(conversation)?.name ?? "");
  const [isEdited, setEdited] = useState(false);

  const remove = () => chat.api.call("delete", "/v1/scheduled/{id}", { path: { id } });
  const removing = useAction(async () => {
    await remove();
    toast(t("scheduled.deleted"));
    onChange();
  });
  const sending = useAction(async () => {
    // Under the id of the scheduled message it is sent once, whichever of both is first.
    await chat.api.call("post", "/v1/conversations/{id}/messages", {
      path: { id: conversation },
      body: contentOf(scheduled),
    });
    // The message is sent. What is left of the scheduled one would send nothing.
    await remove().catch(() => {});
    toast(t("scheduled.sent"));
    onChange();
  });
  const reasonOfFailure = KNOWN.find((one) => one === failed) ?? "other";
  return (
    <li>
      <p class="scheduled-head">
        <Icon name="clock" />
        <Time at={at} as={when} />
        <a href={href({ view: "conversation", id: conversation })}>
          <bdi>{name}</bdi>
        </a>
      </p>
      <p class="scheduled-text" dir="auto">
        {"kind" in scheduled ? preview({ ...scheduled, revoked: false }) : t("message.custom")}
      </p>
      {failed && (
        <p class="problem">{t("scheduled.failed", { reason: t(`scheduled.failed.${reasonOfFailure}`) })}</p>
      )}
      {(removing.problem || sending.problem) && (
        <p class="problem" role="alert">
          {removing.problem || sending.problem}
        </p>
      )}
      <div class="scheduled-actions">
        <IconButton icon="edit" label={t("scheduled.edit")} onClick={() => setEdited(true)} />
        <IconButton
          icon="send"
          label={t("scheduled.now")}
          disabled={sending.isBusy}
          onClick={() => void sending.run()}
        />
        <IconButton
          icon={LATER.trash}
          label={t("scheduled.delete")}
          disabled={removing.isBusy}
          onClick={() => void removing.run()}
        />
      </div>
      {isEdited && (
        <ScheduledEdit
          scheduled={scheduled}
          onClose={() => setEdited(false)}
          onSaved={() => {
            setEdited(false);
            onChange();
          }}
        />
      )}
    </li>
  );
}
