import { CoreError, nullIfNotFound } from "../../../domain/errors.ts";
import { placeOf } from "../use-cases/chats.ts";
import { ACCOUNT, COMMANDS } from "./bot.ts";
import { CHATS } from "./chats.ts";
import { GROUPS } from "./groups.ts";
import { ALBUMS } from "./media/albums.ts";
import { FILES } from "./media/files.ts";
import { PICTURES } from "./media/pictures.ts";
import { BATCHES, MESSAGES } from "./messages.ts";
import { type BotCall, type Method, Refused } from "./method.ts";
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

/**
 * Says of a failed call what became of its chat: the bot was put out of it, or the other one does not exist
 * any more.
 * @throws always: `Refused`, or the error as it is
 */
export async function refuseByChat({ core, bot, place }: BotCall, error: unknown): Promise<never> {
  if (!place || !(error instanceof CoreError)) throw error;
  const { code, data } = error;
  const { id } = place;
  if (place.isGroup && code === "not_found" && data?.missing === "conversation") {
    const snapshot = await core.conversations.snapshot(id, { userId: bot.id }).catch(nullIfNotFound);
    const state = snapshot?.update.state;
    if (state === "dissolved") throw new Refused(403, "the group chat was deleted");
    if (state === "left") throw new Refused(403, "bot was kicked from the supergroup chat");
  }
  if (!place.isGroup && code === "forbidden") {
    const { peer } = await placeOf(core, bot.id, id);
    const isGone = peer === undefined || peer.username === `deleted-${peer.id}`;
    throw new Refused(403, isGone ? "user is deactivated" : "bot can't initiate conversation with a user");
  }
  throw error;
}
