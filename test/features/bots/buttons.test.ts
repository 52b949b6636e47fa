import { beforeAll, describe, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  allReadable,
  ask,
  createGroup,
  deleteMessage,
  getMessage,
  listedConversation,
  page,
  send,
} from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import {
  changeScheduled,
  HOUR,
  postScheduled,
  runScheduled,
  schedule,
} from "../../support/clients/scheduled.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { itemAt } from "../../support/objects/room.ts";
import { asking, type BackendBot, backendBot, CHOICE } from "./client.ts";

let ann: SignedIn;
let bot: BackendBot;
let id: number;
beforeAll(async () => {
  ann = await register();
  bot = await backendBot();
  id = (await createGroup(ann, [bot])).id;
});

const change = (who: { token: string }, seq: number, body: object) =>
  ask(who, id, "PATCH", `/messages/${seq}`, body);

test("buttons of a bot are in every answer and frame with the message, and not in lists", async () => {
  const [room, device] = [await openRoom(id, ann.token), await openDevice(ann.token)];
  const sent = await send(bot, id, { ...asking(), client_msg_id: "b1" });
  expect(sent).toMatchObject({ buttons: CHOICE });
  expect(await room.next("message")).toMatchObject({ message: { seq: sent.seq, buttons: CHOICE } });
  await device.until(({ frames }) => JSON.stringify(frames).includes('"data":"yes"'));
  expect((await page(ann, id)).items.at(-1)).toMatchObject({ buttons: CHOICE });
  expect(await getMessage(ann, id, sent.seq)).toMatchObject({ buttons: CHOICE });
  expect((await listedConversation(ann, id)).last_message).not.toHaveProperty("buttons");
  const again = await ask(bot, id, "POST", "/messages", { ...asking(), client_msg_id: "b1" });
  expect(again).toMatchObject({ status: 200, body: { seq: sent.seq, buttons: CHOICE } });
  // A message without them has no field.
  expect(await send(bot, id, "none")).not.toHaveProperty("buttons");
});

test("a device socket of a bot sends them, and a backend as a bot", async () => {
  const device = await openDevice(bot.token);
  device.send({ type: "send", conversation_id: id, ...asking(), client_msg_id: "d1" });
  const ack = await device.next("ack");
  expect(await getMessage(ann, id, Number(ack.seq))).toMatchObject({ buttons: CHOICE });
  const { text: key } = await makeServerKey(["messages"]);
  const path = `/v1/server/conversations/${id}/messages`;
  const answer = await call("POST", path, { token: key, body: { as: bot.user.id, ...asking() } });
  expect(answer).toMatchObject({ status: 201, body: { buttons: CHOICE } });
  expectProblem(
    await call("POST", path, { token: key, body: { as: ann.user.id, ...asking() } }),
    403,
    "forbidden",
  );
});

test("a person may not put some, neither with a send nor later, whatever the way", async () => {
  const before = (await page(ann, id, "?limit=100")).items.length;
  expectProblem(await ask(ann, id, "POST", "/messages", asking()), 403, "forbidden");
  const device = await openDevice(ann.token);
  device.send({ type: "send", conversation_id: id, ...asking(), client_msg_id: "p1" });
  expect(await device.next("error")).toMatchObject({ code: "forbidden", client_msg_id: "p1" });
  expect((await page(ann, id, "?limit=100")).items).toHaveLength(before);
  const own = await send(ann, id, "mine");
  expectProblem(await change(ann, own.seq, { buttons: CHOICE }), 403, "forbidden");
  const { body } = await change(ann, own.seq, { buttons: null });
  expect(body).toMatchObject({ rev: 0 });
  const bots = await send(bot, id, asking());
  expectProblem(await change(ann, bots.seq, { buttons: null }), 403, "forbidden");
});

describe("an edit", () => {
  test("of buttons alone gives a change, and no version", async () => {
    const room = await openRoom(id, ann.token);
    const { seq } = await send(bot, id, asking());
    const other = [[{ text: "Done", data: "done" }]];
    const changed = await change(bot, seq, { buttons: other });
    expect(changed).toMatchObject({ status: 200, body: { buttons: other, version: 1 } });
    expect(changed.body).not.toHaveProperty("edited_at");
    await room.until(({ frames }) => JSON.stringify(frames).includes('"data":"done"'));
    const { rev } = await getMessage(ann, id, seq);
    expect(rev).toBeGreaterThan(0);
    // The same again changes nothing.
    expect((await change(bot, seq, { buttons: other })).body).toMatchObject({ rev });
    expect((await change(bot, seq, { buttons: null })).body).not.toHaveProperty("buttons");
    expect(await getMessage(ann, id, seq)).not.toHaveProperty("buttons");
  });

  test("of the text keeps them, unless it names others", async () => {
    const { seq } = await send(bot, id, asking());
    expect(await edit(bot, id, seq, { body: "Now?" })).toMatchObject({ buttons: CHOICE, version: 2 });
    const both = { body: { text: "Over" }, base_version: 2, buttons: null };
    const over = await change(bot, seq, both);
    expect(over).toMatchObject({ status: 200, body: { version: 3, body: { text: "Over" } } });
    expect(over.body).not.toHaveProperty("buttons");
    const stale = await change(bot, seq, { body: { text: "stale" }, base_version: 2, buttons: CHOICE });
    expect(stale.status).toBe(409);
    expect(await getMessage(ann, id, seq)).not.toHaveProperty("buttons");
  });
});

