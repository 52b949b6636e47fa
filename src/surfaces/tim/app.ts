import { Hono } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { Surface } from "../../http/surface.ts";
import { refuse } from "./errors.ts";
import { friends } from "./routes/contacts/friends.ts";
import { conversations } from "./routes/conversations.ts";
import { drafts } from "./routes/drafts.ts";
import { groupData } from "./routes/group-data.ts";
import { groups } from "./routes/groups.ts";
import { history } from "./routes/history.ts";
import { joinRequests } from "./routes/join-requests.ts";
import { members } from "./routes/members.ts";
import { messages } from "./routes/messages.ts";
import { search } from "./routes/search.ts";
import { socket } from "./routes/socket.ts";
import { sorting } from "./routes/sorting.ts";
import { unsupported } from "./routes/unsupported.ts";
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
  "/friend",
  "/tim",
];

const router = new Hono<AppEnv>({ strict: false });
router.route("/", users);
router.route("/", drafts);
for (const path of ["/member", "/groupMember", "/group"]) router.route(path, members);
router.route("/group", groups);
router.route("/group", groupData);
router.route("/conversation", sorting);
router.route("/", unsupported);
router.route("/friend", friends);
router.route("/", joinRequests);
router.route("/", history);
router.route("/message", messages);
router.route("/", search);
router.route("/", conversations);
router.route("/", socket);

/** The tim API: the calls of Tencent's chat SDK for the web, each a POST. */
export const tim = {
  name: "tim",
  router,
  owns: (path) => PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
  refuse,
} satisfies Surface;
