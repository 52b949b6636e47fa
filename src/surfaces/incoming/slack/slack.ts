import type { Context } from "hono";
import { z } from "zod";
import type { ErrorCode, Failure } from "../../../domain/errors.ts";
import { invalid } from "../../../domain/errors.ts";
import { statusOf } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { bold, lines, link, messageText, ServiceList, ServiceText, shownName, shownUrl } from "../text.ts";
import { blocksText } from "./blocks.ts";
import { fromMrkdwn } from "./markdown.ts";

const text = ServiceText.optional().catch(undefined);
const many = ServiceList.optional().catch(undefined);

const Attachment = z.object({
  ...{ pretext: text, author_name: text, author_link: text, title: text, title_link: text, text },
  ...{ image_url: text, footer: text, fallback: text, blocks: many, fields: many },
});
const Field = z.object({ title: text, value: text });

const Payload = z.object({
  ...{ text, username: text, icon_url: text, blocks: many, attachments: many },
});

/** Incoming webhooks of Slack. */
export const slack: Shape = {
  read: ({ body }) => {
    const payload = Payload.safeParse(body);
    if (!payload.success) throw invalid("body", "must be an object, as Slack's incoming webhooks take it");
    const { text: short = "", username, icon_url, blocks = [], attachments = [] } = payload.data;
    // With blocks the text is for notifications alone.
    const shown = blocksText(blocks) || fromMrkdwn(short);
    const said = messageText([shown, ...attachments.map(attachmentText)].filter((part) => part).join("\n\n"));
    if (said === "") throw invalid("body.text", "must not be empty without blocks or attachments");
    return { text: said, name: shownName(username), avatar: shownUrl(icon_url) };
  },
  answer: (c) => c.text("ok", 200),
  refuse,
};

function attachmentText(given: unknown): string {
  const attachment = Attachment.safeParse(given);
  if (!attachment.success) return "";
  const {
    pretext,
    author_name,
    author_link,
    title,
    title_link,
    image_url,
    footer,
    fallback,
    fields = [],
  } = attachment.data;
  const shown = lines(
    pretext && fromMrkdwn(pretext),
    author_name && link(author_name, author_link),
    title && bold(link(title, title_link)),
    blocksText(attachment.data.blocks ?? []) || fromMrkdwn(attachment.data.text ?? ""),
    ...fields.map(fieldText),
    image_url && link("", image_url),
    footer && fromMrkdwn(footer),
  );
  return shown || fromMrkdwn(fallback ?? "");
}

function fieldText(given: unknown): string {
  const field = Field.safeParse(given);
  if (!field.success) return "";
  const { title, value } = field.data;
  return [title && `${bold(fromMrkdwn(title))}:`, value && fromMrkdwn(value)]
    .filter((part) => part)
    .join(" ");
}

/** What Slack answers, which its clients know. */
const ANSWERS: { [Code in ErrorCode]?: string } = {
  validation_failed: "invalid_payload",
  not_found: "no_service",
  rate_limited: "rate_limited",
  too_large: "msg_too_long",
};

function refuse(c: Context, failure: Failure): Response {
  const { status, headers } = statusOf(failure);
  return c.text(ANSWERS[failure.code] ?? failure.code, status, headers);
}
