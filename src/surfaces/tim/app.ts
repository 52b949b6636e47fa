import { type Context, Hono } from "hono";
import type { AppEnv, CallerEnv } from "../../http/env.ts";
import { bodyFields } from "../../http/fields.ts";
import type { Surface } from "../../http/surface.ts";
import { authenticated } from "./auth.ts";
import { BODY } from "./body.ts";
import { friends } from "./contacts/friends.ts";
import { users } from "./contacts/users.ts";
import { conversations } from "./conversations/conversations.ts";
import { history } from "./conversations/history.ts";
import { search } from "./conversations/search.ts";
import { sorting } from "./conversations/sorting.ts";
import { refuse, UNSUPPORTED } from "./errors.ts";
import { socket } from "./frames.ts";
import { communities } from "./groups/communities.ts";
import { groupData } from "./groups/group-data.ts";
import { groups } from "./groups/groups.ts";
import { joinRequests } from "./groups/join-requests.ts";
import { members } from "./groups/members.ts";
import { drafts } from "./messages/drafts.ts";
import { messages } from "./messages/messages.ts";

/** Calls of the SDK that this server does not have, by decision. */
const CALLS = [
  ...["translateText", "convertVoiceToText"],
  ...["setMessageExtensions", "getMessageExtensions", "deleteMessageExtensions"],
];

/** Their answer: the SDK's code for an ability that a server does not have. */
const unsupported = new Hono<CallerEnv>({ strict: false });

for (const call of CALLS) {
  unsupported.post(`/message/${call}`, authenticated, async (c: Context<CallerEnv>) => {
    await bodyFields(c.req.raw, BODY);
    const msg = `This server has no ${call}.`;
    return c.json({ code: UNSUPPORTED, msg, data: {} });
  });
}

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
router.route("/group", communities);
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
