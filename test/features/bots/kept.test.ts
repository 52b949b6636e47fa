import { beforeAll, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, getMessage, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { asking, type BackendBot, backendBot, CHOICE } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;
let bot: BackendBot;
beforeAll(async () => {
  const users = await registerUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  bot = await backendBot();
});

test("an export has buttons, and an import of other ones changes them", async () => {
  const { id } = await createGroup(ann, [bot]);
  const { seq } = await send(bot, id, asking());
  const { text: key } = await makeServerKey(["data"]);
  const exported = await call("GET", `/v1/server/conversations/${id}/export`, { token: key });
  expect(exported.status, JSON.stringify(exported.body)).toBe(200);
  const lines = String(exported.body)
    .split("\n")
    .filter((line) => line.includes('"buttons"'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(itemAt(lines, 0))).toMatchObject({ message: { buttons: CHOICE } });
  const body = itemAt(lines, 0).replace('"data":"yes"', '"data":"aye"');
  const imported = await call("POST", "/v1/server/imports", { token: key, body: `${body}\n` });
  expect(imported.status, JSON.stringify(imported.body)).toBe(200);
  expect(JSON.stringify(await getMessage(ann, id, seq))).toContain("aye");
});

test("a tap of a user in a shadow is answered, and the bot does not hear of it", async () => {
  const { text: token } = await makeServerKey(["moderate"]);
  const { id } = await createGroup(ann, [bot, bob]);
  const { seq } = await send(bot, id, asking());
  const undo = setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  const path = `/v1/moderation/users/${bob.user.id}/suspension`;
  const shadow = { shadow: true, reason: "spam" };
  expect((await call("PUT", path, { token, body: shadow })).status).toBe(204);
  // The conversation knows of the shadow from the next message on.
  await send(bob, id, "nobody sees this");
  const device = await openDevice(bot.token);
  const tap = (who: { token: string }) => ask(who, id, "POST", `/messages/${seq}/taps`, { data: "yes" });
  expect((await tap(bob)).status).toBe(202);
  expect((await tap(ann)).status).toBe(202);
  expect(await device.next("tapped")).toMatchObject({ user: { id: ann.user.id } });
  expect((await call("DELETE", path, { token })).status).toBe(204);
  await send(ann, id, "after");
  undo();
});
