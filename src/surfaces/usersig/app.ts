import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { refuse } from "./errors.ts";
import { socket } from "./frames.ts";
import { files, logs } from "./logs.ts";
import { sessions } from "./sessions.ts";
import { users } from "./users.ts";

const PREFIXES = ["/chat", "/file", "/ws"];

const router = new Hono<AppEnv>({ strict: false });
router.route("/", users);
router.route("/", sessions);
router.route("/", logs);
router.route("/", files);
router.route("/", socket);

/** The usersig API, whose clients sign in with a user_sig: nine calls and a socket. */
export const usersig = {
  name: "usersig",
  router,
  owns: (path) => PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
  refuse,
} satisfies Surface;
