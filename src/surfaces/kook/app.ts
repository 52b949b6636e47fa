import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { refuse } from "./errors.ts";
import { FULL, setQuotaHeaders } from "./quota.ts";
import { userChat } from "./routes/user-chat.ts";

const router = new Hono<AppEnv>({ strict: false });
// Every answer has the quota headers, also 404, 405 and 401.
router.use("/api/*", async (c, next) => {
  setQuotaHeaders(c, FULL);
  await next();
});
// A path without a version means version 3.
for (const root of ["/api/v3", "/api"]) router.route(`${root}/user-chat`, userChat);

/** The part of KOOK's developer API about direct conversations: four calls. */
export const kook = {
  name: "kook",
  router,
  owns: (path) => path === "/api" || path.startsWith("/api/"),
  refuse,
} satisfies Surface;
