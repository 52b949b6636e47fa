import { expect, inject, test } from "vitest";
import { Parley, ParleyError } from "../src/index.ts";
import { scripted } from "./support/scripted.ts";

const url = inject("parleyOrigin");
const key = inject("parleyKey");
const parley = new Parley({ url, key });
const ANN = "ext:talks ann/é";
const BEN = "ext:talks ben";

test("a group is made and changed by an id of the team, with members that nobody knew", async () => {
  const ref = "ext:course 7/é?";
  const made = await parley.conversations.put(ref, { name: "Course", members: [ANN, BEN] });
  expect(made).toMatchObject({ external_id: "course 7/é?", name: "Course", member_count: 2 });
  expect(await parley.conversations.put(ref, { name: "Course 7" })).toMatchObject({ id: made.id });
  expect(await parley.conversations.get(made.id)).toMatchObject({ name: "Course 7", member_count: 2 });
  const { items } = await parley.conversations.list({ external_id: "course 7/é?" });
  expect(items.map(({ id }) => id)).toEqual([made.id]);
  const results = await parley.conversations.members(ref, { add: [{ ref: "ext:cem" }], remove: [BEN, 1] });
  expect(results.map(({ result }) => result)).toEqual(["added", "removed", "failed"]);
  const unknown = await parley.conversations.get("ext:nothing").catch((error: unknown) => error);
  expect(unknown).toBeInstanceOf(ParleyError);
  expect(unknown).toMatchObject({ code: "not_found" });
});

test("a direct conversation is made by an id of the team, once for two users, and is no group", async () => {
  const members: [string, string] = ["ext:pair ann", "ext:pair ben"];
  const made = await parley.conversations.put("ext:pair", { kind: "direct", members });
  expect(made).toMatchObject({ external_id: "pair", kind: "direct", member_count: 2, owner_id: null });
  const held = await parley.conversations.put("ext:pair", { kind: "direct", legal_hold: true });
  expect(held).toMatchObject({ id: made.id, legal_hold: true });
  expect(await parley.conversations.get("ext:pair")).toEqual(held);
  await parley.messages.send("ext:pair", { as: "ext:pair ann", kind: "text", body: { text: "Lunch?" } });
  const [first, second] = members;
  for (const [ref, pair, code] of [
    ["ext:pair", [second, first], null],
    [made.id, members, null],
    ["ext:pair again", members, "conflict"],
    ["ext:pair", [first, "ext:pair cem"], "conflict"],
    ["ext:pair alone", [first, first], "validation_failed"],
    ["ext:no pair", undefined, "not_found"],
  ] as const) {
    const again = parley.conversations.put(ref, { kind: "direct", ...(pair && { members: [...pair] }) });
    if (code === null) expect(await again).toMatchObject({ id: made.id });
    else await expect(again).rejects.toMatchObject({ code });
  }
  await expect(parley.conversations.put("ext:pair", { members })).rejects.toMatchObject({ status: 400 });
});

test("a message as a user and a notice by nobody are stored once, if their answers are lost too", async () => {
  await parley.conversations.put("ext:once", { members: [ANN, BEN] });
  for (const message of [
    { as: ANN, kind: "text", body: { text: "Lunch?" } },
    { as: null, kind: "system", body: { text: "The lesson begins" } },
  ] as const) {
    const { fetch, sent } = scripted("lost", { status: 503, body: { code: "unavailable" } });
    await new Parley({ url, key, fetch }).messages.send("ext:once", message);
    expect(sent).toHaveLength(3);
  }
  const { items } = await parley.messages.list("ext:once");
  expect(items.flatMap(({ kind, body }) => ("text" in body ? [[kind, body.text]] : []))).toEqual([
    ["text", "Lunch?"],
    ["system", "The lesson begins"],
  ]);
});
