import type { ConversationEntry } from "parley-client";
import { useChat } from "parley-client/react";
import { hasWords, wordsOf } from "parley-react/text";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { go } from "../../state/router.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { attachmentsOf } from "../attachments/use-attachments.ts";

interface Props {
  text: string;
  files: readonly File[];
  onClose: () => void;
}

/**
 * Where what another app has shared goes: a conversation by name, whose field has it then. The user sends it,
 * or changes it before.
 */
export function ShareDialog({ text, files, onClose }: Props) {
  const account = useAccount();
  const conversations = useChat(account.chat, (state) => state.conversations);
  const [filter, setFilter] = useState("");
  const words = wordsOf(filter);
  const shown = conversations.filter(({ name, disabled }) => !disabled && hasWords(words, name));

  const choose = ({ id }: ConversationEntry) => {
    const { drafts } = account;
    const before = drafts.get(id, 0);
    // What was written there stays before it.
    if (text) drafts.write(id, { ...before, text: [before?.text, text].filter(Boolean).join("\n") });
    attachmentsOf(account, id, 0).add(files);
    onClose();
    go({ view: "conversation", id });
  };
  return (
    <Dialog title={t("share.title")} onClose={onClose}>
      <div class="dialog-form">
        <p class="shared" dir="auto">
          {[...files.map(({ name }) => name), text].filter(Boolean).join("\n")}
        </p>
        <input
          type="search"
          value={filter}
          placeholder={t("forward.filter")}
          aria-label={t("forward.filter")}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
        <ul class="targets" aria-label={t("forward.targets")}>
          {shown.map((entry) => (
            <li key={entry.id}>
              <button type="button" class="user-line" onClick={() => choose(entry)}>
                <Avatar
                  id={entry.kind === "direct" ? entry.peer.id : entry.id}
                  name={entry.name}
                  picture={entry.avatar}
                  size="small"
                />
                <bdi>{entry.name}</bdi>
              </button>
            </li>
          ))}
          {shown.length === 0 && <li class="blank">{t("forward.none")}</li>}
        </ul>
      </div>
    </Dialog>
  );
}
