import { z } from "zod";
import { CategoryId, ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName, NameCard } from "../../../domain/names/names.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { textUpTo } from "../../../domain/text.ts";
import { integer } from "../../../http/fields.ts";
import { flag, Listing, orNone } from "../schemas.ts";

const guild_id = integer.pipe(SpaceId);
const channel_id = integer.pipe(ConversationId);
const user_id = integer.pipe(UserId);
const role_id = integer.pipe(RoleId);
const topic = textUpTo(LIMITS.description);
/** How members are sorted by when they came: 0 the newest first, 1 the oldest first. */
const order = integer.pipe(z.literal([0, 1]));

/** A call about a guild. */
export const OnGuild = z.object({ guild_id });

/** `guild/user-list` */
export const MemberListing = Listing.extend({
  guild_id,
  channel_id: orNone(channel_id),
  search: orNone(z.string().max(LIMITS.name)),
  role_id: orNone(role_id),
  joined_at: orNone(order),
  filter_user_id: orNone(user_id),
});

/** `guild/kickout` */
export const Removal = z.object({ guild_id, target_id: user_id });

/** `guild/nickname` */
export const Naming = z.object({ guild_id, nickname: orNone(NameCard), user_id: orNone(user_id) });

/** A number of KOOK for a channel with text, or with voice. */
const TEXT = 1;
const ChannelType = integer.pipe(z.literal(TEXT, "must be 1: voice is not here"));

/** `channel/list` */
export const ChannelListing = Listing.extend({ guild_id, type: orNone(ChannelType) });

/** A category is a channel for KOOK: its id has that of its guild, as the numbers of channels are others. */
const CATEGORY_ID = /^(\d{1,16})-(\d{1,16})$/;

/** Reads the id of a category. @returns null: it is none */
function readCategory(value: unknown): { guild: SpaceId; category: CategoryId } | null {
  const [, guild, category] = CATEGORY_ID.exec(String(value)) ?? [];
  const [of, id] = [SpaceId.safeParse(Number(guild)), CategoryId.safeParse(Number(category))];
  return of.success && id.success ? { guild: of.data, category: id.data } : null;
}

/** The id of a category, as this API writes it. */
export function categoryIdOf(guild: SpaceId, category: CategoryId): string {
  return `${guild}-${category}`;
}

const Category = z.unknown().transform((value, context) => {
  const category = readCategory(value);
  if (category) return category;
  context.addIssue({ code: "custom", message: "must be the id of a category" });
  return z.NEVER;
});

/** Where a channel is: "0" is no category. */
const parent_id = orNone(z.union([z.literal([0, "0"]).transform(() => null), Category]));

/** A channel, or a category: by its id. */
const ChannelOrCategory = z.union([Category, channel_id.transform((channel) => ({ channel }))]);

/** `channel/view` */
export const OnChannel = z.object({ target_id: ChannelOrCategory });

/** `channel/create`. A library names the guild as its own code does. */
export const NewChannel = z.preprocess(
  (fields) => ({ ...Object(fields), guild_id: Object(fields).guild_id ?? Object(fields).guildId }),
  z.object({ guild_id, name: GroupName, type: orNone(ChannelType), is_category: orNone(flag), parent_id }),
);

/** KOOK counts in ms. */
const slow_mode = integer
  .pipe(
    z
      .int()
      .min(0)
      .max(LIMITS.slowModeS * 1_000),
  )
  .transform((ms) => Math.ceil(ms / 1_000));

/** `channel/update` */
export const ChannelChange = z.object({
  channel_id: ChannelOrCategory,
  name: orNone(GroupName),
  // An empty one ends it.
  topic: topic.nullish(),
  slow_mode: orNone(slow_mode),
  parent_id,
});

/** `channel/delete` */
export const ChannelRemoval = z.object({ channel_id: ChannelOrCategory });
