import { listed } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import type { User } from "../state/types.ts";
import { toast } from "../ui/toasts.tsx";

/** Says which of these users are asked before they become members. @param asked absent: none is */
export function sayAsked(users: readonly User[], asked: readonly number[] = []): void {
  const names = users.filter(({ id }) => asked.includes(id)).map(nameOf);
  if (names.length > 0) toast(t("group.asked", { n: names.length, names: listed(names) }));
}
