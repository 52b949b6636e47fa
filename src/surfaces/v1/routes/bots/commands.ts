import { commandsIn, getCommands, setCommands } from "../../../../core/bots/commands.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { ConversationParams } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { BotCommands, CommandsQuery, NewBotCommands, OfferedCommands } from "../../schemas/bots/commands.ts";
import { serializePerson } from "../../serialize/users.ts";

const lightRoute = callerRoutes("Bots");
const pageRoute = callerRoutes("Bots", weighs("page"));

const putRoute = lightRoute("put", "/v1/bots/me/commands", {
  operationId: "setCommands",
  summary: "Say what you offer behind a slash",
  description:
    "For bots. Replaces your commands in one language, at most 100; `[]`: it has no list of its own. Clients complete them after `/`, and send them as texts. 403: you are no bot.",
  request: { body: jsonBody(NewBotCommands) },
  responses: { 204: { description: "They are stored" }, ...problems("forbidden", "refused") },
});

const getRoute = lightRoute("get", "/v1/bots/me/commands", {
  operationId: "getCommands",
  summary: "Your commands in one language",
  request: { query: CommandsQuery },
  responses: { 200: jsonAnswer("The commands", BotCommands), ...problems("validation_failed") },
});

const listRoute = pageRoute("get", "/v1/conversations/{id}/commands", {
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
  .openapi(putRoute, async (c) => {
    const { commands, language = "" } = c.req.valid("json");
    await setCommands(c.var.core, c.var.caller.userId, language, commands);
    return c.body(null, 204);
  })
  .openapi(getRoute, async (c) => {
    const { language } = c.req.valid("query");
    return c.json({ commands: await getCommands(c.var.core, c.var.caller.userId, language) }, 200);
  })
  .openapi(listRoute, async (c) => {
    const { language } = c.req.valid("query");
    const { id } = c.req.valid("param");
    const offered = await commandsIn(c.var.core, c.var.caller.userId, id, language);
    const items = offered.map(({ bot, ...command }) => ({ ...command, bot: serializePerson(bot) }));
    return c.json({ items }, 200);
  });
