import { texts as en } from "./en/staff.ts";
import { filled, locale } from "./i18n.ts";
import type { Parameters, Text } from "./text.ts";
import { texts as zh } from "./zh/staff.ts";

/** The texts for staff in all languages: no user without a role loads one of them. */
const CATALOGS = { en, zh } satisfies Record<string, Readonly<Record<keyof typeof en, Text>>>;
/** The name of a text for staff. */
export type StaffKey = keyof typeof en;

/**
 * A text for staff in the language on screen. A newer server may name an action that this page does not know.
 * @param parameters as those of `t`
 */
export function st(key: StaffKey, parameters: Parameters = {}): string {
  return filled(CATALOGS[locale.value][key] ?? key, parameters);
}
