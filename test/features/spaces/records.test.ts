import { exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ExportRecord } from "../../../src/domain/data/records.ts";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, request, type SignedIn } from "../../support/clients/api.ts";
import { exportAll, importAll, renamed, sorted } from "../data/records.ts";
import { as, Scene } from "./scene.ts";

let key: string;
let scene: Scene;
let board: ConversationId;
let hosts: number;

beforeAll(async () => {
  key = (await makeServerKey(["data", "act"])).text;
  scene = await Scene.make();
  const { ann, bob, eve } = scene;
  await scene.join(eve, await scene.invite(ann));
  hosts = await scene.addRole({
    name: "Hosts",
    color: "#2f855a",
    permissions: ["pin", "manage_channel"],
    hoist: true,
  });
  await scene.addRole({ name: "Guests", permissions: [] });
  // It leaves a gap in the positions of roles.
  const gone = await scene.addRole({ name: "Gone", permissions: [] });
  await scene.done(scene.ann, "DELETE", `/roles/${gone}`);
  await scene.giveRole(bob, hosts);
  await scene.done(ann, "PATCH", "/roles/0", { permissions: ["read", "write", "reactions"] }, 200);
  board = await scene.addChannel("board", { visibility: "private", role_ids: [hosts] });
  const news = await scene.addChannel("news", { channel_kind: "announcement" });
  const [plans, last] = [await scene.addCategory("Plans"), await scene.addCategory("Last")];
  const seeds = await scene.addChannel("seeds", { default: true });
  const order = {
    categories: [
      { id: last, channel_ids: [news] },
      { id: plans, channel_ids: [board] },
    ],
    channel_ids: [seeds, scene.general],
  };
  await scene.done(ann, "PUT", "/order", order, 200);
  await scene.done(ann, "PATCH", "", { discoverable: true, metadata: { plan: "pro" }, slow_mode_s: 1 }, 200);
  for (const [who, id, text] of [
    [ann, scene.general, "Beans?"],
    [eve, scene.general, "Peas."],
    [bob, board, "The key is under the mat"],
    [ann, news, "Seeds are here"],
  ] as const)
    await say(who, id, text);
  await scene.done(ann, "PATCH", `/members/${eve.user.id}`, { muted_for_s: 86_400 });
  await scene.done(bob, "PATCH", `/members/${bob.user.id}`, { name_card: "Bob, seeds" });
});

async function say(who: SignedIn, id: ConversationId, text: string): Promise<void> {
  const message = { client_msg_id: text, kind: "text", body: { text } };
  const { status, body } = await as(who, "POST", `/v1/conversations/${id}/messages`, message);
  expect(status, JSON.stringify(body)).toBe(201);
}

const ROLES = z.object({ items: z.array(z.looseObject({ id: z.int(), name: z.string() })) });
const SPACES = z.object({ items: z.array(z.object({ id: z.int(), name: z.string() })) });
const CHANNELS = z.object({
  items: z.array(
    z.looseObject({
      ...{ id: z.int(), name: z.string(), permissions: z.array(z.string()) },
      category_id: z.int().nullable(),
    }),
  ),
  categories: z.array(z.object({ id: z.int(), name: z.string() })),
});

/** The category of each channel by their names, in the order of the channels. */
function placesOf({ items, categories }: z.infer<typeof CHANNELS>): Map<string, string | null> {
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  return new Map(items.map((one) => [one.name, names.get(one.category_id ?? 0) ?? null]));
}

/** The answer to a call of a user of the other deployment. */
async function asThere(
  who: string,
  method: string,
  path: string,
): Promise<{ status: number; body: unknown }> {
  const asked = request(method, path, { token: key });
  asked.headers.set("Parley-User", encodeURIComponent(`ext:${who}`));
  const answer = await exports.default.fetch(asked);
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
}

/** The records of a space, and of what belongs to it, without what is had once in a deployment. */
async function recordsOf(prefix: string): Promise<ExportRecord[]> {
  const { records } = await exportAll(key, "/v1/server/export");
  const own = records.filter((record) => JSON.stringify(record).includes(`"${prefix}`));
  return sorted(own.filter(({ type }) => type !== "user" && type !== "read"));
}

/** What is here, as another deployment would have exported it. */
async function exportElsewhere(): Promise<ExportRecord[]> {
  const { records } = await exportAll(key, "/v1/server/export");
  return renamed(
    records.filter((record) => !JSON.stringify(record).includes('"x:')),
    "parley:",
    "x:",
  );
}

