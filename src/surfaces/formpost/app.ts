import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { conversations, flags, records } from "./calls.ts";
import { refuse } from "./errors.ts";

/**
 * Every action has an underscore in its name. `/user/<name>` without an underscore belongs to another API.
 */
const ACTION = /^\/user\/[^/]*_/;

const router = new Hono<AppEnv>({ strict: false });
router.route("/", conversations);
router.route("/", flags);
router.route("/", records);

/** The formpost API: fifteen `POST /user/…/` actions. */
export const formpost = {
  name: "formpost",
  router,
  owns: (path) => ACTION.test(path),
  refuse,
} satisfies Surface;
