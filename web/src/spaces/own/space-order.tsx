import { Problem } from "parley-client";
import { useMemo } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import type { Row } from "../channels/order.ts";
import { OrderDialog } from "../channels/order-dialog.tsx";
import { loadSpaces, spaces } from "../state.ts";

/** Puts the user's spaces into the order in which they stand above the list. */
export function SpaceOrder({ onClose }: { onClose: () => void }) {
  const { chat } = useAccount();
  const all = spaces.value;
  const stored = useMemo((): Row[] => all.map(({ id }) => ({ isCategory: false, id })), [all]);
  const nameOf = ({ id }: Row) => all.find((one) => one.id === id)?.name ?? "";
  const store = async (rows: readonly Row[]) => {
    let isStored = true;
    try {
      const body = { space_ids: rows.map(({ id }) => id) };
      await chat.api.call("put", "/v1/spaces/order", { body });
    } catch (error) {
      // The user is not in one of them any more.
      if (!(error instanceof Problem && error.code === "not_found")) throw error;
      isStored = false;
    }
    await loadSpaces(chat);
    return isStored;
  };
  const said = { title: t("order.spaces"), label: t("spaces.title"), changed: t("order.spacesChanged") };
  return <OrderDialog {...{ ...said, stored, nameOf, store, onClose }} />;
}
