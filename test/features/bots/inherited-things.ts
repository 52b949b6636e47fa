import { runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { userPath } from "../../support/accounts/server-users.ts";
import { type Answer, call, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, page, send } from "../../support/clients/chat.ts";
import { HOUR, postScheduled, runScheduled } from "../../support/clients/scheduled.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { inboxObject } from "../../support/objects/room.ts";
import { post } from "../incoming-hooks/client.ts";
import { accept } from "../invitations/client.ts";
import type { Fate, Thing } from "./inherited-states.ts";

/** A group with its owner, an admin who makes things, a reader, and somebody who is not in it. */
export interface World {
  id: number;
  /** a server key with the scopes `users`, `tokens` and `moderate` */
  key: string;
  owner: SignedIn;
  maker: SignedIn;
  reader: SignedIn;
  stranger: SignedIn;
}

/** How a thing is made, and tried. */
interface Trial<Made> {
  /** @returns null: it was refused */
  make(world: World): Promise<Made | null>;
  /** Uses it. @param expected where it cannot be told without knowing what to wait for */
  use(world: World, made: Made, expected: Fate): Promise<Fate>;
}

/** A user who acts. */
interface Actor {
  token: string;
  user: { id: UserId };
}

const TEXT = "said by what was made";
const ENDED = 401;
const MadeBot = z.looseObject({ id: UserId, token: z.string() });
const Token = z.looseObject({ token: z.string() });

/** What an answer has; null: it is a refusal. */
function given<Made>({ status, body }: Answer, shape: z.ZodType<Made>): Made | null {
  return status < 300 ? shape.parse(body) : null;
}

async function isSeen({ id, reader }: World): Promise<Fate> {
  const { items } = await page(reader, id);
  return JSON.stringify(items).includes(TEXT) ? "works" : "hidden";
}

/** What becomes of a message of a user. */
async function said(world: World, who: { token: string }): Promise<Fate> {
  const { status } = await ask(who, world.id, "POST", "/messages", { kind: "text", body: { text: TEXT } });
  return status === ENDED ? "ends" : isSeen(world);
}

/** Makes a bot, which the owner adds to the group. */
async function botIn({ id, owner, maker }: World): Promise<Actor | null> {
  const answer = await call("POST", "/v1/bots", { token: maker.token, body: { nickname: "Weather" } });
  const bot = given(answer, MadeBot);
  if (!bot) return null;
  await expectAsked(owner, id, "POST", "/members", { user_ids: [bot.id] });
  return { token: bot.token, user: { id: bot.id } };
}

/** What becomes of a scheduled message when it is due. */
async function due(world: World, who: Actor): Promise<Fate> {
  advanceClock(HOUR);
  await runScheduled(who);
  const failures = await runInDurableObject(inboxObject(who.user.id), (_, { storage }) =>
    storage.sql.exec("SELECT failed FROM scheduled").toArray(),
  );
  if (failures.length > 0) return "fails";
  const { status } = await call("GET", "/v1/me", { token: who.token });
  return status === ENDED && (await isSeen(world)) === "hidden" ? "ends" : isSeen(world);
}

async function scheduledBy(who: Actor, id: number): Promise<Actor | null> {
  const { status } = await postScheduled(who, id, TEXT);
  return status === 202 ? who : null;
}

/** What others see of a text that a bot is writing. */
async function streamed({ id, owner, reader }: World, bot: Actor, expected: Fate): Promise<Fate> {
  if ((await call("GET", "/v1/me", { token: bot.token })).status === ENDED) return "ends";
  const [device, room] = [await openDevice(bot.token), await openRoom(id, reader.token)];
  const part = { type: "draft_text", conversation_id: id, stream: "s", text: TEXT };
  device.send(part);
  if (expected === "works") await room.next("draft_text");
  device.send({ ...part, end: true });
  await device.next("ack");
  await send(owner, id, "mark");
  await room.until(({ frames }) => JSON.stringify(frames).includes('"mark"'));
  const isShown = JSON.stringify(room.frames).includes(TEXT);
  for (const socket of [device, room]) socket.close();
  return isShown ? "works" : "hidden";
}

async function posted(world: World, url: string): Promise<Fate> {
  const { status } = await post(url, { text: TEXT });
  if (status === 404) return "ends";
  if (status === 403) return "waits";
  expect(status).toBe(201);
  return isSeen(world);
}

const Url = z.looseObject({ url: z.string() }).transform(({ url }) => url);
const Code = z.looseObject({ code: z.string() }).transform(({ code }) => code);

/** Tries a thing. @param act what happens to its maker: before it is made, or afterwards */
export type Try = (
  world: World,
  when: "made" | "kept",
  act: () => Promise<void>,
  expected: Fate,
) => Promise<Fate>;

function tried<Made>({ make, use }: Trial<Made>): Try {
  return async (world, when, act, expected) => {
    if (when === "made") await act();
    const made = await make(world);
    if (made === null) return "unmade";
    if (when === "kept") await act();
    return use(world, made, expected);
  };
}

export const TRIALS: Record<Thing, Try> = {
  session: tried({
    make: async ({ key, maker }) => {
      const path = userPath(maker.user.id, "/tokens");
      return given(await call("POST", path, { token: key, body: {} }), Token);
    },
    use: async (_, { token }) => ((await call("GET", "/v1/me", { token })).status < 300 ? "works" : "ends"),
  }),
  bot: tried({ make: botIn, use: said }),
  stream: tried({ make: botIn, use: streamed }),
  "scheduled by a bot": tried({
    make: async (world) => {
      const bot = await botIn(world);
      return bot && scheduledBy(bot, world.id);
    },
    use: due,
  }),
  scheduled: tried({ make: ({ maker, id }) => scheduledBy(maker, id), use: due }),
  hook: tried({
    make: async ({ maker, id }) => given(await ask(maker, id, "POST", "/hooks", { name: "Builds" }), Url),
    use: posted,
  }),
  invitation: tried({
    make: async ({ maker, id }) => given(await ask(maker, id, "POST", "/invitations", {}), Code),
    use: async ({ stranger }, code) => ((await accept(stranger, code)).status < 300 ? "works" : "ends"),
  }),
};
