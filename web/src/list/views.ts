import type { Key } from "../i18n/catalog.ts";
import type { Route } from "../state/router.ts";
import type { IconName } from "../ui/icon.tsx";

/** A view beside conversations. */
export interface View {
  readonly route: Route;
  readonly label: Key;
  readonly icon: IconName;
}

/** Those that the list has a link to. @see {@link ./views-menu.tsx} for the others */
export const LINKS: readonly View[] = [
  { route: { view: "people" }, label: "people.title", icon: "people" },
  { route: { view: "new" }, label: "new.title", icon: "plus" },
];
