import type { components } from "parley-client";
import { when } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { openSearch } from "../search/search.ts";
import { useAccount } from "../state/context.ts";
import { reason } from "../state/problem.ts";
import { href } from "../state/router.ts";
import { usePages } from "../state/use-pages.ts";
import { useReload } from "../state/use-reload.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { LATER } from "../ui/later/icons.ts";
import { More } from "../ui/more.tsx";
import { Page } from "../ui/page.tsx";
import { toast } from "../ui/toasts.tsx";
import { MessageLink } from "./message-link.tsx";

type Saved = components["schemas"]["SavedMessage"];

/** The messages that the user has saved, with notes and reminders. */
export function SavedPage() {
  const { chat } = useAccount();
  const pages = usePages((query) => chat.api.call("get", "/v1/saved", { query }));
  useReload(pages.reload, ({ type }) => type === "reminder" || type === "reminder_seen");
  const attempt = async (call: Promise<unknown>) => {
    try {
      await call;
      pages.reload();
    } catch (error) {
      toast(reason(error));
    }
  };
  const forget = ({ conversation_id: id, seq }: Saved) =>
    attempt(chat.api.call("delete", "/v1/conversations/{id}/messages/{seq}/saved", { path: { id, seq } }));
  const settle = ({ conversation_id: id, seq }: Saved) => {
    const input = { path: { id, seq }, body: { remind_at: null } };
    return attempt(chat.api.call("put", "/v1/conversations/{id}/messages/{seq}/saved", input));
  };
  return (
    <Page title={t("saved.title")} back={href({ view: "home" })}>
      <ul class="found-list">
        {pages.items?.map((saved) => (
          <SavedRow
            key={`${saved.conversation_id}:${saved.seq}`}
            saved={saved}
            onForget={() => void forget(saved)}
            onSettle={() => void settle(saved)}
          />
        ))}
      </ul>
      <More pages={pages} icon={LATER.bookmark} empty={t("saved.empty")}>
        <button class="primary" type="button" onClick={() => openSearch("")}>
          {t("search.open")}
        </button>
      </More>
    </Page>
  );
}

interface RowProps {
  saved: Saved;
  onForget: () => void;
  /** the user has seen what they were reminded of */
  onSettle: () => void;
}

function SavedRow({ saved, onForget, onSettle }: RowProps) {
  const { message, note, due, remind_at: at } = saved;
  return (
    <li class="saved-row">
      {message ? (
        <MessageLink message={message} isUnread={due}>
          {note && (
            <span class="saved-note" dir="auto">
              {note}
            </span>
          )}
          {at !== null && (
            <small class="found-text">{t(due ? "saved.due" : "saved.reminder", { at: when(at) })}</small>
          )}
        </MessageLink>
      ) : (
        <span class="status">{t("saved.unreachable")}</span>
      )}
      {due && <IconButton icon="check" label={t("saved.settle")} onClick={onSettle} />}
      <IconButton icon={LATER.trash} label={t("saved.forget")} onClick={onForget} />
    </li>
  );
}
