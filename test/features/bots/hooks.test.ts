import { afterAll, beforeAll, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, send } from "../../support/clients/chat.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { asking, type BackendBot, backendBot } from "./client.ts";

let ann: SignedIn;
let bot: BackendBot;
let key = "";
let id: number;
const made: HookReceiver[] = [];

beforeAll(async () => {
  [ann, bot] = await Promise.all([register(), backendBot()]);
  key = (await makeServerKey(["hooks"])).text;
  id = (await createGroup(ann, [bot])).id;
});
afterAll(async () => {
  for (const { id: hook } of made) await call("DELETE", `/v1/server/hooks/${hook}`, { token: key });
});

async function hookOf(events: string[]): Promise<HookReceiver> {
  const receiver = await HookReceiver.start(key, { events, conversations: [id] });
  made.push(receiver);
  return receiver;
}

test("a hook is told of a tap behind its message, once, and the bot answers it", async () => {
  const [all, taps, others] = [
    await hookOf(["*"]),
    await hookOf(["message.tapped"]),
    await hookOf(["message.created"]),
  ];
  const { seq } = await send(bot, id, asking());
  const tap = await ask(ann, id, "POST", `/messages/${seq}/taps`, { data: "yes" });
  expect(tap.status).toBe(202);
  const { tap_id } = Object(tap.body);
  const [, told] = await all.until(2);
  expect(told).toMatchObject({
    id: `evt_c${id}_${tap_id}`,
    type: "message.tapped",
    data: {
      ...{ conversation_id: id, seq },
      tap: { id: tap_id, bot_id: bot.user.id, data: "yes", user: { id: ann.user.id, external_id: null } },
    },
  });
  const answer = await call("POST", `/v1/bots/me/taps/${tap_id}`, {
    token: bot.token,
    body: { text: "Done" },
  });
  expect(answer.status).toBe(204);
  await ask(ann, id, "POST", `/messages/${seq}/taps`, { data: "no" });
  await send(ann, id, "the end");
  expect((await all.until(4)).map(({ type }) => type).toSorted()).toEqual([
    ...["message.created", "message.created", "message.tapped", "message.tapped"],
  ]);
  expect((await taps.until(2)).map(({ data }) => Object(data).tap.data)).toEqual(["yes", "no"]);
  expect((await others.until(2)).map(({ type }) => type)).toEqual(["message.created", "message.created"]);
});

test("a hook is not told of the taps from before it, nor of those that are refused", async () => {
  const { seq } = await send(bot, id, asking());
  await hookOf(["*"]);
  await ask(ann, id, "POST", `/messages/${seq}/taps`, { data: "yes" });
  const late = await hookOf(["message.tapped"]);
  expect((await ask(ann, id, "POST", `/messages/${seq}/taps`, { data: "maybe" })).status).toBe(404);
  await ask(ann, id, "POST", `/messages/${seq}/taps`, { data: "no" });
  expect((await late.until(1)).map(({ data }) => Object(data).tap.data)).toEqual(["no"]);
});
