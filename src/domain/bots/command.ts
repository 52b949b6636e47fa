import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import { LIMITS } from "../limits.ts";
import { textUpTo } from "../text.ts";

const NAME = /^[a-z0-9_]{1,32}$/;

/** What a bot offers behind a slash, for completion. */
export const Command = z.object({
  command: z.string().regex(NAME, "must be 1 to 32 of a–z, 0–9 and _, without the slash"),
  description: textUpTo(LIMITS.commandDescription).min(1),
  /** what is to follow the name, for people */
  arguments: textUpTo(LIMITS.commandArguments).optional(),
});
export type Command = z.infer<typeof Command>;

/** The commands of a bot in one language. */
export const Commands = z
  .array(Command)
  .max(LIMITS.commands)
  .refine((list) => new Set(list.map(({ command }) => command)).size === list.length, {
    error: "must name each command once",
  });

/** A language tag, or empty: for users of all languages without commands of their own. */
export const CommandLanguage = z
  .string()
  .regex(
    /^(?:[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3})?$/,
    'must be a language tag such as de or pt-BR, or ""',
  );

/** A command that a member of a conversation may use. */
export type OfferedCommand = Command & { bot: Person };

/** Where commands for a language are looked for, the best place first. */
export function languagesFor(language: string): string[] {
  const lower = language.toLowerCase();
  return [...new Set([lower, lower.split("-")[0] ?? "", ""])];
}