/** The external id of the user here. */
async function nameOf(who: SignedIn): Promise<string> {
  const { records } = await exportAll(key, "/v1/server/export");
  const found = records.find(
    (record) => record.type === "user" && record.user.username === who.user.username,
  );
  if (found?.type !== "user") throw new Error("the user is exported");
  return found.user.external_id;
}

test("a space with its roles, members, channels and messages is the same elsewhere", async () => {
  const before = await recordsOf("parley:");
  expect(new Set(before.map(({ type }) => type))).toEqual(
    new Set(["space", "role", "category", "space_member", "conversation", "message", "member"]),
  );
  // No file has more of them than a space has roles.
  const positions = before.flatMap((record) => (record.type === "role" ? [record.role.position] : []));
  expect(positions.sort()).toEqual([1, 2]);
  const elsewhere = await exportElsewhere();
  const report = await importAll(key, elsewhere);
  expect(report.left_out.filter(({ reason }) => !reason.includes("its username is taken"))).toEqual([]);
  // The owner is a member from the beginning.
  expect(report.imported).toMatchObject({
    ...{ space: 1, role: 2, category: 2, space_member: 2, conversation: 4, message: 4 },
  });
  expect(renamed(await recordsOf("x:"), "x:", "parley:")).toEqual(before);
  const again = await importAll(key, elsewhere);
  expect(again.left_out).toEqual([]);
  expect(Object.values(again.imported)).toEqual(Object.values(again.imported).map(() => 0));
});

test("who can read and write what is the same elsewhere, too", async () => {
  const { ann, bob, eve } = scene;
  for (const who of [ann, bob, eve]) {
    const there = (await nameOf(who)).replace("parley:", "x:");
    const [space] = SPACES.parse((await asThere(there, "GET", "/v1/spaces")).body).items;
    const channels = CHANNELS.parse((await asThere(there, "GET", `/v1/spaces/${space?.id}/channels`)).body);
    const shown = ({ items }: z.infer<typeof CHANNELS>) =>
      items.map(({ id: _, created_at: __, space_id: ___, category_id: ____, ...channel }) => channel);
    const here = CHANNELS.parse((await scene.ask(who, "GET", "/channels")).body);
    expect(shown(channels)).toEqual(shown(here));
    expect(placesOf(channels)).toEqual(placesOf(here));
    expect(placesOf(channels).get("news")).toBe("Last");
    expect(shown(channels).some(({ name }) => name === "board")).toBe(who !== eve);
    const roles = ROLES.parse((await asThere(there, "GET", `/v1/spaces/${space?.id}/roles`)).body).items;
    expect(roles.map(({ name, permissions }) => [name, permissions])).toEqual(
      ROLES.parse((await scene.ask(who, "GET", "/roles")).body).items.map(({ name, permissions }) => [
        name,
        permissions,
      ]),
    );
  }
});

test("a member has the name card of the newest import, and their own where it has none", async () => {
  const bob = (await nameOf(scene.bob)).replace("parley:", "x:");
  const [space] = SPACES.parse((await asThere(bob, "GET", "/v1/spaces")).body).items;
  const cards = async () => {
    const { body } = await asThere(bob, "GET", `/v1/spaces/${space?.id}/members`);
    const { items } = z.object({ items: z.array(z.object({ name_card: z.string() })) }).parse(body);
    return items.map((one) => one.name_card).filter((card) => card !== "");
  };
  expect(await cards()).toEqual(["Bob, seeds"]);
  const records = (await recordsOf("x:")).flatMap((record) =>
    record.type === "space_member" && record.space_member.user === bob ? [record.space_member] : [],
  );
  expect(records).toMatchObject([{ name_card: "Bob, seeds" }]);
  const importing = async (name_card?: string) =>
    importAll(
      key,
      records.map((one) => ({ type: "space_member", space_member: { ...one, name_card } })),
    );
  expect((await importing("Bob, beans")).imported).toMatchObject({ space_member: 1 });
  expect((await importing()).imported).toMatchObject({ space_member: 0 });
  expect(await cards()).toEqual(["Bob, beans"]);
  expect((await importing("x".repeat(101))).left_out).toMatchObject([{ type: "space_member" }]);
  expect((await importing("Bob, seeds")).imported).toMatchObject({ space_member: 1 });
  const own = await call("GET", "/v1/me/export", { token: scene.bob.token });
  expect(String(own.body)).toContain('"name_card":"Bob, seeds"');
});

