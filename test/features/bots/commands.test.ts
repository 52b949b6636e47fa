import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup } from "../../support/clients/chat.ts";
import { type BackendBot, backendBot } from "./client.ts";

let ann: SignedIn;
let bot: BackendBot;
let other: BackendBot;
let id: number;
beforeAll(async () => {
  ann = await register();
  [bot, other] = [await backendBot(), await backendBot()];
  id = (await createGroup(ann, [bot, other])).id;
});

const WEATHER = { command: "weather", description: "The weather of a place", arguments: "<place>" };
const HELP = { command: "help", description: "What I can do" };

const put = (who: { token: string }, commands: unknown, language?: string) =>
  call("PUT", "/v1/bots/me/commands", {
    token: who.token,
    body: { commands, ...(language !== undefined && { language }) },
  });

const Offered = z.strictObject({
  items: z.array(
    z.strictObject({
      ...{ command: z.string(), description: z.string(), arguments: z.string().optional() },
      bot: z.looseObject({ id: z.int(), bot: z.literal(true) }),
    }),
  ),
});

async function offered(who: { token: string }, language = "") {
  const { status, body } = await ask(who, id, "GET", `/commands?language=${language}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return Offered.parse(body).items.map(({ bot: { id: whose }, ...command }) => ({ ...command, whose }));
}

test("members are offered the commands of all bots, in their language where there is one", async () => {
  expect(await offered(ann)).toEqual([]);
  expect((await put(bot, [WEATHER, HELP])).status).toBe(204);
  expect((await put(bot, [{ ...HELP, description: "Was ich kann" }], "de")).status).toBe(204);
  expect((await put(other, [HELP], "")).status).toBe(204);
  const ofOther = { ...HELP, whose: other.user.id };
  const ofBot = [WEATHER, HELP].map((command) => ({ ...command, whose: bot.user.id }));
  expect(await offered(ann)).toEqual([...ofBot, ofOther]);
  expect(await offered(ann, "fr")).toEqual([...ofBot, ofOther]);
  const inGerman = { ...HELP, description: "Was ich kann", whose: bot.user.id };
  for (const language of ["de", "de-AT", "DE"])
    expect(await offered(ann, language)).toEqual([inGerman, ofOther]);
  const own = await call("GET", "/v1/bots/me/commands?language=de", { token: bot.token });
  expect(own.body).toEqual({ commands: [{ ...HELP, description: "Was ich kann" }] });
  expect((await put(bot, [], "de")).status).toBe(204);
  expect(await offered(ann, "de")).toEqual([...ofBot, ofOther]);
  // A bot that leaves takes its commands along.
  await ask(other, id, "POST", "/leave");
  expect(await offered(ann)).toEqual(ofBot);
});

test.for<[string, unknown, string?]>([
  ["a slash", [{ ...HELP, command: "/help" }]],
  ["capitals", [{ ...HELP, command: "Help" }]],
  ["33 characters", [{ ...HELP, command: "x".repeat(33) }]],
  ["no description", [{ command: "help", description: "" }]],
  ["a long description", [{ ...HELP, description: "x".repeat(257) }]],
  ["long arguments", [{ ...HELP, arguments: "x".repeat(65) }]],
  ["one command twice", [HELP, HELP]],
  ["101 commands", Array.from({ length: 101 }, (_, i) => ({ ...HELP, command: `c${i}` }))],
  ["a language that is none", [HELP], "de_AT!"],
])("%s is refused", async ([, commands, language]) => {
  expectProblem(await put(bot, commands, language), 400, "validation_failed");
});