test("a revoke takes them, and no copy has them", async () => {
  const { seq } = await send(bot, id, asking());
  const source = { conversation_id: id, seq };
  const forward = await send(ann, id, { forward: source });
  const merged = await send(ann, id, { kind: "merged", body: { title: "all", items: [source] } });
  const quoting = await send(ann, id, { kind: "text", body: { text: "yes" }, quote_seq: seq });
  for (const copy of [forward, merged, quoting]) expect(JSON.stringify(copy)).not.toContain('"data"');
  await deleteMessage(bot, id, seq, "everyone");
  expect(await getMessage(ann, id, seq)).not.toHaveProperty("buttons");
  expectProblem(await change(bot, seq, { buttons: CHOICE }), 400, "validation_failed");
});

test("who left the group is shown none, as they may be later ones", async () => {
  const left = await register();
  const { id: other } = await createGroup(ann, [bot, left]);
  const { seq } = await send(bot, other, asking());
  await ask(left, other, "POST", "/leave");
  const late = [[{ text: "Later", data: "later" }]];
  await ask(bot, other, "PATCH", `/messages/${seq}`, { buttons: late });
  expect(await allReadable(ann, other)).toContain("later");
  const shown = await ask(left, other, "GET", "/messages");
  expect(JSON.stringify(shown.body)).not.toContain('"data"');
});

describe("refused are", () => {
  const button = { text: "a", data: "a" };
  const rows = (count: number, each: number) =>
    Array.from({ length: count }, () => Array.from({ length: each }, () => button));
  const url = `https://example.com/${"x".repeat(2_000)}`;
  test.for<[string, unknown]>([
    ["no row", []],
    ["an empty row", [[]]],
    ["nine in a row", rows(1, 9)],
    ["21 rows", rows(21, 1)],
    ["101 buttons", [...rows(12, 8), ...rows(1, 5)]],
    ["16 KiB", Array.from({ length: 9 }, () => [{ text: "a", url }])],
    ["no text", [[{ text: "", data: "a" }]]],
    ["65 characters", [[{ text: "x".repeat(65), data: "a" }]]],
    ["no data", [[{ text: "a", data: "" }]]],
    ["65 bytes of data", [[{ text: "a", data: "é".repeat(33) }]]],
    ["neither data nor URL", [[{ text: "a" }]]],
    ["both", [[{ ...button, url: "https://example.com" }]]],
    ["a script", [[{ text: "a", url: "javascript:alert(1)" }]]],
    ["a password in a URL", [[{ text: "a", url: "https://u:p@example.com" }]]],
    ["a text", "yes"],
  ])("%s", async ([, buttons]) => {
    expectProblem(await ask(bot, id, "POST", "/messages", asking(buttons)), 400, "validation_failed");
    const { seq } = await send(bot, id, "plain");
    expectProblem(await change(bot, seq, { buttons }), 400, "validation_failed");
    expect(await getMessage(ann, id, seq)).toMatchObject({ rev: 0 });
  });

  test("100 of them are not", async () => {
    const most = [...rows(12, 8), ...rows(1, 4)];
    expect(await send(bot, id, asking(most))).toMatchObject({ buttons: most });
  });
});

test("a scheduled message keeps them until it is due; a person is refused at once", async () => {
  const { id: other } = await createGroup(ann, [bot]);
  const scheduled = await schedule(bot, other, asking());
  await changeScheduled(bot, scheduled, { kind: "text", body: { text: "Shall I not?" } });
  expectProblem(await postScheduled(ann, other, asking()), 403, "forbidden");
  advanceClock(2 * HOUR);
  await runScheduled(bot);
  const { items } = await page(ann, other);
  expect(items).toMatchObject([{ body: { text: "Shall I not?" }, buttons: CHOICE }]);
});

test("an export has buttons, and an import of other ones changes them", async () => {
  const { id: own } = await createGroup(ann, [bot]);
  const { seq } = await send(bot, own, asking());
  const { text: key } = await makeServerKey(["data"]);
  const exported = await call("GET", `/v1/server/conversations/${own}/export`, { token: key });
  expect(exported.status, JSON.stringify(exported.body)).toBe(200);
  const lines = String(exported.body)
    .split("\n")
    .filter((line) => line.includes('"buttons"'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(itemAt(lines, 0))).toMatchObject({ message: { buttons: CHOICE } });
  const body = itemAt(lines, 0).replace('"data":"yes"', '"data":"aye"');
  const imported = await call("POST", "/v1/server/imports", { token: key, body: `${body}\n` });
  expect(imported.status, JSON.stringify(imported.body)).toBe(200);
  expect(JSON.stringify(await getMessage(ann, own, seq))).toContain("aye");
});
