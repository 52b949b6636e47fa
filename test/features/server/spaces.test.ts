import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { ServerSpace } from "../../../src/surfaces/v1/server/spaces.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, putUser } from "../../support/accounts/server-users.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { list } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";

const StrictSpace = ServerSpace.strict();
type Space = z.infer<typeof ServerSpace>;

let token = "";
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;

beforeAll(async () => {
  token = (await makeServerKey(["conversations", "users", "messages"])).text;
  [ann, bob, eve] = [await register(), await register(), await register()];
});

const fresh = () => `s-${crypto.randomUUID()}`;
const path = (ref: number | string, rest = "") =>
  `/v1/server/spaces/${typeof ref === "number" ? ref : encodeURIComponent(`ext:${ref}`)}${rest}`;
const ask = (method: string, ref: number | string, rest = "", body?: object): Promise<Answer> =>
  call(method, path(ref, rest), { token, ...(body && { body }) });
const put = (ref: number | string, body: object) => ask("PUT", ref, "", body);

function spaceOf({ status, body }: Answer, expected: number): Space {
  expect(status, JSON.stringify(body)).toBe(expected);
  return StrictSpace.parse(body);
}

const as = (who: SignedIn, method: string, url: string, body?: object) =>
  call(method, url, { token: who.token, ...(body && { body }) });

/** The names of the channels that somebody can read. */
async function namesFor(who: SignedIn, id: number): Promise<string[]> {
  const { body } = await as(who, "GET", `/v1/spaces/${id}/channels`);
  return z
    .object({ items: z.array(z.object({ name: z.string() })) })
    .parse(body)
    .items.map((one) => one.name);
}

/** A space as a backend makes it: two roles, an open channel and a private one. */
function wanted(ext: string) {
  return {
    name: "Team 7",
    description: "All of us",
    owner: ann.user.id,
    members: [bob.user.id],
    roles: [
      { external_id: "leads", name: "Leads", color: "#2f855a", permissions: ["pin", "kick"] },
      { external_id: "guests", name: "Guests" },
    ],
    channels: [
      { external_id: `${ext}-all`, name: "all", topic: "Everything", default: true },
      { external_id: `${ext}-board`, name: "board", visibility: "private", role_ids: ["leads"] },
      { external_id: `${ext}-news`, name: "news", channel_kind: "announcement" },
    ],
  };
}

test("a space is made with roles, channels and members, and is as it was after the same again", async () => {
  const ext = fresh();
  const newcomer = freshExternalId();
  const body = { ...wanted(ext), members: [bob.user.id, `ext:${newcomer}`, ann.user.id] };
  const made = spaceOf(await put(ext, body), 201);
  expect(made).toMatchObject({
    ...{ external_id: ext, name: "Team 7", owner_id: ann.user.id, member_count: 3, dissolved_at: null },
    roles: [
      { external_id: "leads", name: "Leads", color: "#2f855a", position: 2, permissions: ["pin", "kick"] },
      { external_id: "guests", name: "Guests", color: null, position: 1, permissions: [] },
    ],
    channels: [
      { external_id: `${ext}-all`, name: "all", topic: "Everything", visibility: "open", default: true },
      { external_id: `${ext}-board`, visibility: "private", channel_kind: "text", default: false },
      { external_id: `${ext}-news`, visibility: "open", channel_kind: "announcement" },
    ],
  });
  expect(spaceOf(await put(ext, body), 200)).toEqual(made);
  expect(spaceOf(await put(made.id, {}), 200)).toEqual(made);
  expect(spaceOf(await ask("GET", ext), 200)).toEqual(made);
  expect(await namesFor(ann, made.id)).toEqual(["all", "board", "news"]);
  expect(await namesFor(bob, made.id)).toEqual(["all", "news"]);
  expectProblem(await as(bob, "GET", `/v1/conversations/${made.channels[1]?.id}`), 404, "not_found");
  // Members follow the default channel alone.
  for (const who of [ann, bob])
    expect((await list(who)).items.flatMap((one) => (one.space_id === made.id ? one.name : []))).toEqual([
      "all",
    ]);
  const members = await ask("GET", ext, "/members");
  expect(members.body).toMatchObject({
    items: [
      { id: ann.user.id, external_id: null, roles: [], muted_until: null },
      { id: bob.user.id },
      { external_id: newcomer },
    ],
    next_cursor: null,
  });
});

