import { parseAccept } from "hono/utils/accept";

/** The languages of messages. */
export type Language = "zh" | "en";

/** English for who names it before Chinese; `*`, which libraries send by themselves, means Chinese. */
export function languageOf(acceptLanguage: string | undefined): Language {
  for (const { type, q } of parseAccept(acceptLanguage ?? "")) {
    if (q === 0) continue;
    const [primary] = type.toLowerCase().split("-");
    if (primary === "en") return "en";
    if (primary === "zh" || primary === "*") return "zh";
  }
  return "zh";
}
