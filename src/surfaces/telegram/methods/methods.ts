import { ACCOUNT } from "./account.ts";
import { BATCHES } from "./batches.ts";
import { CHATS } from "./chats.ts";
import { COMMANDS } from "./commands.ts";
import { GROUPS } from "./groups.ts";
import { ALBUMS } from "./media/albums.ts";
import { FILES } from "./media/files.ts";
import { PICTURES } from "./media/pictures.ts";
import { MESSAGES } from "./messages.ts";
import type { Method } from "./method.ts";
import { NEAREST, TAKEN } from "./nearest.ts";
import { NOT_HERE } from "./not-here.ts";
import { UPDATES } from "./updates.ts";

const DONE = {
  ...{ ...ACCOUNT, ...UPDATES, ...MESSAGES, ...BATCHES, ...FILES, ...ALBUMS, ...PICTURES },
  ...{ ...CHATS, ...GROUPS, ...COMMANDS, ...NEAREST, ...TAKEN },
};
const ALL: Record<string, Method> = { ...NOT_HERE, ...DONE };

/** The methods by name. Names are compared without case. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries(ALL).map(([name, method]) => [name.toLowerCase(), method]),
);
