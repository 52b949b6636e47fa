import type { Message } from "parley-client";
import { contentOf } from "parley-react/message";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ContentView } from "../body/content-view.tsx";

interface Props {
  message: Message;
  onClose: () => void;
}

/** What a message says, and what it said before, the newest version first. */
export function EditsDialog({ message, onClose }: Props) {
  const { chat } = useAccount();
  const { conversation_id: id, seq, kind, version, body, edited_at: editedAt } = message;
  const { value, problem } = useLoaded(`${id} ${seq} ${version}`, () =>
    chat.api.call("get", "/v1/conversations/{id}/messages/{seq}/edits", { path: { id, seq } }),
  );
  const now = { version, body, edited_at: editedAt ?? message.created_at };
  return (
    <Dialog title={t("message.edits")} onClose={onClose}>
      <ol class="edits">
        {[now, ...(value?.items ?? [])].map((one) => (
          <li key={one.version}>
            <small>
              {t(one.version === version ? "message.versionNow" : "message.version", {
                at: when(one.edited_at),
              })}
            </small>
            <ContentView content={contentOf(kind, one.body)} />
          </li>
        ))}
      </ol>
      {problem && <p class="problem">{problem}</p>}
    </Dialog>
  );
}
