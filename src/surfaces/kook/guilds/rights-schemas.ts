import { z } from "zod";
import { ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { RoleColor, RoleId } from "../../../domain/spaces/role.ts";
import { textUpTo } from "../../../domain/text.ts";
import { integer } from "../../../http/fields.ts";
import { flag, Listing, orNone } from "../schemas.ts";

const guild_id = integer.pipe(SpaceId);
const channel_id = integer.pipe(ConversationId);
const user_id = integer.pipe(UserId);
const role_id = integer.pipe(RoleId);
/** KOOK's bits go up to 29. */
const permissions = integer.pipe(
  z
    .int()
    .min(0)
    .max(2 ** 30 - 1),
);
const COLORS = 0x1000000;

/** KOOK writes a colour as a number; 0 is none. */
const color = integer
  .pipe(
    z
      .int()
      .min(0)
      .max(COLORS - 1),
  )
  .transform((value) => (value === 0 ? null : RoleColor.parse(`#${value.toString(16).padStart(6, "0")}`)));

/** `guild-role/list`, `blacklist/list` */
export const GuildListing = Listing.extend({ guild_id });

/** `guild-role/create` */
export const NewRole = z.object({ guild_id, name: GroupName });

/** `guild-role/update` */
export const RoleChange = z.object({
  ...{ guild_id, role_id, name: orNone(GroupName), color: orNone(color), permissions: orNone(permissions) },
  ...{ hoist: orNone(flag), mentionable: orNone(flag) },
});

/** `guild-role/delete` */
export const OnRole = z.object({ guild_id, role_id });

/** `guild-role/grant`, `guild-role/revoke` */
export const MemberRole = z.object({ guild_id, user_id, role_id });

/** `channel-role/index` */
export const OnOverrides = z.object({ channel_id });

const OVERRIDE = {
  channel_id,
  type: orNone(z.enum(["role_id", "user_id"], { error: "must be role_id or user_id" })),
  value: orNone(integer),
};

/** Whose rights an override changes: those of `everyone` where nobody is named. */
function targetOf({
  type = "role_id",
  value = 0,
}: {
  type?: string | undefined;
  value?: number | undefined;
}) {
  return type === "user_id"
    ? { roleId: null, userId: UserId.safeParse(value).data ?? null }
    : { roleId: RoleId.safeParse(value).data ?? null, userId: null };
}

const OverrideFields = z.object({
  ...OVERRIDE,
  ...{ allow: orNone(permissions), deny: orNone(permissions) },
});

/** `channel-role/create`, `channel-role/update`, `channel-role/delete` */
export const OnOverride = OverrideFields.transform(({ type, value, ...rest }, context) => {
  const target = targetOf({ type, value });
  if (target.roleId !== null || target.userId !== null) return { target, ...rest };
  context.addIssue({ code: "custom", path: ["value"], message: "must be the id of a role, or of a user" });
  return z.NEVER;
});

/** `blacklist/create`: nobody's messages are deleted by it. */
export const NewBan = z.object({
  guild_id,
  target_id: user_id,
  remark: orNone(textUpTo(LIMITS.joinRequest)),
  del_msg_days: orNone(integer.pipe(z.literal(0, "must be 0: a ban deletes no messages here"))),
});

/** The type of a mute of what members say; the other one is of what they hear. */
const MICROPHONE = 1;

/** `guild-mute/create`, `guild-mute/delete`. A library misspells the user. */
export const OnMute = z.preprocess(
  (fields) => ({ ...Object(fields), user_id: Object(fields).user_id ?? Object(fields).uset_id }),
  z.object({
    ...{ guild_id, user_id },
    type: orNone(integer.pipe(z.literal(MICROPHONE, "must be 1: voice is not here"))),
  }),
);

/** A guild, or the guild of a channel. */
const PLACE = { guild_id: orNone(guild_id), channel_id: orNone(channel_id) };

/** `invite/list` */
export const InviteListing = Listing.extend(PLACE);

/** How long an invitation holds, and how many it lets in; 0, and -1: as long and as many as can be. */
export const NewInvite = z.object({
  ...PLACE,
  duration: orNone(integer.pipe(z.int().min(0).max(LIMITS.invitationMaxS))).transform((s) =>
    s ? Math.max(LIMITS.invitationMinS, s) : undefined,
  ),
  setting_times: orNone(integer.pipe(z.int().min(-1).max(LIMITS.invitationUses))).transform((times) =>
    times && times > 0 ? times : undefined,
  ),
});

/** `invite/delete` */
export const OldInvite = z.object({ ...PLACE, url_code: z.string({ error: "must be a code" }).max(64) });
