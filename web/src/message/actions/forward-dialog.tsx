import { useChat } from "parley-client/react";
import { hasWords, wordsOf } from "parley-react/text";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toasts.tsx";

/** Messages go to so many conversations at a time. */
const MAX_TARGETS = 10;
/** The server merges so many messages into one. */
const MAX_MERGED = 50;

interface Props {
  /** the messages, in their order */
  items: readonly { conversation_id: number; seq: number }[];
  onClose: () => void;
  /** they were forwarded */
  onDone?: () => void;
}

/** Where messages are forwarded to: conversations by name. Several messages go one by one or as one. */
export function ForwardDialog({ items, onClose, onDone }: Props) {
  const { chat } = useAccount();
  const conversations = useChat(chat, (state) => state.conversations);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [filter, setFilter] = useState("");
  const [isMerged, setMerged] = useState(false);
  const [title, setTitle] = useState("");
  const words = wordsOf(filter);
  const shown = conversations.filter(
    ({ name, disabled, id }) => !disabled && (chosen.has(id) || hasWords(words, name)),
  );
  const canMerge = items.length > 1 && items.length <= MAX_MERGED;

  const choose = (id: number, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const send = (event: Event) => {
    event.preventDefault();
    for (const id of chosen) {
      if (isMerged) chat.send(id, { kind: "merged", body: { title: title.trim(), items: [...items] } });
      else for (const forward of items) chat.send(id, { forward });
    }
    const isLive = chat.state.connection === "live";
    toast(t(isLive ? "forward.done" : "forward.waits", { n: chosen.size }));
    onClose();
    onDone?.();
  };
  return (
    <Dialog title={t("forward.title", { n: items.length })} onClose={onClose}>
      <form class="dialog-form" onSubmit={send}>
        {canMerge && (
          <fieldset>
            <legend class="visually-hidden">{t("forward.how")}</legend>
            {[false, true].map((one) => (
              <label key={String(one)}>
                <input
                  type="radio"
                  name="merged"
                  checked={isMerged === one}
                  onChange={() => setMerged(one)}
                />
                {t(one ? "forward.merged" : "forward.apart")}
              </label>
            ))}
            {isMerged && (
              <input
                value={title}
                maxLength={100}
                placeholder={t("forward.mergedTitle")}
                aria-label={t("forward.mergedTitle")}
                onInput={({ currentTarget }) => setTitle(currentTarget.value)}
              />
            )}
          </fieldset>
        )}
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
              <label>
                <input
                  type="checkbox"
                  checked={chosen.has(entry.id)}
                  disabled={!chosen.has(entry.id) && chosen.size >= MAX_TARGETS}
                  onChange={({ currentTarget }) => choose(entry.id, currentTarget.checked)}
                />
                <Avatar
                  id={entry.kind === "direct" ? entry.peer.id : entry.id}
                  name={entry.name}
                  picture={entry.avatar}
                  size="small"
                />
                <bdi>{entry.name}</bdi>
              </label>
            </li>
          ))}
          {shown.length === 0 && <li class="blank">{t("forward.none")}</li>}
        </ul>
        <div class="dialog-actions">
          <button type="submit" class="primary" disabled={chosen.size === 0}>
            {t("action.forward")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
