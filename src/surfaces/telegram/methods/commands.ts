import { z } from "zod";
import { getCommands, setCommands } from "../../../core/bots/commands.ts";
import { CommandLanguage, Commands } from "../../../domain/bots/command.ts";
import { checked } from "../../../http/fields.ts";
import { json, orNone } from "../schemas.ts";
import { type Method, read } from "./method.ts";

/** Whom the commands are for. Parley has one list for everybody. */
const Scope = z.object({
  type: z.literal("default", "must be default: commands are the same for everybody"),
});
const IN_LANGUAGE = { scope: orNone(json(Scope)), language_code: orNone(CommandLanguage) };

const Given = z.object({ ...IN_LANGUAGE, commands: json(Commands) });
const Asked = z.object(IN_LANGUAGE);

const setMyCommands: Method = async (call) => {
  const { commands, language_code = "" } = checked(Given, await read(call));
  await setCommands(call.core, call.bot.id, language_code, commands);
  return true;
};

const deleteMyCommands: Method = async (call) => {
  const { language_code = "" } = checked(Asked, await read(call));
  await setCommands(call.core, call.bot.id, language_code, []);
  return true;
};

const getMyCommands: Method = async (call) => {
  const { language_code = "" } = checked(Asked, await read(call));
  const commands = await getCommands(call.core, call.bot.id, language_code);
  return commands.map(({ command, description }) => ({ command, description }));
};

/** The methods by which a bot says what it offers. */
export const COMMANDS = { setMyCommands, deleteMyCommands, getMyCommands } satisfies Record<string, Method>;
