import type { z } from "zod";
import { LIMITS } from "../limits.ts";
import { nameUpTo } from "../text.ts";
import { hiddenFlaw, unreadableFlaw } from "./characters.ts";
import { EVERYBODY_FLAW, namesEverybody } from "./everybody.ts";
import { lookAlikeKeys } from "./look-alike.ts";

/** The keys of names like `deleted-100000`, which deleted users have; made at the first use. */
let deletedKeys: RegExp | undefined;

/** Whether a name looks like that of a deleted user, `deleted-<id>`. */
export function looksDeleted(name: string): boolean {
  if (!deletedKeys) {
    const [digits = ""] = lookAlikeKeys("0123456789");
    deletedKeys = new RegExp(`^deleted-[${digits}\\p{Nd}]+$`, "u");
  }
  return lookAlikeKeys(name.replace(/\s/gu, "")).some((key) => deletedKeys?.test(key));
}

/**
 * Adds a check to a schema.
 * @param flaw the reason why a text is refused, or null
 */
export function refuse<S extends z.ZodType<string, string>>(
  schema: S,
  flaw: (text: string) => string | null,
) {
  return schema.superRefine((text, context) => {
    const message = flaw(text);
    if (message !== null) context.addIssue({ code: "custom", message });
  });
}

/** A name of a person as others see it, of at most `max` code points; `""` is no name. */
export function displayName(max: number) {
  return refuse(nameUpTo(max), (text) => {
    if (text === "") return null;
    if (looksDeleted(text)) return "must not look like the name of a deleted user";
    if (namesEverybody(text)) return EVERYBODY_FLAW;
    return hiddenFlaw(text) ?? unreadableFlaw(text);
  });
}

/** The name of a group. */
export const GroupName = refuse(
  nameUpTo(LIMITS.name).min(1, "must not be empty"),
  (text) => hiddenFlaw(text) ?? (text === "" ? null : unreadableFlaw(text)),
);

/** The name that a member has in a group; `""`: none of their own. */
export const NameCard = displayName(LIMITS.name);
