import { z } from "@hono/zod-openapi";
import { CommandLanguage, Commands, Command as Stored } from "../../../../domain/bots/command.ts";
import { QueryText } from "../../common.ts";
import { Sender } from "../messages/messages.ts";

const Language = CommandLanguage.meta({
  description: "A language tag. Absent, or empty: for users of all languages without commands of their own",
  example: "de",
});

export const BotCommands = z
  .object({ commands: Commands.meta({ description: "In the order in which they are shown" }) })
  .openapi("BotCommands");

export const NewBotCommands = z
  .object({ ...BotCommands.shape, language: Language.optional() })
  .openapi("NewBotCommands");

export const CommandsQuery = z.object({
  language: QueryText.pipe(CommandLanguage).default("").openapi({ type: "string", example: "de" }),
});

export const OfferedCommands = z
  .object({ items: z.array(z.object({ ...Stored.shape, bot: Sender }).openapi("OfferedCommand")) })
  .openapi("OfferedCommands");
