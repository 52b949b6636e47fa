import type { NewMessage } from "parley-client";
import type { Mentioned } from "parley-react/markup";
import { namedNow } from "parley-react/mentions";
import { useState } from "preact/hooks";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { newId } from "../../lib/new-id.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toasts.tsx";
import { usualTimes } from "./moments.ts";
import { ScheduleForm } from "./schedule-form.tsx";

interface Props {
  /** the conversation */
  id: number;
  /** what the user has written so far */
  text: string;
  place: Pick<NewMessage, "quote_seq" | "thread">;
  /** the members who were chosen while it was written; absent: a text names nobody here */
  picked: readonly Mentioned[] | undefined;
  onClose: () => void;
  onScheduled: () => void;
}

/** Asks when a message is sent, and leaves it with the server. */
export function ScheduleDialog({ id, text: before, place, picked, onClose, onScheduled }: Props) {
  const account = useAccount();
  // A repeat after a lost answer schedules nothing twice.
  const [clientMsgId] = useState(newId);
  const schedule = async (at: number, text: string) => {
    const named = picked ? await namedNow(account, id, text, picked) : { mentions: [] };
    await account.chat.api.call("post", "/v1/conversations/{id}/messages", {
      path: { id },
      body: { kind: "text", body: { text }, ...place, ...named, client_msg_id: clientMsgId, send_at: at },
    });
    toast(t("scheduled.done", { time: when(at) }));
    onScheduled();
  };
  return (
    <Dialog title={t("composer.later")} onClose={onClose}>
      <ScheduleForm
        text={before}
        at={usualTimes()[0]?.at ?? 0}
        label={t("scheduled.create")}
        onSave={schedule}
      >
        <a href={href({ view: "scheduled" })} onClick={onClose}>
          {t("scheduled.title")}
        </a>
      </ScheduleForm>
    </Dialog>
  );
}
