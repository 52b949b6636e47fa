import { t } from "../i18n/i18n.ts";
import { go } from "../state/router.ts";
import { LATER } from "../ui/later/icons.ts";
import type { Opened } from "../ui/opener.tsx";
import { MenuItems } from "../ui/overlay/menu.tsx";
import { LINKS, type View } from "./views.ts";

const OTHERS: readonly View[] = [
  { route: { view: "mentions" }, label: "mentions.title", icon: LATER.at },
  { route: { view: "threads" }, label: "threads.title", icon: "thread" },
  { route: { view: "saved" }, label: "saved.title", icon: LATER.bookmark },
  { route: { view: "scheduled" }, label: "scheduled.title", icon: "clock" },
  { route: { view: "archive" }, label: "archive.title", icon: LATER.archive },
];

/** The views beside conversations, with the one that is in the menu of the account. */
export const VIEWS: readonly View[] = [
  ...LINKS,
  ...OTHERS,
  { route: { view: "settings", place: "" }, label: "settings.title", icon: LATER.settings },
];

/** Leads to the views without a link. */
export function ViewsMenu(opened: Opened) {
  const items = OTHERS.map(({ route, label, icon }) => ({
    ...{ label: t(label), icon },
    onSelect: () => go(route),
  }));
  return <MenuItems {...opened} items={items} />;
}
