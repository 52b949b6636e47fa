import type { LastMessage } from "parley-client";
import { plainText } from "parley-react/markup";
import { type Content, contentOf } from "parley-react/message";
import { duration } from "../i18n/duration.ts";
import { t } from "../i18n/i18n.ts";

/** A message in one line, for lists and quotes. */
export function preview({ kind, body, revoked }: Pick<LastMessage, "kind" | "body" | "revoked">): string {
  return revoked ? t("message.revoked") : summary(contentOf(kind, body));
}

/** What a message says in one line. */
export function summary(content: Content): string {
  return labelled(content.kind, detailOf(content));
}

/** What a message of a kind is called, before what it says. @param detail its text; empty: none */
export function labelled(kind: Content["kind"], detail: string): string {
  if (kind === "text") return detail;
  const label = t(`message.${kind === "other" ? "custom" : kind}`);
  return detail ? t("message.labelled", { label, detail }) : label;
}

function detailOf(content: Content): string {
  switch (content.kind) {
    case "text":
      return plainText(content.text);
    case "audio":
      return (
        plainText(content.media.caption) || (content.media.duration ? duration(content.media.duration) : "")
      );
    case "file":
      return content.media.name || plainText(content.media.caption);
    case "image":
    case "video":
      return plainText(content.media.caption);
    case "location":
      return content.address;
    case "custom":
      return plainText(content.description);
    case "merged":
      return content.title;
    case "poll":
      return content.question;
    default:
      return "";
  }
}
