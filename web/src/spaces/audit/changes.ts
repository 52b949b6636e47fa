import type { components } from "parley-client";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { GROUPS, type Permission } from "../roles/permissions.ts";

type Entry = components["schemas"]["SpaceAuditEntry"];
type Fields = NonNullable<Entry["from"]>;

/** Texts that are shown as they were and as they are. */
const TEXTS = ["name", "topic", "description"] as const;
const PERMISSIONS: readonly Permission[] = GROUPS.flatMap(({ permissions }) => permissions);

/** What a line of the log changed, as a person reads it. What says nothing to them is left out. */
export function changesOf({ from = {}, to = {} }: Entry): readonly string[] {
  const texts = TEXTS.flatMap((field) => {
    const [before, after] = [from[field], to[field]];
    if (typeof after !== "string") return [];
    if (typeof before === "string") return `“${before}” → “${after}”`;
    // What is new is called so in the line itself.
    return field === "name" || after === "" ? [] : `“${after}”`;
  });
  const rights = [
    ...listed(t("audit.mayNow"), more(from, to, "permissions")),
    ...listed(t("audit.mayNoMore"), more(to, from, "permissions")),
    ...listed(t("audit.allows"), more(from, to, "allow")),
    ...listed(t("audit.allowsNoMore"), more(to, from, "allow")),
    ...listed(t("audit.denies"), more(from, to, "deny")),
    ...listed(t("audit.deniesNoMore"), more(to, from, "deny")),
  ];
  const until = to.muted_until;
  const muted = typeof until === "number" ? [t("audit.until", { at: when(until) })] : [];
  return [...texts, ...rights, ...muted];
}

/** The permissions that a field has, and had not. */
function more(before: Fields, after: Fields, field: string): readonly Permission[] {
  const has = (fields: Fields, one: Permission) => {
    const { [field]: all } = fields;
    return Array.isArray(all) && all.includes(one);
  };
  return PERMISSIONS.filter((one) => has(after, one) && !has(before, one));
}

function listed(title: string, permissions: readonly Permission[]): readonly string[] {
  if (permissions.length === 0) return [];
  return [`${title} ${permissions.map((one) => t(`roles.may.${one}`)).join(" · ")}`];
}
