import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { toast } from "../../ui/toasts.tsx";

/** Ends the user's block of another. */
export function Unblock({ id }: { id: number }) {
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
