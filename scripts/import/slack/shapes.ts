import { z } from "zod";
import { flag, listOf, number, text } from "../input/lenient.ts";

/**
 * The files of a workspace export, as far as they are read.
 * @see https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports
 * @see https://docs.slack.dev/reference/events/message
 * @see https://docs.slack.dev/reference/objects/file-object
 */

/** Seconds since 1970. */
const seconds = number;

/** `1700000000.000100`: when a message was sent, and its id in its channel. */
const Ts = z.string().regex(/^\d{1,12}\.\d{1,9}$/);

const SlackUser = z.object({
  id: z.string().min(1),
  team_id: text,
  name: text,
  real_name: text,
  deleted: flag,
  is_bot: flag,
  is_primary_owner: flag,
  /** a guest: they see the channels alone that they are in */
  is_restricted: z.boolean().nullish(),
  is_ultra_restricted: z.boolean().nullish(),
  profile: z
    .object({
      ...{ real_name: text, display_name: text, email: text, bot_id: text },
      ...{ image_512: text, image_192: text, image_72: text },
    })
    .nullish()
    .catch(undefined),
});
export const SlackUsers = z.array(SlackUser);

export const SlackChannels = z.array(
  z.object({
    id: z.string().min(1),
    name: text,
    created: seconds,
    creator: text,
    is_archived: z.boolean().nullish(),
    is_general: z.boolean().nullish(),
    members: z.array(z.string()).nullish(),
    topic: z.object({ value: text }).nullish().catch(undefined),
    purpose: z.object({ value: text }).nullish().catch(undefined),
    pins: z
      .array(z.object({ id: z.string(), type: text, created: seconds, user: text, owner: text }))
      .nullish(),
  }),
);
export type SlackChannel = z.infer<typeof SlackChannels>[number];

const SlackFile = z.object({
  id: text,
  name: text,
  title: text,
  mode: text,
  mimetype: text,
  size: number,
  is_external: flag,
  url_private: text,
  url_private_download: text,
  original_w: number,
  original_h: number,
  duration_ms: number,
});
export type SlackFile = z.infer<typeof SlackFile>;

/** `src/domain/foreign/slack/attachments.ts` reads what it shows. */
const Attachment = z.looseObject({
  ...{ from_url: text, original_url: text },
  is_msg_unfurl: z.boolean().nullish(),
  /** of a message that is shown again: where it was said, and whether Slack asked before it was shown */
  channel_id: text,
  private_channel_prompt: z.boolean().nullish(),
  is_share: z.boolean().nullish(),
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
  reply_count: number,
  reactions: listOf(z.object({ name: z.string(), users: listOf(z.string()), count: number })),
  edited: z.object({ ts: Ts.nullish() }).nullish().catch(undefined),
  pinned_to: listOf(z.string()),
  pinned_info: z.object({ pinned_by: text, pinned_ts: number }).nullish().catch(undefined),
  files: listOf(SlackFile),
  file: SlackFile.nullish().catch(undefined),
  comment: z.object({ user: text, comment: text }).nullish().catch(undefined),
  attachments: listOf(Attachment),
  blocks: listOf(z.unknown()),
  bot_profile: z.object({ name: text }).nullish().catch(undefined),
  /** of people of other workspaces, whom the list of users does not have */
  user_profile: z.object({ display_name: text, real_name: text }).nullish().catch(undefined),
});
export type SlackMessage = z.infer<typeof SlackMessage>;
