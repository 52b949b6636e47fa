import { Problem } from "parley-client";
import { useMemo } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { adopt, categoriesOf, channelsOf, loadChannels } from "../state.ts";
import { orderOf, type Row, rowsOf } from "./order.ts";
import { OrderDialog } from "./order-dialog.tsx";

interface Props {
  /** the id of the space */
  space: number;
  onClose: () => void;
}

/** Puts the channels of a space into an order and into categories. */
export function ChannelOrder({ space, onClose }: Props) {
  const { chat } = useAccount();
  const [channels, categories] = [channelsOf(space), categoriesOf(space)];
  const stored = useMemo(() => rowsOf({ items: channels ?? [], categories }), [channels, categories]);
  const nameOf = ({ isCategory, id }: Row) =>
    (isCategory ? categories : channels)?.find((one) => one.id === id)?.name ?? "";
  const store = async (rows: readonly Row[]) => {
    const path = { id: space };
    try {
      adopt(space, await chat.api.call("put", "/v1/spaces/{id}/order", { path, body: orderOf(rows) }));
      return true;
    } catch (error) {
      if (!(error instanceof Problem && error.code === "conflict")) throw error;
      await loadChannels(chat, space);
      return false;
    }
  };
  const said = { title: t("order.title"), label: t("spaces.channels"), changed: t("order.changed") };
  return <OrderDialog {...{ ...said, stored, nameOf, store, onClose }} sign="#" />;
}
