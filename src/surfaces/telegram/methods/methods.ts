import { ACCOUNT } from "./account.ts";
import { CHATS } from "./chats.ts";
import { COMMANDS } from "./commands.ts";
import { FILES } from "./files.ts";
import { MESSAGES } from "./messages.ts";
import type { Method } from "./method.ts";
import { UPDATES } from "./updates.ts";

const ALL = { ...ACCOUNT, ...UPDATES, ...MESSAGES, ...FILES, ...CHATS, ...COMMANDS };

/** The methods by name. Names are compared without case. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries<Method>(ALL).map(([name, method]) => [name.toLowerCase(), method]),
);
