import type { OutboxItem } from "parley-client";
import { t } from "../../i18n/i18n.ts";
import { wordsFor } from "../../state/problem.ts";

/** What the same message would meet again. */
const LASTING = new Set<OutboxItem["code"]>(["refused", "held", "too_large", "not_found"]);

/** Whether to send a message that has failed once more may help. */
export function mayRetry({ code }: OutboxItem): boolean {
  return !LASTING.has(code);
}

/** Why a message is not sent, or not yet. */
export function whyNot({ code = "internal", reason }: OutboxItem): string {
  switch (code) {
    case "refused":
      return reason || t("message.failed.refused");
    case "held":
    case "forbidden":
    case "not_found":
      return t(`message.failed.${code}`);
    default:
      return wordsFor(code);
  }
}
