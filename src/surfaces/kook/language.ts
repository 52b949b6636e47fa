import { parseAccept } from "hono/utils/accept";

/** The languages of error messages. */
export type Language = "zh" | "en";

/**
 * The language of an `Accept-Language`: English if it comes before Chinese. `*`, the default of libraries,
 * means Chinese.
 */
export function languageOf(acceptLanguage: string | undefined): Language {
  for (const { type, q } of parseAccept(acceptLanguage ?? "")) {
    if (q === 0) continue;
    const [primary] = type.toLowerCase().split("-");
    if (primary === "en") return "en";
    if (primary === "zh" || primary === "*") return "zh";
  }
  return "zh";
}
