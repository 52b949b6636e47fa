import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { LIMITS } from "../../../src/domain/limits.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, deleteMessage, openDirect, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { setTiming } from "../../support/timing.ts";
import { asking, type BackendBot, backendBot } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;
let bot: BackendBot;
let id: number;
let seq: number;
beforeAll(async () => {
  [ann, bob, bot] = await Promise.all([register(), register(), backendBot()]);
  id = (await createGroup(ann, [bot])).id;
  seq = (await send(bot, id, asking())).seq;
});

const tap = (who: { token: string }, data = "yes", at = { id, seq }): Promise<Answer> =>
  ask(who, at.id, "POST", `/messages/${at.seq}/taps`, { data });

async function tapped(...args: Parameters<typeof tap>): Promise<string> {
  const answer = await tap(...args);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return z.strictObject({ tap_id: z.string() }).parse(answer.body).tap_id;
}

const answer = (who: { token: string }, tapId: string, body: object = {}) =>
  call("POST", `/v1/bots/me/taps/${tapId}`, { token: who.token, body });

test("a tap reaches the devices of the bot, and its answer those of who has tapped, once", async () => {
  const [ofBot, ofAnn] = [await openDevice(bot.token), await openDevice(ann.token)];
  const tapId = await tapped(ann);
  expect(await ofBot.next("tapped")).toEqual({
    ...{ type: "tapped", tap_id: tapId, conversation_id: id, seq, data: "yes" },
    user: { id: ann.user.id, username: ann.user.username, nickname: ann.user.nickname, avatar: "" },
  });
  const said = { text: "Done", alert: true, url: "https://example.com/" };
  expect((await answer(bot, tapId, said)).status).toBe(204);
  const about = { type: "tap_answer", tap_id: tapId, conversation_id: id, seq };
  expect(await ofAnn.next("tap_answer")).toEqual({ ...about, ...said });
  expect((await answer(bot, tapId, { text: "again" })).status).toBe(204);
  const second = await tapped(ann, "no");
  expect((await answer(bot, second)).status).toBe(204);
  expect(await ofAnn.next("tap_answer")).toEqual({
    ...{ ...about, tap_id: second, text: "", alert: false },
  });
  // The bot's other events: nobody but the bot is told of taps.
  expect(JSON.stringify(ofAnn.frames)).not.toContain('"tapped"');
});

test("a tap can be answered after the inbox of the bot has slept, and for 15 minutes", async () => {
  const [one, other] = [await tapped(ann), await tapped(ann)];
  await evictDurableObject(env.INBOX.get(env.INBOX.idFromName(String(bot.user.id))));
  expect((await answer(bot, one)).status).toBe(204);
  advanceClock(15 * 60_000 + 1_000);
  expectProblem(await answer(bot, other), 404, "not_found");
});

