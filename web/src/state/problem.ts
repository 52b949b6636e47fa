import { Problem } from "parley-client";
import { t } from "../i18n/i18n.ts";

/** Why something did not work, for people. */
export function reason(error: unknown): string {
  // Browsers name an import that has failed in words of their own.
  if (error instanceof TypeError && /import|module/i.test(error.message)) return t("problem.notLoaded");
  if (!(error instanceof Problem)) return t("problem.other", { detail: String(error) });
  if (error.code === "no_answer") return t("problem.no_answer");
  if (error.code === "rate_limited") return t("problem.rate_limited");
  const [first] = error.errors ?? [];
  return t("problem.other", { detail: first ? `${first.path}: ${first.message}` : error.message });
}
