import type { OutboxItem } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";

/** A message that the user has sent, and that is not stored or not shown yet. */
export function PendingRow({ item }: { item: OutboxItem }) {
  const { chat } = useAccount();
  const { client_msg_id: id, message, state } = item;
  const text = "body" in message && "text" in message.body ? message.body.text : (item.file?.type ?? "");
  return (
    <li class="message" data-own data-state={state} data-together>
      <div class="bubble">
        <p class="text" dir="auto">
          {text}
        </p>
        <span class="meta">{t(`message.${state}`)}</span>
        {state === "failed" && (
          <span class="failed">
            <button class="link" type="button" onClick={() => chat.retry(id)}>
              {t("action.retry")}
            </button>
            <button class="link" type="button" onClick={() => chat.discard(id)}>
              {t("message.discard")}
            </button>
          </span>
        )}
      </div>
    </li>
  );
}
