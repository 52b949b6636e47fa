import type { Chat } from "parley-client";
import { t } from "../../i18n/i18n.ts";
import { routeOf } from "../../message/route-of.ts";
import { isGone, reason } from "../../state/problem.ts";
import { go, route } from "../../state/router.ts";
import { toast } from "../../ui/toasts.tsx";

/**
 * The address names a message that the timeline does not have. It may be a reply that stands in its thread
 * alone, which quotes and notices do not say: the thread opens then. Else the user is told.
 */
export async function findMissing({ api }: Chat, id: number, seq: number): Promise<void> {
  const path = { id, seq };
  let problem = t("timeline.gone");
  const found = await api.call("get", "/v1/conversations/{id}/messages/{seq}", { path }).catch((error) => {
    if (!isGone(error)) problem = reason(error);
  });
  const now = route.peek();
  // The user has gone elsewhere meanwhile.
  if (now.view !== "conversation" || now.id !== id || now.at !== seq) return;
  const to = found && routeOf(found);
  if (to?.thread) go(to, { replace: true });
  else toast(problem);
}
