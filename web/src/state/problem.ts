import { type FailureCode, Problem } from "parley-client";
import { locale, t } from "../i18n/i18n.ts";

/** What the server says of these is more than their code, in sentences for people, in English. */
const SAID = /conflict|forbidden|^locked|quota|full/;

/** Why something did not work, for people. */
export function reason(error: unknown): string {
  if (!(error instanceof Problem)) return t("problem.other");
  const { code, detail, errors: [first] = [] } = error;
  if (locale.value === "en" && detail && SAID.test(code)) return detail;
  return wordsFor(code, first ? `${first.path.replace(/^body\./, "")} ${first.message}` : detail);
}

/** Whether something is not there, or not for the user to see. */
export function isGone(error: unknown): boolean {
  return error instanceof Problem && error.code === "not_found";
}

/** What a code means, for people. The words of most codes are loaded behind the first view. */
export function wordsFor(code: FailureCode, detail = ""): string {
  return t(`problem.${code}`, { detail }) || t("problem.other");
}
