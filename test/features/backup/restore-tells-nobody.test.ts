import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { fillWorld, viewOf } from "../../../scripts/backup/world.ts";
import { backUp } from "../../../src/core/backup/run/backup-run.ts";
import { restore } from "../../../src/core/backup/run/restore-run.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { userPath } from "../../support/accounts/server-users.ts";
import {
  api,
  beginDeployment,
  FlakyCalls,
  loseEverything,
  source,
  target,
} from "../../support/backup/deployment.ts";
import { MemoryStore } from "../../support/backup/memory-store.ts";
import { call, registerUsers } from "../../support/clients/api.ts";
import { ask, expectAsked, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { conversationObject, inboxObject } from "../../support/objects/room.ts";
import { pushJobs, runPushes } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { newBot, updates } from "../../surfaces/telegram/client.ts";
import { textsSeen } from "../data/copies.ts";
import { makeHook, post } from "../incoming-hooks/client.ts";

let key = "";
let undo: () => void;

beforeAll(async () => {
  setTiming({
    ...{ rules: { keepMs: 0, staleMs: 0 }, fanout: { cooldownMs: 1 }, push: { graceMs: 0, changeMs: 0 } },
  });
  await beginDeployment();
  undo = setNoRateLimits();
  key = (await makeServerKey(["hooks", "users", "moderate"])).text;
});

afterAll(async () => {
  await rules();
  undo();
});

async function rules(...items: object[]): Promise<void> {
  const { status } = await call("PUT", "/v1/moderation/rules", { token: key, body: { items } });
  expect(status).toBe(200);
}

const Update = z.looseObject({ message: z.looseObject({ message_id: z.int() }) });
/** The number of the message that an update is about. */
const messageIn = (update: unknown) => Update.parse(update).message.message_id;

const suspend = ({ user }: { user: { id: number } }, body: object) =>
  call("PUT", userPath(user.id, "/suspension"), { token: key, body });

/** Restores the backup into this deployment, with kills at some of its calls. */
async function restoreHere(store: MemoryStore): Promise<number> {
  for (let calls = 4, kills = 0; ; calls += 7, kills++) {
    const { target: here, serve } = await target(new FlakyCalls(calls));
    const isDone = await restore(store, here).then(
      () => true,
      () => false,
    );
    serve();
    if (isDone) return kills;
  }
}

test("after a restore each sees what they saw, and hooks, pushes and bots hear nothing twice", async () => {
  const [ann, bob, cid, dan, eve, fay, gil, hal, ida] = await registerUsers(9);
  if (!ann || !bob || !cid || !dan || !eve || !fay || !gil || !hal || !ida) throw new Error("there are nine");
  const { conversations } = await fillWorld(api, [ann, fay, gil], 3);
  const group = ConversationId.parse(conversations.at(-1));
  const bot = await newBot();
  const members = [bob, cid, dan, eve, hal, ida, bot].map(({ user }) => user.id);
  await expectAsked(ann, group, "POST", "/members", { user_ids: members });
  const hook = await HookReceiver.start(key, { events: ["*"], conversations: [group] });
  const hookIn = await makeHook(ann, group);
  const push = await PushReceiver.of(fay);
  await updates(bot);
  // Each is in a state of their own.
  for (const who of [bob, cid, dan, eve, gil, hal, ida]) await send(who, group, `of ${who.user.id}`);
  await rules({ id: "held", match: { pattern: "keep back" }, action: "hold" });
  await ask(dan, group, "POST", "/messages", { kind: "text", body: { text: "keep back" } });
  await suspend(bob, { reason: "spam" });
  await suspend(cid, { shadow: true });
  await send(cid, group, "from the shadow");
  await expectAsked(ann, group, "PATCH", `/members/${dan.user.id}`, { muted_for_s: 86_400 });
  await expectAsked(ann, group, "PUT", `/bans/${eve.user.id}`);
  await expectAsked(gil, group, "POST", "/leave");
  await send(ann, group, "Gil is away");
  await expectAsked(ann, group, "POST", "/members", { user_ids: [gil.user.id] });
  await expectAsked(ann, group, "DELETE", `/members/${hal.user.id}`);
  expect((await call("DELETE", userPath(ida.user.id), { token: key })).status).toBeLessThan(300);
  await post(hookIn.url, { text: "a build" });
  const { seq } = await send(ann, group, "the last one");
  await expectAsked(gil, group, "PUT", "/read", { seq });
  await expectAsked(gil, group, "PUT", "/read", { seq, unread: true });

  /** What each sees, the suspended one: nothing. */
  const seen = async () => {
    const views: unknown[] = [];
    for (const who of [ann, cid, dan, eve, fay, gil, hal]) views.push(await viewOf(api, who));
    const histories = await Promise.all(
      [ann, bob, cid, dan, eve, gil, hal].map((who) => textsSeen(who, group)),
    );
    const refused = await call("GET", "/v1/me", { token: bob.token });
    const held = await call("GET", "/v1/moderation/held-messages", { token: key });
    return { views, histories, bob: refused.body, held: held.body };
  };
  /** Everybody has been told up to a text: hooks, the device that pushes wake, and the bot. */
  const toldOf = async (text: string) => {
    await eventually(async () => {
      await runDurableObjectAlarm(conversationObject(group));
      await runDurableObjectAlarm(inboxObject(bot.user.id));
      if ((await pushJobs(fay)) > 0) await runPushes(fay, 0);
      await hook.calls();
      const [events, pushes, waiting] = [await hook.until(0), await push.all(), await updates(bot)];
      for (const told of [events, pushes, waiting]) expect(JSON.stringify(told)).toContain(text);
      expect(await pushJobs(fay)).toBe(0);
    });
    return { calls: (await hook.calls()).length, pushes: (await push.kinds()).length };
  };
  const told = await toldOf("the last one");
  // The bot has confirmed some, and others wait.
  const [first] = await updates(bot);
  await updates(bot, { offset: (first?.update_id ?? 0) + 2 });
  const waited = (await updates(bot)).map(messageIn);
  const before = await seen();
  expect(before.histories.map((texts) => texts.includes("from the shadow"))).toEqual(
    [ann, bob, cid, dan, eve, gil, hal].map((who) => who === cid),
  );

  const store = new MemoryStore();
  await backUp(await source(), store);
  await loseEverything();
  expect(await restoreHere(store)).toBeGreaterThan(1);

  expect(await seen()).toEqual(before);
  // Devices register anew.
  await push.register(fay);
  const next = await send(ann, group, "after the restore");
  const after = await toldOf("after the restore");
  const calls = (await hook.calls()).slice(told.calls);
  expect(calls.map(({ body }) => body.includes("after the restore"))).toEqual([true]);
  expect(after.pushes - told.pushes).toBe(1);
  expect((await push.kinds()).at(-1)).toBe(`message ${next.seq}`);
  // Updates have higher numbers than before.
  expect((await updates(bot)).map(messageIn)).toEqual([...waited, next.seq]);
  expect((await post(hookIn.url, { text: "one more build" })).status).toBeLessThan(300);
});
