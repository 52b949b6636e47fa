import { type Context, Hono } from "hono";
import { createSpaceInvitation, withdrawSpaceInvitation } from "../../../core/spaces/invitations.ts";
import { invalid } from "../../../domain/errors.ts";
import type { ConversationId, SpaceId } from "../../../domain/ids.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas.ts";
import { getChannel, listAllInvitations } from "../use-cases/guilds.ts";
import { peopleNamed } from "../use-cases/messages.ts";
import { serializeUser } from "../users.ts";
import { pageOf } from "./pages.ts";
import { InviteListing, NewInvite, OldInvite } from "./rights-schemas.ts";

type Call = Context<CallerEnv>;

/** 邀请 */
export const invite = new Hono<CallerEnv>({ strict: false });

/** Some libraries read with POST and a body, and one makes invitations with GET. */
const EITHER = ["GET", "POST"];

/** 获取邀请列表: those that the caller has made, or all for who may manage the guild. */
invite.on(EITHER, "/list", authenticated, weighs("page"), async (c) => {
  const { guild_id, channel_id, ...listing } = checked(InviteListing, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const guild = await guildOf(c, guild_id, channel_id);
  const found = await listAllInvitations(core, caller.userId, guild);
  const makers = await peopleNamed(core, caller.userId, [...new Set(found.map((one) => one.createdBy))]);
  const items = found.map(({ code, createdBy }) => {
    const maker = makers.find(({ id }) => id === createdBy);
    return {
      ...{ guild_id: String(guild), channel_id: String(channel_id ?? 0), url_code: code },
      ...{ url: urlOf(c, code), user: maker ? serializeUser(maker) : null },
    };
  });
  return succeed(c, pageOf(items, listing));
});

/** 创建邀请链接. It opens the web client. */
invite.on(EITHER, "/create", authenticated, weighs("page"), async (c) => {
  const { guild_id, channel_id, duration, setting_times } = checked(
    NewInvite,
    await fieldsOf(c.req.raw, BODY),
  );
  const guild = await guildOf(c, guild_id, channel_id);
  const terms = { expiresInS: duration, maxUses: setting_times };
  const { code } = await createSpaceInvitation(c.var.core, c.var.caller.userId, guild, terms);
  return succeed(c, { url: urlOf(c, code), url_code: code });
});

/** 删除邀请链接. Idempotent. */
invite.post("/delete", authenticated, weighs("page"), async (c) => {
  const { guild_id, channel_id, url_code } = checked(OldInvite, await fieldsOf(c.req.raw, BODY));
  const guild = await guildOf(c, guild_id, channel_id);
  await withdrawSpaceInvitation(c.var.core, c.var.caller.userId, guild, url_code);
  return succeed(c, {});
});

/** The guild that a call names, itself or by a channel. @throws `validation_failed`, `not_found` */
async function guildOf(
  { var: { core, caller } }: Call,
  guild: SpaceId | undefined,
  channel: ConversationId | undefined,
): Promise<SpaceId> {
  if (guild !== undefined) return guild;
  if (channel === undefined) throw invalid("guild_id", "must be there, or channel_id");
  return (await getChannel(core, caller.userId, channel)).space;
}

function urlOf({ var: { core } }: Call, code: string): string {
  return new URL(`/#/join/${code}`, core.fileOrigins.asked).href;
}
