import type { components } from "parley-client";
import { when } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { reason } from "../state/problem.ts";
import { href } from "../state/router.ts";
import { usePages } from "../state/use-pages.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { More } from "../ui/more.tsx";
import { Page } from "../ui/page.tsx";
import { toast } from "../ui/toasts.tsx";
import { MessageLink } from "./message-link.tsx";

type Saved = components["schemas"]["SavedMessage"];

/** The messages that the user has saved, with notes and reminders. */
export function SavedPage() {
  const { chat } = useAccount();
  const pages = usePages((query) => chat.api.call("get", "/v1/saved", { query }));
  const forget = async ({ conversation_id: id, seq }: Saved) => {
    try {
      await chat.api.call("delete", "/v1/conversations/{id}/messages/{seq}/saved", { path: { id, seq } });
      pages.reload();
    } catch (error) {
      toast(reason(error));
    }
  };
  return (
    <Page title={t("saved.title")} back={href({ view: "home" })}>
      <ul class="found-list">
        {pages.items?.map((saved) => (
          <SavedRow
            key={`${saved.conversation_id}:${saved.seq}`}
            saved={saved}
            onForget={() => void forget(saved)}
          />
        ))}
      </ul>
      <More pages={pages} empty={t("saved.empty")} />
    </Page>
  );
}

function SavedRow({ saved, onForget }: { saved: Saved; onForget: () => void }) {
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
      <IconButton icon="trash" label={t("saved.forget")} onClick={onForget} />
    </li>
  );
}
