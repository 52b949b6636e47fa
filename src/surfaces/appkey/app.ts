import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { refuse } from "./errors.ts";
import { conversation } from "./routes/conversation.ts";
import { message } from "./routes/message.ts";

const PATHS = ["/conversation", "/message"];

const router = new Hono<AppEnv>({ strict: false });
router.route("/", conversation);
router.route("/", message);

/** The appkey API, whose calls carry the key of an app: four calls. */
export const appkey = {
  name: "appkey",
  router,
  owns: (path) => PATHS.includes(path),
  refuse,
} satisfies Surface;
