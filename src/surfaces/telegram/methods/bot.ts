import { z } from "zod";
import { getCommands, setCommands } from "../../../core/bots/commands.ts";
import { CommandLanguage, Commands } from "../../../domain/bots/command.ts";
import { checked } from "../../../http/fields.ts";
import { json, orNone } from "../schemas.ts";
import { serializeUser } from "../serialize/users.ts";
import { type Method, read } from "./method.ts";

/** The bot itself, and what it can do. */
const getMe: Method = async (call) => {
  await read(call);
  return {
    ...serializeUser(call.bot),
    ...{ can_join_groups: true, can_read_all_group_messages: true, supports_inline_queries: false },
    ...{ can_connect_to_business: false, has_main_web_app: false },
  };
};

/** The methods that concern the bot itself. */
export const ACCOUNT = { getMe } satisfies Record<string, Method>;

/** For whom commands are. There is one list here for everybody: these write it, the last one counts. */
const FOR_ALL: ReadonlySet<string> = new Set(["default", "all_private_chats", "all_group_chats"]);
/** Those for admins, for one chat or one member are taken, and nothing comes of them. */
const FOR_SOME = ["all_chat_administrators", "chat", "chat_administrators", "chat_member"];

const Scope = z.looseObject({ type: z.enum([...FOR_ALL, ...FOR_SOME], "must be a scope of bot commands") });
const IN_LANGUAGE = { scope: orNone(json(Scope)), language_code: orNone(CommandLanguage) };

const Given = z.object({ ...IN_LANGUAGE, commands: json(Commands) });
const Asked = z.object(IN_LANGUAGE);

const setMyCommands: Method = async (call) => {
  const { commands, language_code = "", scope } = checked(Given, await read(call));
  if (scope && !FOR_ALL.has(scope.type)) return true;
  await setCommands(call.core, call.bot.id, language_code, commands);
  return true;
};

const deleteMyCommands: Method = async (call) => {
  const { language_code = "", scope } = checked(Asked, await read(call));
  // The list of everybody stays if that of some is deleted.
  if (scope && scope.type !== "default") return true;
  await setCommands(call.core, call.bot.id, language_code, []);
  return true;
};

const getMyCommands: Method = async (call) => {
  const { language_code = "", scope } = checked(Asked, await read(call));
  if (scope && !FOR_ALL.has(scope.type)) return [];
  const commands = await getCommands(call.core, call.bot.id, language_code);
  return commands.map(({ command, description }) => ({ command, description }));
};

/** The methods by which a bot says what it offers. */
export const COMMANDS = { setMyCommands, deleteMyCommands, getMyCommands } satisfies Record<string, Method>;
