import type { Chat, ConversationEntry } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { go, route } from "../state/router.ts";
import { confirmed } from "../ui/confirm.tsx";

/** An answer that was asked for before a deletion, and undoes it here, has come within this time, in ms. */
const LATE = 10_000;

/** Deletes a direct conversation for the user alone, if they want it. @throws a `Problem` if it is refused */
export async function deleteDirect(chat: Chat, { id, name }: ConversationEntry): Promise<void> {
  if (!(await confirmed(t("list.deleteQuestion", { name })))) return;
  await chat.api.call("delete", "/v1/conversations/{id}", { path: { id } });
  const now = route.peek();
  if (now.view === "conversation" && now.id === id) go({ view: "home" }, { replace: true });
  chat.refresh();
  // An empty conversation that the user has opened again is in the server's list, and stays.
  const end = chat.subscribe(
    (state) => state.conversation(id),
    (entry) => entry?.last_message === null && chat.refresh(),
  );
  setTimeout(end, LATE);
}
