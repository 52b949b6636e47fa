import { z } from "zod";
import { flag, listOf, text } from "../input/lenient.ts";

/**
 * The lines of a bulk export, as far as they are read.
 * @see https://docs.mattermost.com/onboard/bulk-loading-data-format.html
 */

const time = z.number().nonnegative().nullish();

const Channels = z.array(z.object({ name: z.string(), roles: text })).nullish();

const User = z.object({
  username: z.string().min(1),
  ...{ email: text, nickname: text, first_name: text, last_name: text, display_name: text },
  profile_image: text,
  delete_at: time,
  /** words; `system_guest`: they see the channels alone that they are in */
  roles: text,
  teams: z.array(z.object({ name: z.string(), channels: Channels })).nullish(),
});

const Channel = z.object({
  team: z.string(),
  name: z.string(),
  display_name: text,
  type: z.string(),
  ...{ header: text, purpose: text },
  deleted_at: time,
});

const Props = z
  .object({
    override_username: text,
    /** who has deleted the post; absent: nobody */
    deleteBy: text.catch(null),
    /** `src/domain/foreign/slack/attachments.ts` reads what they show */
    attachments: listOf(z.unknown()),
  })
  .nullish()
  .catch(null);

const ReplyFields = {
  user: z.string().min(1),
  type: text,
  message: text,
  props: Props,
  create_at: z.number().int().nonnegative(),
  edit_at: time,
  ...{ delete_at: time, deleted_at: time },
  is_pinned: flag,
  flagged_by: listOf(z.string()),
  reactions: listOf(z.object({ user: z.string(), emoji_name: z.string(), create_at: time.catch(undefined) })),
  attachments: listOf(z.object({ path: z.string() })),
};
const Reply = z.object(ReplyFields);
export type Reply = z.infer<typeof Reply>;

const PostFields = { ...ReplyFields, replies: z.array(Reply).nullish() };
export type Post = Reply & { replies?: Reply[] | null | undefined };

const Members = z.array(z.string()).nullish();

/** A line whose type has a place here. */
export const Line = z.discriminatedUnion("type", [
  z.object({ type: z.literal("user"), user: User }),
  z.object({ type: z.literal("bot"), bot: User }),
  z.object({ type: z.literal("channel"), channel: Channel }),
  z.object({
    type: z.literal("post"),
    post: z.object({ ...PostFields, team: z.string(), channel: z.string() }),
  }),
  z.object({
    type: z.literal("direct_channel"),
    direct_channel: z.object({
      members: Members,
      // Newer exports have these instead.
      participants: z.array(z.object({ username: z.string() })).nullish(),
      header: text,
    }),
  }),
  z.object({
    type: z.literal("direct_post"),
    direct_post: z.object({ ...PostFields, channel_members: z.array(z.string()) }),
  }),
]);
export type Line = z.infer<typeof Line>;
export const LINE_TYPES: readonly string[] = Line.options.map(({ shape }) => shape.type.value);

/** Any line. */
export const AnyLine = z.object({ type: z.string() });
