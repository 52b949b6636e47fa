import { expect, inject, test } from "vitest";
import { Parley } from "../src/index.ts";

const url = inject("parleyOrigin");
const key = inject("parleyKey");
const parley = new Parley({ url, key });

test("a space is made with roles, channels and members by ids of the team, and changed", async () => {
  const ref = "ext:team 7/é?";
  const wanted = {
    ...{ name: "Team", owner: "ext:space ann", members: ["ext:space ben"] },
    roles: [{ external_id: "leads", name: "Leads", permissions: ["pin" as const] }],
    channels: [
      { external_id: "team 7 board", name: "board", visibility: "private" as const, role_ids: ["leads"] },
    ],
  };
  const made = await parley.spaces.put(ref, wanted);
  expect(made).toMatchObject({
    external_id: "team 7/é?",
    member_count: 2,
    channels: [{ visibility: "private" }],
  });
  expect(await parley.spaces.put(ref, wanted)).toEqual(made);
  expect(await parley.spaces.put(ref, { name: "Team 7" })).toEqual({ ...made, name: "Team 7" });
  const change = { add: [{ ref: "ext:space ben", roles: ["leads"] }, { ref: "ext:space cem" }], remove: [1] };
  const results = await parley.spaces.members(ref, change);
  expect(results.map(({ result }) => result)).toEqual(["changed", "added", "failed"]);
  const { items } = await parley.spaces.list(ref);
  expect(items.map(({ external_id, roles }) => [external_id, roles])).toEqual([
    ["space ann", []],
    ["space ben", ["leads"]],
    ["space cem", []],
  ]);
  const text = { as: "ext:space ben", kind: "text", body: { text: "Hello" } } as const;
  expect(await parley.messages.send("ext:team 7 board", text)).toMatchObject({ seq: 1 });
  await parley.spaces.delete(ref);
  expect(await parley.spaces.get(made.id)).toMatchObject({ channels: [], dissolved_at: expect.any(Number) });
  await expect(parley.spaces.get("ext:no space")).rejects.toMatchObject({ code: "not_found" });
});
