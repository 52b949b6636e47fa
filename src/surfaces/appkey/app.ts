import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { conversation, message } from "./calls.ts";
import { refuse } from "./errors.ts";

/**
 * The two paths, and what is below them unless it begins with a word, as the calls of another API do there:
 * `/message/1` is this API's, `/message/getMessageList` is not.
 */
const PATHS = /^\/(?:conversation|message)(?:\/(?![A-Za-z]+(?:\/|$)).*)?$/s;

const router = new Hono<AppEnv>({ strict: false });
router.route("/", conversation);
router.route("/", message);

/** The appkey API, whose calls carry the key of an app: four calls. */
export const appkey = {
  name: "appkey",
  router,
  owns: (path) => PATHS.test(path),
  refuse,
} satisfies Surface;
