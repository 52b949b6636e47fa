import { type Context, Hono } from "hono";
import { readFile } from "../../core/files/files.ts";
import { fileOf } from "../../core/files/stored-media.ts";
import { CoreError } from "../../domain/errors.ts";
import type { AppEnv } from "../../http/env.ts";
import { serveFile } from "../../http/serve-file.ts";
import type { Surface } from "../../http/surface.ts";
import { authenticated, type BotEnv } from "./auth.ts";
import { fail, succeed } from "./envelope.ts";
import { refuse } from "./errors.ts";
import { type BotCall, Refused } from "./methods/method.ts";
import { METHODS, refuseByChat } from "./methods/methods.ts";
import { keyInPath } from "./serialize/files.ts";

const PATHS = /^\/(?:file\/)?bot[^/]*(?:\/|$)/;
const BOT = "/:bot{bot[^/]+}";

const router = new Hono<AppEnv>({ strict: false });
router.get(`${BOT}/:method`, authenticated, answer);
router.post(`${BOT}/:method`, authenticated, answer);
router.get(`/file${BOT}/:folder/:name`, authenticated, file);

/** Calls a method. Telegram takes each by GET and by POST. */
async function answer(c: Context<BotEnv>): Promise<Response> {
  const method = METHODS.get((c.req.param("method") ?? "").toLowerCase());
  if (!method) throw new CoreError("no_such_path", "There is no such method.");
  const { core, bot } = c.var;
  const call: BotCall = { c, core, bot };
  try {
    return succeed(c, await method(call).catch((error: unknown) => refuseByChat(call, error)));
  } catch (error) {
    if (error instanceof Refused) return fail(c, error.code, error.message);
    throw error;
  }
}

/** The bytes of a file, at the path that `getFile` gives. */
async function file(c: Context<BotEnv>): Promise<Response> {
  const { core } = c.var;
  const key = keyInPath(c.req.param("name") ?? "");
  const found = key && (await fileOf(core, key));
  if (!found) throw new CoreError("no_such_path", "There is no such file.");
  return serveFile(c.req.raw, found, (range) => readFile(core, found, range));
}

/** Telegram's Bot API: bots that were written for it need another address alone. */
export const telegram = {
  name: "telegram",
  router,
  owns: (path) => PATHS.test(path),
  refuse,
} satisfies Surface;
