import { Problem } from "parley-client";
import { t } from "../i18n/i18n.ts";

/** The problems that a language may put in words of its own. For most English has those of the server. */
const NAMED = [
  "blocked",
  "conflict",
  "forbidden",
  "internal",
  "locked",
  "muted",
  "no_answer",
  "not_found",
  "rate_limited",
  "too_large",
  "too_late",
  "unavailable",
  "validation_failed",
] as const;

/** Why something did not work, for people. */
export function reason(error: unknown): string {
  if (!(error instanceof Problem)) return t("problem.other", { detail: String(error) });
  const [first] = error.errors ?? [];
  const detail = first ? `${first.path.replace(/^body\./, "")} ${first.message}` : error.message;
  const named = NAMED.find((code) => code === error.code);
  // The words of most are loaded behind the first view.
  return (named && t(`problem.${named}`, { detail })) || t("problem.other", { detail });
}
