import type { Key } from "../i18n/catalog.ts";
import type { Route } from "../state/router.ts";
import type { IconName } from "../ui/icon.tsx";

interface View {
  route: Route;
  label: Key;
  icon: IconName;
  /** whether the list has a link to it, and not an item of its menu */
  isLink?: true;
  /** whether it is in the menu of the account, and not in that of the list */
  isOfAccount?: true;
}

/** The views beside conversations. */
export const VIEWS: readonly View[] = [
  { route: { view: "people" }, label: "people.title", icon: "people", isLink: true },
  { route: { view: "new" }, label: "new.title", icon: "plus", isLink: true },
  { route: { view: "mentions" }, label: "mentions.title", icon: "at" },
  { route: { view: "threads" }, label: "threads.title", icon: "thread" },
  { route: { view: "saved" }, label: "saved.title", icon: "bookmark" },
  { route: { view: "scheduled" }, label: "scheduled.title", icon: "clock" },
  { route: { view: "archive" }, label: "archive.title", icon: "archive" },
  { route: { view: "settings", place: "" }, label: "settings.title", icon: "settings", isOfAccount: true },
];