test("given fields change, others stay, and a right that it takes is gone on an open socket", async () => {
  const ext = fresh();
  const made = spaceOf(await put(ext, wanted(ext)), 201);
  const all = ConversationId.parse(made.channels[0]?.id);
  const room = await openRoom(all, bob.token);
  const changed = spaceOf(
    await put(ext, {
      name: "Team 8",
      everyone: ["read"],
      roles: [
        { external_id: "guests", name: "Visitors" },
        { external_id: "new", name: "New" },
      ],
      channels: [
        { external_id: `${ext}-all`, name: "secret", visibility: "private", role_ids: ["new"] },
        { external_id: `${ext}-more`, name: "more", visibility: "private" },
      ],
    }),
    200,
  );
  expect(changed).toMatchObject({
    ...{ name: "Team 8", description: "All of us", everyone: ["read"], owner_id: ann.user.id },
    roles: [
      { external_id: "leads", position: 3, permissions: ["pin", "kick"] },
      { external_id: "guests", position: 2, name: "Visitors" },
      { external_id: "new", position: 1 },
    ],
    channels: [
      { id: all, name: "secret", topic: "Everything", visibility: "private", default: true },
      { name: "board" },
      { name: "news" },
      { name: "more", visibility: "private" },
    ],
  });
  expect(await room.closed()).toMatchObject({ code: 4001 });
  expect(JSON.stringify(room.frames)).not.toContain("secret");
  expect(await namesFor(bob, made.id)).toEqual(["news"]);
  const patched = await ask("PATCH", ext, "/members", { add: [{ ref: bob.user.id, roles: ["new"] }] });
  expect(patched.body).toMatchObject({ items: [{ id: bob.user.id, result: "changed" }] });
  expect(await namesFor(bob, made.id)).toEqual(["secret", "news"]);
  // The owner is a member first, and the former one stays one.
  expect(spaceOf(await put(ext, { owner: eve.user.id }), 200)).toMatchObject({
    ...{ owner_id: eve.user.id, member_count: 3 },
  });
  expect(await namesFor(eve, made.id)).toEqual(["secret", "board", "news", "more"]);
  expect(await namesFor(ann, made.id)).toEqual(["news"]);
});

test("members come and go, each for themself", async () => {
  const ext = fresh();
  const made = spaceOf(await put(ext, { ...wanted(ext), members: [] }), 201);
  const newcomer = freshExternalId();
  await as(ann, "PUT", `/v1/spaces/${made.id}/bans/${eve.user.id}`, {});
  const added = await ask("PATCH", ext, "/members", {
    add: [
      { ref: bob.user.id, roles: ["leads"] },
      { ref: `ext:${newcomer}` },
      { ref: eve.user.id },
      { ref: 999_999_999 },
      { ref: ann.user.id, roles: ["nothing"] },
      { ref: ann.user.id },
    ],
    remove: [ann.user.id, `ext:${freshExternalId()}`],
  });
  expect(added.body).toMatchObject({
    items: [
      { ref: bob.user.id, result: "added" },
      { ref: `ext:${newcomer}`, result: "added" },
      { id: eve.user.id, result: "failed", problem: { code: "forbidden" } },
      { id: null, result: "failed", problem: { code: "not_found" } },
      { result: "failed", problem: { code: "not_found" } },
      { id: ann.user.id, result: "unchanged" },
      { id: ann.user.id, result: "failed", problem: { code: "conflict" } },
      { id: null, result: "failed", problem: { code: "not_found" } },
    ],
  });
  expect(await namesFor(bob, made.id)).toEqual(["all", "board", "news"]);
  const inSpace = async (who: SignedIn) => (await list(who)).items.filter((one) => one.space_id === made.id);
  expect((await inSpace(bob)).map(({ name }) => name)).toEqual(["all"]);
  const room = await openRoom(ConversationId.parse(made.channels[1]?.id), bob.token);
  const removed = await ask("PATCH", ext, "/members", { remove: [bob.user.id, eve.user.id] });
  expect(removed.body).toMatchObject({
    items: [{ result: "removed" }, { id: eve.user.id, result: "unchanged" }],
  });
  expect(await room.closed()).toMatchObject({ code: 4001 });
  expect(await inSpace(bob)).toEqual([]);
  expect((await as(bob, "GET", `/v1/spaces/${made.id}`)).status).toBe(404);
  expect(spaceOf(await ask("GET", ext), 200).member_count).toBe(2);
  // Whoever is banned keeps out, and nothing of the call is done.
  const refused = await put(ext, { name: "Other", members: [eve.user.id] });
  expectProblem(refused, 403, "forbidden");
  expect(spaceOf(await ask("GET", ext), 200).name).toBe("Team 7");
});

