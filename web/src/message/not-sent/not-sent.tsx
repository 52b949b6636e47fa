import type { OutboxItem } from "parley-client";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { toast } from "../../ui/toasts.tsx";
import { drop } from "./drop.ts";
import { mayRetry, whyNot } from "./why.ts";

/** Why a message is not sent, or not yet, and what the user can do about it. */
export function NotSent({ item }: { item: OutboxItem }) {
  const { chat } = useAccount();
  const dropping = useAction(async () => {
    const text = await drop(chat, item);
    if (text) toast(text);
  });
  return (
    <span class="failed">
      <span>{whyNot(item)}</span>
      {mayRetry(item) && (
        <button class="link" type="button" onClick={() => chat.retry(item.client_msg_id)}>
          {t("action.retry")}
        </button>
      )}
      <button class="link" type="button" disabled={dropping.isBusy} onClick={() => void dropping.run()}>
        {t("message.discard")}
      </button>
    </span>
  );
}
