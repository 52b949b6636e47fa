import { z } from "@hono/zod-openapi";
import { changeBot, createBot, deleteBot, listBots, rotateBotToken } from "../../../core/bots/bots.ts";
import { commandsIn, getCommands, setCommands } from "../../../core/bots/commands.ts";
import { type User as DomainUser, OwnUsername, ProfileFields } from "../../../domain/accounts/user.ts";
import { CommandLanguage, Commands, Command as Stored } from "../../../domain/bots/command.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { issueToken } from "../../../http/access/token.ts";
import { ConversationParams, QueryText, UserIdParam } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody, ownRoutes } from "../route.ts";
import { v1Router } from "../router.ts";
import { Sender, serializePerson, serializeUser, User } from "./users.ts";

const { nickname, avatar } = ProfileFields.shape;

const BotParams = z.object({ id: UserIdParam });

const NewBot = z
  .object({
    username: OwnUsername.optional().openapi({ description: "Absent: one is made up", example: "weather" }),
    nickname: nickname.refine((name) => name !== "", "must not be empty"),
    avatar: avatar.optional(),
  })
  .openapi("NewBot");

const BotChange = z
  .object({ nickname: nickname.optional(), avatar: avatar.optional() })
  .openapi("BotChange", { description: 'Absent: unchanged; `""` empties it' });

const { bot: _, ...UserFields } = User.shape;
const BotFields = { ...UserFields, bot: z.literal(true) };

const OwnBot = z.object(BotFields).openapi("OwnBot");
const OwnBots = z.object({ items: z.array(OwnBot) }).openapi("OwnBots");

const BotWithToken = z
  .object({
    ...BotFields,
    token: z.string().openapi({ description: "It has no end, and is shown this once: keep it secret" }),
  })
  .openapi("BotWithToken");

const Language = CommandLanguage.meta({
  description: "A language tag. Absent, or empty: for users of all languages without commands of their own",
  example: "de",
});

const BotCommands = z
  .object({ commands: Commands.meta({ description: "In the order in which they are shown" }) })
  .openapi("BotCommands");

const NewBotCommands = z
  .object({ ...BotCommands.shape, language: Language.optional() })
  .openapi("NewBotCommands");

const CommandsQuery = z.object({
  language: QueryText.pipe(CommandLanguage).default("").openapi({ type: "string", example: "de" }),
});

const OfferedCommands = z
  .object({ items: z.array(z.object({ ...Stored.shape, bot: Sender }).openapi("OfferedCommand")) })
  .openapi("OfferedCommands");

const ownRoute = ownRoutes("Bots");

const createBotRoute = ownRoute("post", "/v1/bots", {
  operationId: "createBot",
  summary: "Make a bot",
  description:
    "A user of its own, which a program uses with the `token`. It has no password. Add it to groups like any user, or begin a conversation with it; it begins none with strangers. It goes with your account. What it does counts for your quotas, and while you are suspended it is, too. `conflict`: you have five bots, or the username is taken.",
  request: { body: jsonBody(NewBot) },
  responses: {
    201: jsonAnswer("The bot", BotWithToken),
    ...problems("forbidden", "refused", "suspended", "conflict", "quota"),
  },
});

const listRoute = ownRoute("get", "/v1/bots", {
  operationId: "listBots",
  summary: "Your bots",
  responses: { 200: jsonAnswer("The bots, the oldest first", OwnBots), ...problems("forbidden") },
});

const changeRoute = ownRoute("patch", "/v1/bots/{id}", {
  operationId: "changeBot",
  summary: "Change the name or the avatar of your bot",
  request: { params: BotParams, body: jsonBody(BotChange) },
  responses: { 200: jsonAnswer("The bot", OwnBot), ...problems("forbidden", "refused", "not_found") },
});

const tokenRoute = ownRoute("post", "/v1/bots/{id}/token", {
  operationId: "rotateBotToken",
  summary: "A new token of your bot",
  description: "The one before ends at once, with the bot's sockets.",
  request: { params: BotParams },
  responses: {
    201: jsonAnswer("The bot", BotWithToken),
    ...problems("validation_failed", "forbidden", "suspended", "not_found"),
  },
});

