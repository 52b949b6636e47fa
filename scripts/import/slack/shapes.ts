import { z } from "zod";

/**
 * The files of a workspace export, as far as they are read.
 * @see https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports
 * @see https://docs.slack.dev/reference/events/message
 * @see https://docs.slack.dev/reference/objects/file-object
 */

const text = z.string().nullish();
/** Seconds since 1970. */
const seconds = z.coerce.number().nullish();

/** `1700000000.000100`: when a message was sent, and its id in its channel. */
const Ts = z.string().regex(/^\d{1,12}\.\d{1,9}$/);

const SlackUser = z.object({
  id: z.string().min(1),
  team_id: text,
  name: text,
  real_name: text,
  deleted: z.boolean().nullish(),
  is_bot: z.boolean().nullish(),
  /** a guest: they see the channels alone that they are in */
  is_restricted: z.boolean().nullish(),
  is_ultra_restricted: z.boolean().nullish(),
  profile: z
    .object({
      ...{ real_name: text, display_name: text, email: text, bot_id: text },
      ...{ image_512: text, image_192: text, image_72: text },
    })
    .nullish(),
});
export const SlackUsers = z.array(SlackUser);

export const SlackChannels = z.array(
  z.object({
    id: z.string().min(1),
    name: text,
    created: seconds,
    creator: text,
    is_archived: z.boolean().nullish(),
    members: z.array(z.string()).nullish(),
    topic: z.object({ value: text }).nullish(),
    purpose: z.object({ value: text }).nullish(),
    pins: z
      .array(z.object({ id: z.string(), type: text, created: seconds, user: text, owner: text }))
      .nullish(),
  }),
);
export type SlackChannel = z.infer<typeof SlackChannels>[number];

const SlackFile = z.object({
  id: z.string().nullish(),
  name: text,
  title: text,
  mode: text,
  mimetype: text,
  size: z.number().nullish(),
  is_external: z.boolean().nullish(),
  url_private: text,
  url_private_download: text,
  original_w: z.coerce.number().nullish(),
  original_h: z.coerce.number().nullish(),
  duration_ms: z.number().nullish(),
});
export type SlackFile = z.infer<typeof SlackFile>;

const Attachment = z.object({
  ...{ pretext: text, author_name: text, title: text, title_link: text, text, fallback: text },
  ...{ from_url: text, original_url: text, image_url: text },
  is_msg_unfurl: z.boolean().nullish(),
  /** of a message that is shown again: where it was said, and whether Slack asked before it was shown */
  channel_id: text,
  private_channel_prompt: z.boolean().nullish(),
  is_share: z.boolean().nullish(),
  fields: z.array(z.object({ title: text, value: text })).nullish(),
});
export type SlackAttachment = z.infer<typeof Attachment>;

export const SlackMessage = z.object({
  ts: Ts,
  subtype: text,
  /** one user alone was shown it */
  is_ephemeral: z.boolean().nullish(),
  /** nobody is shown it */
  hidden: z.boolean().nullish(),
  user: text,
  bot_id: text,
  username: text,
  text,
  thread_ts: Ts.nullish(),
  reply_count: z.number().nullish(),
  reactions: z
    .array(z.object({ name: z.string(), users: z.array(z.string()), count: z.number().nullish() }))
    .nullish(),
  edited: z.object({ ts: Ts.nullish() }).nullish(),
  pinned_to: z.array(z.string()).nullish(),
  pinned_info: z.object({ pinned_by: text, pinned_ts: z.coerce.number().nullish() }).nullish(),
  files: z.array(SlackFile.nullable()).nullish(),
  file: SlackFile.nullish(),
  comment: z.object({ user: text, comment: text }).nullish(),
  attachments: z.array(Attachment).nullish(),
  blocks: z.array(z.unknown()).nullish(),
  bot_profile: z.object({ name: text }).nullish(),
  /** of people of other workspaces, whom the list of users does not have */
  user_profile: z.object({ display_name: text, real_name: text }).nullish(),
});
export type SlackMessage = z.infer<typeof SlackMessage>;
