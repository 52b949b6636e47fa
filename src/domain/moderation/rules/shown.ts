import type { z } from "zod";
import type { ConversationId } from "../../ids.ts";
import type { CompiledRules } from "./compile.ts";

type Json = z.infer<ReturnType<typeof z.json>>;

/**
 * Whether rules let others be shown a text that is no message, which can be neither masked nor held.
 * @param rules null: there are none
 * @param conversation the one that it is in; null: one that no rule leaves out
 */
export function letsShow(
  rules: CompiledRules | null,
  text: string,
  conversation: ConversationId | null,
): boolean {
  const { action } = rules?.check(text, conversation) ?? { action: null };
  return action !== "refuse" && action !== "mask";
}

/** All texts in a value, the names of its fields too. */
export function textsIn(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Array.isArray(value)
    ? value.flatMap(textsIn)
    : Object.entries(value).flatMap(([name, item]) => [name, ...textsIn(item)]);
}
