import type { OutboxItem } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { drop } from "../../message/not-sent/drop.ts";
import { mayRetry, whyNot } from "../../message/not-sent/why.ts";
import { useHost } from "../host.ts";

/** It has no styles of its own. */
export const styles = "";

/** Why a message is not sent, or not yet, and what the user can do about it. */
export function View({ item }: { item: OutboxItem }) {
  const { chat } = useHost();
  const [said, say] = useState("");
  return (
    <>
      <small role="status">{said || whyNot(item)}</small>{" "}
      {mayRetry(item) && (
        <button type="button" onClick={() => chat.retry(item.client_msg_id)}>
          {t("action.retry")}
        </button>
      )}{" "}
      <button type="button" onClick={async () => say(await drop(chat, item))}>
        {t("message.discard")}
      </button>
    </>
  );
}
