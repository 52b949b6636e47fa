import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { refuse } from "./errors.ts";
import { FULL, tellQuota } from "./quota.ts";
import { userChat } from "./routes/user-chat.ts";

const router = new Hono<AppEnv>({ strict: false });
// Every answer has these, also those of the router and to who is not known.
router.use("/api/*", async (c, next) => {
  tellQuota(c, FULL);
  await next();
});
// Version 3 is the one that is meant where none is named.
for (const root of ["/api/v3", "/api"]) router.route(`${root}/user-chat`, userChat);

/** The API of KOOK's developer platform, as far as it is about direct conversations: four calls. */
export const kook = {
  name: "kook",
  router,
  owns: (path) => path === "/api" || path.startsWith("/api/"),
  refuse,
} satisfies Surface;
