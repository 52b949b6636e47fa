import type { ConversationWindow } from "parley-client";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { toast } from "../../ui/toasts.tsx";
import { useClosed } from "./use-closed.ts";
import { Writer } from "./writer.tsx";

interface Props {
  id: number;
  /** what the conversation is called */
  name: string;
  window: ConversationWindow;
  /** the root of the thread that it writes to; absent: the conversation itself */
  thread?: number | undefined;
}

/** Where the user writes the next message, or why they may not. */
export function Composer({ id, name, window, thread = 0 }: Props) {
  const closed = useClosed(id);
  if (!closed) return <Writer key={`${id} ${thread}`} {...{ id, name, window, thread }} />;
  const { text, blocked } = closed;
  return (
    <p class="composer-closed">
      {text} {blocked !== undefined && <Unblock id={blocked} />}
    </p>
  );
}

function Unblock({ id }: { id: number }) {
  const { chat } = useAccount();
  const unblock = () =>
    chat.api
      .call("delete", "/v1/blocks/{user_id}", { path: { user_id: id } })
      .catch((error) => toast(reason(error)));
  return (
    <button class="link" type="button" onClick={() => void unblock()}>
      {t("people.unblock")}
    </button>
  );
}
