import type { LastMessage } from "parley-client";
import { t } from "../i18n/i18n.ts";

/** A message in one line, for lists and quotes. */
export function preview({ kind, body, revoked }: Pick<LastMessage, "kind" | "body" | "revoked">): string {
  if (revoked) return t("message.revoked");
  if ("text" in body && typeof body.text === "string") return body.text;
  const label = t(`message.${kind === "text" ? "custom" : kind}`);
  const detail = ["caption", "name", "question", "title", "description"]
    .map((field) => Object(body)[field])
    .find((value) => typeof value === "string" && value !== "");
  return detail ? `${label}: ${detail}` : label;
}
