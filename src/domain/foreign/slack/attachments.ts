import { z } from "zod";
import { withEmoji } from "../emoji.ts";
import { type ForeignNames, NO_NAMES } from "../names.ts";
import { bold, lines, link, many, text } from "../text.ts";
import { SlackBlocks } from "./blocks.ts";
import { fromMrkdwn } from "./mrkdwn.ts";

/** What of an attachment is read, as Slack documents it for messages of apps. */
const Attachment = z.object({
  ...{ pretext: text, author_name: text, author_link: text, title: text, title_link: text, text },
  ...{ image_url: text, footer: text, fallback: text, blocks: many, fields: many, actions: many },
});
const Field = z.object({ title: text, value: text });
const Action = z.object({ type: text, text, url: text });

/** An attachment in our Markdown; both parts may be empty. */
export interface AttachmentText {
  /** what stands above it */
  above: string;
  inside: string;
}

/**
 * The text of an attachment of Slack, which Mattermost has too. Its `fallback`, where it has nothing else.
 * @see https://docs.slack.dev/messaging/formatting-message-text/#attachments
 */
export function attachmentText(
  given: unknown,
  names: ForeignNames = NO_NAMES,
  blocks = new SlackBlocks(names),
  read: (text: string) => string = (one) => fromMrkdwn(one, names),
): AttachmentText {
  const attachment = Attachment.safeParse(given);
  if (!attachment.success) return { above: "", inside: "" };
  const { pretext, author_name, author_link, title, title_link, image_url, footer, fallback, ...rest } =
    attachment.data;
  const above = pretext ? read(pretext) : "";
  const inside = lines(
    author_name && link(author_name, author_link),
    title && bold(title_link ? link(title, title_link) : read(title)),
    blocks.textOf(rest.blocks ?? []) || read(rest.text ?? ""),
    ...(rest.fields ?? []).map((field) => fieldText(field, read)),
    image_url && link("", image_url),
    (rest.actions ?? []).map(actionText).filter(Boolean).join(" · "),
    footer && read(footer),
  );
  return above || inside ? { above, inside } : { above, inside: read(fallback ?? "") };
}

function fieldText(given: unknown, read: (text: string) => string): string {
  const field = Field.safeParse(given);
  if (!field.success) return "";
  const { title, value } = field.data;
  return [title && `${bold(read(title))}:`, value && read(value)].filter(Boolean).join(" ");
}

/** A button that leads somewhere. */
function actionText(given: unknown): string {
  const action = Action.safeParse(given);
  return action.success && action.data.url ? link(withEmoji(action.data.text ?? ""), action.data.url) : "";
}
