import { editedMentions } from "parley-react/mentions";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ScheduleForm } from "../dialogs/schedule-form.tsx";
import type { Scheduled } from "./scheduled.ts";

interface Props {
  scheduled: Scheduled;
  onClose: () => void;
  onSaved: () => void;
}

/** Changes the time of a scheduled message, and the text if it has one. */
export function ScheduledEdit({ scheduled, onClose, onSaved }: Props) {
  const account = useAccount();
  const before = "kind" in scheduled && scheduled.kind === "text" ? scheduled.body.text : undefined;
  const save = async (send_at: number, text: string) => {
    // What was not touched may have changed on another device.
    const time = send_at !== scheduled.send_at && { send_at };
    const content = before !== undefined &&
      text !== before && {
        ...{ kind: "text" as const, body: { text } },
        ...(await editedMentions(account, { ...scheduled, id: scheduled.conversation_id }, [before, text])),
      };
    const body = { ...time, ...content };
    await account.chat.api.call("patch", "/v1/scheduled/{id}", { path: { id: scheduled.id }, body });
    onSaved();
  };
  return (
    <Dialog title={t("scheduled.edit")} onClose={onClose}>
      <ScheduleForm text={before} at={scheduled.send_at} label={t("scheduled.save")} onSave={save} />
    </Dialog>
  );
}