test("the number of statements does not rise with the members", async () => {
  const ext = fresh();
  // Whom a channel has as followers it tells each: without an open channel there are none.
  spaceOf(await put(ext, { ...wanted(ext), channels: wanted(ext).channels.slice(1, 2) }), 201);
  const people = Array.from({ length: 40 }, () => `ext:${freshExternalId()}`);
  const count = async (body: object) => {
    const prepare = vi.spyOn(env.DB, "prepare");
    try {
      expect((await ask("PATCH", ext, "/members", body)).status).toBe(200);
      return prepare.mock.calls.length;
    } finally {
      prepare.mockRestore();
    }
  };
  const one = await count({ add: people.slice(0, 1).map((ref) => ({ ref })) });
  const many = await count({ add: people.slice(1).map((ref) => ({ ref })) });
  expect(many).toBeLessThan(one + 5);
  const oneLess = await count({ remove: people.slice(0, 1) });
  expect(await count({ remove: people.slice(1) })).toBeLessThan(oneLess + 5);
});

test("what cannot be is refused, and changes nothing", async () => {
  const ext = fresh();
  const group = await call("PUT", `/v1/server/conversations/ext:${ext}-group`, {
    token,
    body: { kind: "group", owner: ann.user.id },
  });
  expect(group.status).toBe(201);
  expectProblem(await ask("GET", ext), 404, "not_found");
  expectProblem(await put(999_999_999, {}), 404, "not_found");
  expectProblem(await put(ext, { owner: ann.user.id }), 400, "validation_failed");
  expectProblem(await put(ext, { name: "Team" }), 400, "validation_failed");
  expectProblem(await put(ext, { name: "Team", owner: 999_999_999 }), 404, "not_found");
  const base = wanted(ext);
  const channel = (fields: object) => ({
    ...base,
    channels: [{ external_id: `${ext}-x`, name: "x", ...fields }],
  });
  expectProblem(await put(ext, channel({ role_ids: ["nothing"] })), 400, "validation_failed");
  expectProblem(await put(ext, channel({ external_id: `${ext}-group` })), 409, "conflict");
  expectProblem(await put(ext, { ...base, roles: [{ external_id: "a" }] }), 400, "validation_failed");
  const twice = { external_id: "a", name: "A" };
  expectProblem(await put(ext, { ...base, roles: [twice, twice] }), 400, "validation_failed");
  const six = Array.from({ length: 6 }, (_, i) => ({ external_id: `${ext}-${i}`, name: "x", default: true }));
  expectProblem(await put(ext, { ...base, channels: six }), 409, "conflict");
  expectProblem(await ask("GET", ext), 404, "not_found");
});

test("a channel is a conversation of the backend, by its own id", async () => {
  const ext = fresh();
  const made = spaceOf(await put(ext, wanted(ext)), 201);
  const channel = `/v1/server/conversations/ext:${ext}-board`;
  const shown = await call("GET", channel, { token });
  expect(shown.body).toMatchObject({ id: made.channels[1]?.id, name: "board", external_id: `${ext}-board` });
  const notice = { as: null, kind: "system", body: { text: "Deployed" } };
  expect((await call("POST", `${channel}/messages`, { token, body: notice })).status).toBe(201);
  // Rights hold for users, also where a backend sends for them.
  const text = (who: SignedIn) => ({ as: who.user.id, kind: "text", body: { text: "Hello" } });
  expect((await call("POST", `${channel}/messages`, { token, body: text(ann) })).status).toBe(201);
  expectProblem(await call("POST", `${channel}/messages`, { token, body: text(bob) }), 404, "not_found");
  const { body } = await call("GET", `${channel}/messages`, { token });
  expect(body).toMatchObject({ items: [{ body: { text: "Deployed" } }, { body: { text: "Hello" } }] });
  const term = { kind: "group", retention_days: 30 };
  expect((await call("PUT", channel, { token, body: term })).body).toMatchObject({ retention_days: 30 });
  expectProblem(
    await call("PUT", channel, { token, body: { kind: "group", members: [eve.user.id] } }),
    409,
    "conflict",
  );
  const patched = await call("PATCH", `${channel}/members`, { token, body: { add: [{ ref: eve.user.id }] } });
  expectProblem(patched, 409, "conflict");
});

test("a dissolved space is over with its channels, and its id is not given again", async () => {
  const ext = fresh();
  const made = spaceOf(await put(ext, wanted(ext)), 201);
  expect((await ask("DELETE", ext)).status).toBe(204);
  expect((await ask("DELETE", ext)).status).toBe(204);
  expect(spaceOf(await ask("GET", ext), 200)).toMatchObject({
    dissolved_at: expect.any(Number),
    channels: [],
  });
  expectProblem(await put(ext, wanted(ext)), 409, "conflict");
  expectProblem(await ask("PATCH", ext, "/members", { add: [{ ref: bob.user.id }] }), 409, "conflict");
  expectProblem(await as(ann, "GET", `/v1/conversations/${made.channels[0]?.id}`), 404, "not_found");
  expectProblem(await ask("DELETE", fresh()), 404, "not_found");
  await putUser(token, freshExternalId());
});
