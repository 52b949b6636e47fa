import type { ConversationEntry } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { rowActions } from "../list/row-menu.tsx";
import { useAccount } from "../state/context.ts";
import { go } from "../state/router.ts";
import type { Opened } from "../ui/opener.tsx";
import { MenuItems } from "../ui/overlay/menu.tsx";
import { conversationAddress } from "./address.ts";

/** What can stand beside a conversation. Its details have a button. */
const PANELS = [
  { panel: "threads", icon: "thread" },
  { panel: "media", icon: "image" },
  { panel: "pins", icon: "pin" },
] as const;

interface Props extends Opened {
  entry: ConversationEntry;
  hasThreads: boolean;
}

/** What is rare in a conversation, and what the list offers for it. */
export function HeaderMenu({ entry, hasThreads, ...opened }: Props) {
  const account = useAccount();
  const { id, threads_unread: unread } = entry;
  const panels = PANELS.slice(hasThreads ? 0 : 1).map(({ panel, icon }) => ({
    label: t(`${panel}.title`) + (panel === "threads" && unread > 0 ? ` · ${unread}` : ""),
    icon,
    onSelect: () => go(conversationAddress(id, panel)),
  }));
  const others = rowActions(account, entry).map((item, i) => ({ ...item, isApart: i === 0 }));
  return <MenuItems {...opened} items={[...panels, ...others]} />;
}
