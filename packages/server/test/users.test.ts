import { expect, inject, test } from "vitest";
import { Parley, ParleyError, type Ref } from "../src/index.ts";
import { scripted } from "./support/scripted.ts";

const url = inject("parleyOrigin");
const key = inject("parleyKey");
const parley = new Parley({ url, key });
let count = 0;

function ref(): `ext:${string}` {
  return `ext:user ${++count}/é?`;
}

async function failure(call: Promise<unknown>): Promise<ParleyError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ParleyError) return error;
  throw new Error("the call did not fail as expected", { cause: error });
}

function state(user: Ref): Promise<string> {
  return parley.users.get(user).then((found) => found.state);
}

test("a user is made, changed, listed, suspended and deleted, by an id of any characters", async () => {
  const ann = ref();
  const made = await parley.users.upsert(ann, { nickname: "Ann", metadata: { plan: "pro" } });
  expect(made).toMatchObject({ external_id: ann.slice(4), nickname: "Ann", metadata: { plan: "pro" } });
  expect(await parley.users.upsert(made.id, { nickname: "Anna" })).toMatchObject({ nickname: "Anna" });
  expect((await parley.users.list({ limit: 100 })).items.map(({ id }) => id)).toContain(made.id);
  await parley.users.suspend(ann, { reason: "spam" });
  expect(await state(ann)).toBe("suspended");
  expect((await failure(parley.tokens.create(ann))).code).toBe("suspended");
  await parley.users.unsuspend(ann);
  expect(await state(ann)).toBe("active");
  await parley.users.delete(ann);
  expect((await failure(parley.users.get(ann))).code).toBe("not_found");
  expect(await state(made.id)).toBe("deactivated");
});

test("a list longer than a call has the result of each", async () => {
  const users = Array.from({ length: 101 }, (_, i) => ({ external_id: `many-${i}` }));
  await parley.users.upsert(ref(), { username: "taken_name" });
  const results = await parley.users.upsertMany([...users, { external_id: "bad", username: "taken_name" }]);
  expect(results.map(({ result }) => result)).toEqual([...users.map(() => "created"), "failed"]);
  expect(results.at(-1)?.problem?.code).toBe("conflict");
});

test("a token signs the user in, until the user is signed out", async () => {
  const ann = ref();
  const { id } = await parley.users.upsert(ann);
  const { token } = await parley.tokens.create(ann, { expires_in_s: 600, session_name: "web" });
  const unused = await parley.tokens.create(ann);
  const me = (bearer: string) => fetch(`${url}/v1/me`, { headers: { Authorization: `Bearer ${bearer}` } });
  expect(await (await me(token)).json()).toMatchObject({ id });
  await parley.users.signOut(ann);
  // A token that was used a moment before may work for up to 45 s more.
  expect((await me(unused.token)).status).toBe(401);
});

test("a key acts as users, and a refusal says what is wrong and where", async () => {
  const [ann, ben] = [ref(), ref()];
  await parley.users.upsert(ann, { nickname: "Ann" });
  const { id: user_id } = await parley.users.upsert(ben);
  const asAnn = parley.as(ann);
  const { id } = await asAnn.call("post", "/v1/conversations", { body: { kind: "direct", user_id } });
  const body = { kind: "text", body: { text: "Lunch?" }, client_msg_id: "m1" } as const;
  await asAnn.call("post", "/v1/conversations/{id}/messages", { path: { id }, body });
  const read = await parley.as(ben).call("get", "/v1/conversations/{id}/messages", { path: { id } });
  expect(read.items).toMatchObject([{ sender: { nickname: "Ann" }, body: { text: "Lunch?" } }]);

  const refused = await failure(parley.users.upsert(ann, { metadata: { text: "x".repeat(5_000) } }));
  expect(refused).toMatchObject({ code: "validation_failed", status: 400 });
  expect(refused.errors?.map(({ path }) => path)).toEqual(["body.metadata"]);
  expect(refused.detail).not.toBe("");
  const stranger = new Parley({ url, key: "psk_000000000000_0" });
  expect(await failure(stranger.users.get(ann))).toMatchObject({ code: "unauthenticated", status: 401 });
  const nowhere = new Parley({ url, key, fetch: () => Promise.reject(new TypeError("refused")) });
  expect(await failure(nowhere.tokens.create(ann))).toMatchObject({ code: "no_answer", status: 0 });
});

test("what may be repeated is repeated, what may not is not", async () => {
  const ann = ref();
  const busy = { status: 503, body: { code: "unavailable" } };
  const cases = [
    { does: (to: Parley) => to.users.upsert(ann), answers: ["lost", busy], tries: 3 },
    { does: (to: Parley) => to.users.upsertMany([{ external_id: "again" }]), answers: ["lost"], tries: 2 },
    { does: (to: Parley) => to.users.suspend(ann), answers: ["lost"], tries: 2 },
    { does: (to: Parley) => to.users.unsuspend(ann), answers: ["lost"], tries: 2 },
    // The second try finds nothing: the first has deleted it.
    { does: (to: Parley) => to.users.delete(ann), answers: ["lost"], tries: 2 },
    { does: (to: Parley) => to.users.upsert(ann), answers: [{ status: 429, retryAfter: 0 }], tries: 2 },
  ] as const;
  for (const { does, answers, tries } of cases) {
    const { fetch, sent } = scripted(...answers);
    await does(new Parley({ url, key, fetch }));
    expect(sent).toHaveLength(tries);
  }
  for (const answer of ["lost", busy] as const) {
    const { fetch, sent } = scripted(answer);
    await failure(new Parley({ url, key, fetch }).tokens.create(ann));
    expect(sent).toHaveLength(1);
  }
  const limited = scripted({ status: 429, body: { code: "rate_limited" }, retryAfter: 0.01 });
  await new Parley({ url, key, fetch: limited.fetch }).tokens.create(ann);
  expect(limited.sent).toHaveLength(2);
  expect((await failure(parley.users.delete("ext:nobody"))).code).toBe("not_found");
});

test("a message whose answer was lost is stored once", async () => {
  const [ann, ben] = [ref(), ref()];
  await parley.users.upsert(ann);
  const { id: user_id } = await parley.users.upsert(ben);
  const { id } = await parley
    .as(ann)
    .call("post", "/v1/conversations", { body: { kind: "direct", user_id } });
  const { fetch, sent } = scripted("lost");
  const body = { kind: "text", body: { text: "once" }, client_msg_id: "m1" } as const;
  const asAnn = new Parley({ url: `${url}/`, key, fetch }).as(ann);
  await asAnn.call("post", "/v1/conversations/{id}/messages", { path: { id }, body });
  expect(sent).toHaveLength(2);
  const read = await parley.as(ben).call("get", "/v1/conversations/{id}/messages", { path: { id } });
  expect(read.items).toHaveLength(1);
});