describe("a tap is refused", () => {
  test("on a button that is not there, or is there no longer", async () => {
    const { seq: own } = await send(bot, id, asking());
    const at = { id, seq: own };
    expectProblem(await tap(ann, "maybe", at), 404, "not_found");
    expectProblem(await tap(ann, "https://example.com/more", at), 404, "not_found");
    expectProblem(await tap(ann, "x".repeat(100_000), at), 404, "not_found");
    await ask(bot, id, "PATCH", `/messages/${own}`, { buttons: [[{ text: "No", data: "no" }]] });
    expectProblem(await tap(ann, "yes", at), 404, "not_found");
    await tapped(ann, "no", at);
    const { seq: plain } = await send(ann, id, "plain");
    expectProblem(await tap(ann, "yes", { id, seq: plain }), 404, "not_found");
  });

  test("on a message that is revoked, hidden, to come or in another conversation", async () => {
    const { seq: revoked } = await send(bot, id, asking());
    await deleteMessage(bot, id, revoked, "everyone");
    const { seq: hidden } = await send(bot, id, asking());
    await deleteMessage(ann, id, hidden, "me");
    for (const gone of [revoked, hidden, 100_000])
      expectProblem(await tap(ann, "yes", { id, seq: gone }), 404, "not_found");
    expectProblem(await tap(bob), 404, "not_found");
    expectProblem(await tap(ann, "yes", { id: 2 ** 40, seq: 1 }), 404, "not_found");
  });

  test("of who has left or was banned, and of a bot that is gone", async () => {
    const { id: other } = await createGroup(ann, [bot, bob]);
    const at = { id: other, seq: (await send(bot, other, asking())).seq };
    await tapped(bob, "yes", at);
    await ask(ann, other, "PUT", `/bans/${bob.user.id}`, {});
    expectProblem(await tap(bob, "yes", at), 404, "not_found");
    await ask(bot, other, "POST", "/leave");
    expectProblem(await tap(ann, "yes", at), 403, "forbidden");
  });

  test("across a block", async () => {
    const { id: direct } = await openDirect(bob, bot);
    await send(bob, direct, "start");
    const at = { id: direct, seq: (await send(bot, direct, asking())).seq };
    await tapped(bob, "yes", at);
    expect((await call("PUT", `/v1/blocks/${bot.user.id}`, { token: bob.token })).status).toBeLessThan(300);
    expectProblem(await tap(bob, "yes", at), 403, "blocked");
  });
});

test("an answer of another bot, of a person and of nobody's tap is refused", async () => {
  const [tapId, other] = [await tapped(ann), await backendBot()];
  for (const who of [other, ann]) expectProblem(await answer(who, tapId), 404, "not_found");
  for (const wrong of ["tap_", `tap_${"0".repeat(28)}`, "%00", "x".repeat(5_000)])
    expect([400, 404]).toContain((await answer(bot, wrong)).status);
  expectProblem(await answer(bot, tapId, { text: "x".repeat(201) }), 400, "validation_failed");
  expectProblem(await answer(bot, tapId, { url: "javascript:alert(1)" }), 400, "validation_failed");
  expect((await answer(bot, tapId)).status).toBe(204);
});

test("50 taps at once are 50 taps; more of one user wait, and keep nobody else", async () => {
  const many = await backendBot();
  const { id: group } = await createGroup(ann, [many, bob]);
  const at = { id: group, seq: (await send(many, group, asking())).seq };
  const device = await openDevice(many.token);
  const ids = await Promise.all(Array.from({ length: LIMITS.tapsOfUser }, () => tapped(ann, "yes", at)));
  expect(new Set(ids).size).toBe(LIMITS.tapsOfUser);
  expectProblem(await tap(ann, "yes", at), 429, "rate_limited");
  await tapped(bob, "no", at);
  const all = () => device.frames.filter(({ type }) => type === "tapped");
  await device.until(() => all().length === LIMITS.tapsOfUser + 1);
  expect(new Set(all().map((frame) => frame.tap_id)).size).toBe(LIMITS.tapsOfUser + 1);
  await Promise.all(ids.map((tapId) => answer(many, tapId)));
  await tapped(ann, "yes", at);
});

test("a tap of a user in a shadow is answered, and the bot does not hear of it", async () => {
  const { text: token } = await makeServerKey(["moderate"]);
  const { id: group } = await createGroup(ann, [bot, bob]);
  const at = { id: group, seq: (await send(bot, group, asking())).seq };
  const undo = setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  const path = `/v1/moderation/users/${bob.user.id}/suspension`;
  const shadow = { shadow: true, reason: "spam" };
  expect((await call("PUT", path, { token, body: shadow })).status).toBe(204);
  // The conversation knows of the shadow from the next message on.
  await send(bob, group, "nobody sees this");
  const device = await openDevice(bot.token);
  await tapped(bob, "yes", at);
  await tapped(ann, "yes", at);
  expect(await device.next("tapped")).toMatchObject({ user: { id: ann.user.id } });
  expect((await call("DELETE", path, { token })).status).toBe(204);
  await send(ann, group, "after");
  undo();
});
