import { expect, test } from "vitest";
import { call, expectProblem, register } from "../../support/clients/api.ts";
import { ask, list, openDirect } from "../../support/clients/chat.ts";
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

test("a block holds in a conversation that is opened between its look for one and its write", async () => {
  const [ann, bob] = await Promise.all([register(), register()]);
  using held = new HeldQueries(/^select "id" from "conversations" where/);
  const blocking = call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token });
  await held.arrived();
  const { id } = await openDirect(ann, bob);
  held.release();
  expect((await blocking).status).toBe(204);
  const body = { kind: "text", body: { text: "hello" } };
  for (const who of [ann, bob]) expectProblem(await ask(who, id, "POST", "/messages", body), 403, "blocked");
});
