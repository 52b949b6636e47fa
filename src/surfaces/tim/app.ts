import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { refuse } from "./errors.ts";
import { conversations } from "./routes/conversations.ts";
import { drafts } from "./routes/drafts.ts";
import { groups } from "./routes/groups.ts";
import { history } from "./routes/history.ts";
import { joinRequests } from "./routes/join-requests.ts";
import { members } from "./routes/members.ts";
import { users } from "./routes/users.ts";

/**
 * `/user/<name>` with an underscore, and `/message` and `/conversation` bare or with an id below them, belong
 * to surfaces that come earlier.
 */
const PREFIXES = [
  "/login",
  "/register",
  "/user",
  "/message",
  "/conversation",
  "/group",
  "/member",
  "/groupMember",
];

const router = new Hono<AppEnv>({ strict: false });
router.route("/", users);
router.route("/", drafts);
for (const path of ["/member", "/groupMember", "/group"]) router.route(path, members);
router.route("/group", groups);
router.route("/", joinRequests);
router.route("/", history);
router.route("/", conversations);

/** The tim API: the calls of Tencent's chat SDK for the web, each a POST. */
export const tim = {
  name: "tim",
  router,
  owns: (path) => PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
  refuse,
} satisfies Surface;