const deleteRoute = ownRoute("delete", "/v1/bots/{id}", {
  operationId: "deleteBot",
  summary: "Delete your bot",
  description:
    "The deletion of an account: its messages stay, under a deleted user. While the bot owns a group, it is a `conflict`.",
  request: { params: BotParams },
  responses: {
    202: { description: "The account is deleted" },
    ...problems("validation_failed", "forbidden", "not_found", "conflict"),
  },
});

export const bots = v1Router()
  .openapi(createBotRoute, async (c) => {
    const { bot, credential } = await createBot(c.var.core, c.var.caller.userId, c.req.valid("json"));
    const token = await issueToken(c.env.TOKEN_SECRET, credential);
    return c.json({ ...serializeBot(bot), token }, 201);
  })
  .openapi(listRoute, async (c) => {
    const found = await listBots(c.var.core, c.var.caller.userId);
    return c.json({ items: found.map(serializeBot) }, 200);
  })
  .openapi(changeRoute, async (c) => {
    const { id } = c.req.valid("param");
    const bot = await changeBot(c.var.core, c.var.caller.userId, id, c.req.valid("json"));
    return c.json(serializeBot(bot), 200);
  })
  .openapi(tokenRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { bot, credential } = await rotateBotToken(c.var.core, c.var.caller.userId, id);
    const token = await issueToken(c.env.TOKEN_SECRET, credential);
    return c.json({ ...serializeBot(bot), token }, 201);
  })
  .openapi(deleteRoute, async (c) => {
    await deleteBot(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 202);
  });

const lightRoute = callerRoutes("Bots");
const pageRoute = callerRoutes("Bots", weighs("page"));

const putCommandsRoute = lightRoute("put", "/v1/bots/me/commands", {
  operationId: "setCommands",
  summary: "Say what you offer behind a slash",
  description:
    "For bots. Replaces your commands in one language, at most 100; `[]`: it has no list of its own. Clients complete them after `/`, and send them as texts. 403: you are no bot.",
  request: { body: jsonBody(NewBotCommands) },
  responses: { 204: { description: "They are stored" }, ...problems("forbidden", "refused") },
});

const getCommandsRoute = lightRoute("get", "/v1/bots/me/commands", {
  operationId: "getCommands",
  summary: "Your commands in one language",
  request: { query: CommandsQuery },
  responses: { 200: jsonAnswer("The commands", BotCommands), ...problems("validation_failed") },
});

const offeredRoute = pageRoute("get", "/v1/conversations/{id}/commands", {
  operationId: "listCommands",
  summary: "What the bots of a conversation offer",
  description:
    "The commands of all bots that are members, 50 bots at most, each in the `language`, or in the one without a country, or in that for all languages.",
  request: { params: ConversationParams, query: CommandsQuery },
  responses: {
    200: jsonAnswer("The commands, bot by bot", OfferedCommands),
    ...problems("validation_failed", "not_found"),
  },
});

export const commands = v1Router()
  .openapi(putCommandsRoute, async (c) => {
    const { commands, language = "" } = c.req.valid("json");
    await setCommands(c.var.core, c.var.caller.userId, language, commands);
    return c.body(null, 204);
  })
  .openapi(getCommandsRoute, async (c) => {
    const { language } = c.req.valid("query");
    return c.json({ commands: await getCommands(c.var.core, c.var.caller.userId, language) }, 200);
  })
  .openapi(offeredRoute, async (c) => {
    const { language } = c.req.valid("query");
    const { id } = c.req.valid("param");
    const offered = await commandsIn(c.var.core, c.var.caller.userId, id, language);
    const items = offered.map(({ bot, ...command }) => ({ ...command, bot: serializePerson(bot) }));
    return c.json({ items }, 200);
  });

/** A bot as v1 shows it to the user who has made it. */
function serializeBot(bot: DomainUser) {
  return { ...serializeUser(bot), bot: true as const };
}
