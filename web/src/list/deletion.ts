import type { Chat, ConversationEntry } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { go, route } from "../state/router.ts";
import { confirmed } from "../ui/confirm.tsx";

/** Deletes a direct conversation for the user alone, if they want it. @throws a `Problem` if it is refused */
export async function deleteDirect(chat: Chat, { id, name }: ConversationEntry): Promise<void> {
  if (!(await confirmed(t("list.delete"), t("list.deleteQuestion", { name })))) return;
  await chat.api.call("delete", "/v1/conversations/{id}", { path: { id } });
  const now = route.peek();
  if (now.view === "conversation" && now.id === id) go({ view: "home" }, { replace: true });
}
