import { changeBot, createBot, deleteBot, listBots, rotateBotToken } from "../../../../core/bots/bots.ts";
import { issueToken } from "../../../../http/access/token.ts";
import { problems } from "../../problems.ts";
import { jsonAnswer, jsonBody, ownRoutes } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { BotChange, BotParams, BotWithToken, NewBot, OwnBot, OwnBots } from "../../schemas/bots/bots.ts";
import { serializeBot } from "../../serialize/users.ts";

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
