import { expect, test } from "vitest";
import { call, expectProblem, register } from "../../support/clients/api.ts";
import { list } from "../../support/clients/chat.ts";
import { HeldQueries } from "../../support/faults/d1.ts";

test("who blocks the creator of a group while it is created is not in it", async () => {
  const [ann, bob] = await Promise.all([register(), register()]);
  using held = new HeldQueries(/^select .* from "blocks"/);
  const body = { kind: "group", name: "Ours", member_ids: [bob.user.id] };
  const creating = call("POST", "/v1/conversations", { token: ann.token, body });
  await held.arrived();
  expect((await call("PUT", `/v1/blocks/${ann.user.id}`, { token: bob.token })).status).toBe(204);
  held.release();
  expectProblem(await creating, 403, "blocked");
  expect((await list(bob)).items).toEqual([]);
});
