import type { Context } from "hono";
import { z } from "zod";
import type { ErrorCode, Failure } from "../../../domain/errors.ts";
import { invalid } from "../../../domain/errors.ts";
import { attachmentText } from "../../../domain/foreign/slack/attachments.ts";
import { SlackBlocks } from "../../../domain/foreign/slack/blocks.ts";
import { fromMrkdwn } from "../../../domain/foreign/slack/mrkdwn.ts";
import { lines, many, messageText, text } from "../../../domain/foreign/text.ts";
import { statusOf } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { shownName, shownUrl } from "../shown.ts";

const Payload = z.object({
  ...{ text, username: text, icon_url: text, blocks: many, attachments: many },
});

/** A payload as an attachment: its text and its blocks are those of the message. */
const Bare = z.looseObject({}).transform(({ text: _, blocks: __, ...fields }) => fields);

/** Incoming webhooks of Slack. */
export const slack: Shape = {
  read: ({ body }) => {
    const payload = Payload.safeParse(body);
    if (!payload.success) throw invalid("body", "must be an object, as Slack's incoming webhooks take it");
    const { text: short = "", username, icon_url, blocks = [], attachments } = payload.data;
    // With blocks the text is for notifications alone.
    const shown = new SlackBlocks().textOf(blocks) || fromMrkdwn(short);
    // Some post an attachment without the list around it.
    const bare = { ...Bare.parse(body), ...(shown === "" ? {} : { fallback: undefined }) };
    const said = messageText(
      [shown, ...(attachments ?? [bare]).map(shownAttachment)].filter((part) => part).join("\n\n"),
    );
    if (said === "") throw invalid("body.text", "must not be empty without blocks or attachments");
    return { text: said, name: shownName(username), avatar: shownUrl(icon_url) };
  },
  answer: (c) => c.text("ok", 200),
  refuse,
};

function shownAttachment(given: unknown): string {
  const { above, inside } = attachmentText(given);
  return lines(above, inside);
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