test("who was removed here is not brought back by the next import", async () => {
  const there = (await nameOf(scene.eve)).replace("parley:", "x:");
  const records = await exportElsewhere();
  const [space] = SPACES.parse((await asThere(there, "GET", "/v1/spaces")).body).items;
  expect((await asThere(there, "POST", `/v1/spaces/${space?.id}/leave`)).status).toBe(204);
  const report = await importAll(key, records);
  expect(report.left_out.filter(({ type }) => type === "space_member")).toMatchObject([
    { reason: expect.stringContaining("have left this space here") },
  ]);
  expect((await asThere(there, "GET", `/v1/spaces/${space?.id}`)).status).toBe(404);
});

test("a new channel allows nothing to who has left the space here", async () => {
  const there = async (who: SignedIn) => (await nameOf(who)).replace("parley:", "x:");
  const [bob, eve] = [await there(scene.bob), await there(scene.eve)];
  const late = (await recordsOf("x:")).flatMap((record) => {
    if (record.type !== "conversation" || record.conversation.name !== "board") return [];
    const overrides = [bob, eve].map((user) => ({ user, allow: ["read"], deny: [] }));
    const denied = { user: eve, allow: ["read"], deny: ["write"] };
    return [
      { ...record.conversation, external_id: "x:late", overrides },
      { ...record.conversation, external_id: "x:later", overrides: [denied] },
    ].map((conversation) => ExportRecord.parse({ type: "conversation", conversation }));
  });
  expect((await importAll(key, late)).imported).toMatchObject({ conversation: 2 });
  const stored = (await recordsOf("x:late")).flatMap((record) =>
    record.type === "conversation" ? [record.conversation.overrides] : [],
  );
  expect(stored).toEqual([
    [{ user: bob, allow: ["read"], deny: [] }],
    [{ user: eve, allow: [], deny: ["write"] }],
  ]);
});

test("roles that were taken elsewhere are taken here, at once", async () => {
  const bob = (await nameOf(scene.bob)).replace("parley:", "x:");
  const [space] = SPACES.parse((await asThere(bob, "GET", "/v1/spaces")).body).items;
  const path = `/v1/spaces/${space?.id}/channels`;
  const there = CHANNELS.parse((await asThere(bob, "GET", path)).body).items.find(
    ({ name }) => name === "board",
  );
  expect((await asThere(bob, "GET", `/v1/conversations/${there?.id}/messages`)).status).toBe(200);
  const records = await exportElsewhere();
  const without = records.flatMap((record): ExportRecord[] =>
    record.type === "space_member" && record.space_member.user === bob
      ? [{ ...record, space_member: { ...record.space_member, roles: [] } }]
      : [],
  );
  // A role without a record may count here alone.
  expect((await importAll(key, without)).imported).toMatchObject({ space_member: 0 });
  expect((await asThere(bob, "GET", `/v1/conversations/${there?.id}/messages`)).status).toBe(200);
  without.push(...records.filter(({ type }) => type === "role"));
  expect((await importAll(key, without)).imported).toMatchObject({ space_member: 1 });
  expect((await asThere(bob, "GET", `/v1/conversations/${there?.id}/messages`)).status).toBe(404);
});

test("a channel whose space or whose denied users are not there is left out", async () => {
  const records = (await recordsOf("parley:")).flatMap((record): ExportRecord[] => {
    if (record.type !== "conversation" || record.conversation.name !== "board") return [];
    const { conversation } = record;
    const deny = { user: conversation.owner ?? undefined, allow: [], deny: ["read" as const] };
    return [
      { ...record, conversation: { ...conversation, external_id: "lost-1", space: "nowhere" } },
      {
        ...record,
        conversation: { ...conversation, external_id: "lost-2", overrides: [{ ...deny, user: "nobody" }] },
      },
    ].map((one) => ExportRecord.parse(one));
  });
  const report = await importAll(key, records);
  expect(report.imported.conversation).toBe(0);
  expect(report.left_out.map(({ reason }) => reason)).toEqual([
    "Its space has no record: nowhere.",
    "Its overrides name nobody, without a record.",
  ]);
});

async function ownExport(who: SignedIn): Promise<string> {
  return String((await call("GET", "/v1/me/export", { token: who.token })).body);
}

test("the export of a user has nothing of channels that they cannot read", async () => {
  const { ann, bob } = scene;
  const before = await ownExport(bob);
  expect(before).toContain("The key is under the mat");
  expect(before).toContain("Hosts");
  await scene.done(ann, "DELETE", `/members/${bob.user.id}/roles/${hosts}`);
  const after = await ownExport(bob);
  expect(after).toContain("Garden club");
  for (const secret of ["The key is under the mat", "board", "Hosts", "Guests", scene.eve.user.username])
    expect(after).not.toContain(secret);
  await scene.done(ann, "DELETE", `/members/${bob.user.id}`);
  expect(await ownExport(bob)).not.toContain("Garden club");
});
