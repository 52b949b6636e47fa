import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { asset } from "./asset.ts";
import { authenticated } from "./auth.ts";
import { deleteChat, userChat } from "./chats.ts";
import { refuse } from "./errors.ts";
import { gateway, socket } from "./gateway.ts";
import { channel } from "./guilds/channels.ts";
import { guild } from "./guilds/guilds.ts";
import { invite } from "./guilds/invitations.ts";
import { blacklist, guildMute } from "./guilds/moderation.ts";
import { channelRole } from "./guilds/overrides.ts";
import { guildRole } from "./guilds/roles.ts";
import { channelMessages, directMessages } from "./messages/families.ts";
import { FULL, setQuotaHeaders } from "./quota.ts";
import { user } from "./users.ts";

const router = new Hono<AppEnv>({ strict: false });
// Every answer has the quota headers, also 404, 405 and 401.
router.use("/api/*", async (c, next) => {
  setQuotaHeaders(c, FULL);
  await next();
});
// A path without a version means version 3.
for (const root of ["/api/v3", "/api"]) {
  router.route(`${root}/user-chat`, userChat);
  // A library deletes a conversation at this path.
  router.post(`${root}/uset-chat/delete`, authenticated, deleteChat);
  router.route(`${root}/direct-message`, directMessages.router);
  router.route(`${root}/message`, channelMessages.router);
  // The name of an older document.
  router.post(`${root}/channel/message`, authenticated, channelMessages.create);
  router.route(`${root}/user`, user);
  router.route(`${root}/guild`, guild);
  router.route(`${root}/channel`, channel);
  router.route(`${root}/blacklist`, blacklist);
  router.route(`${root}/guild-mute`, guildMute);
  router.route(`${root}/guild-role`, guildRole);
  router.route(`${root}/channel-role`, channelRole);
  router.route(`${root}/invite`, invite);
  router.route(`${root}/asset`, asset);
  router.route(`${root}/gateway`, gateway);
  router.route(`${root}/gateway`, socket);
}

/** The part of KOOK's developer API about direct conversations, guilds, and channels with what they say. */
export const kook = {
  name: "kook",
  router,
  owns: (path) => path === "/api" || path.startsWith("/api/"),
  refuse,
} satisfies Surface;
