import type { Message } from "parley-client";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { UserPages } from "../user-pages.tsx";

interface Props {
  message: Extract<Message, { revoked: false; kind: "poll" }>;
  option: number;
  onClose: () => void;
}

/** Who has voted for an option. */
export function VotersDialog({ message, option, onClose }: Props) {
  const { chat } = useAccount();
  const path = { id: message.conversation_id, seq: message.seq };
  return (
    <Dialog title={message.body.options[option] ?? t("vote.whoVoted")} onClose={onClose}>
      <UserPages
        load={(cursor) =>
          chat.api.call("get", "/v1/conversations/{id}/messages/{seq}/votes", {
            path,
            query: { option, ...(cursor && { cursor }) },
          })
        }
      />
    </Dialog>
  );
}
