import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { itemAt } from "../../support/objects/room.ts";
import { asStaff, giveRole, report } from "./staff.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let mia: SignedIn;
let max: SignedIn;

beforeAll(async () => {
  key = (await makeServerKey(["users", "moderate"])).text;
});

beforeEach(async () => {
  [ann, bob, mia, max] = await signedInUsers(4);
  await giveRole(key, mia, "moderator");
  await giveRole(key, max, "admin");
});

const Made = z.object({ id: z.int() });

const openReports = async (who: SignedIn) =>
  z
    .object({ items: z.array(Made) })
    .parse((await asStaff(who, "GET", "/reports")).body)
    .items.map(({ id }) => id);

const CONVERSATIONS = {
  "a direct conversation with them": async () => (await openDirect(ann, mia)).id,
  "a group of theirs": async () => (await createGroup(mia, [ann])).id,
};

test.each(Object.entries(CONVERSATIONS))("a report on %s is about them", async (_, make) => {
  const conversation = await make();
  await send(mia, conversation, "hello");
  const id = await report(ann, { conversation_id: conversation });
  expect(await openReports(mia)).not.toContain(id);
  expectProblem(await asStaff(mia, "GET", `/reports/${id}`), 403, "forbidden");
  expectProblem(await asStaff(mia, "GET", `/reports/${id}/files/${"0".repeat(32)}`), 403, "forbidden");
  expectProblem(await asStaff(mia, "PATCH", `/reports/${id}`, { state: "taken" }), 403, "forbidden");
  expectProblem(await asStaff(mia, "GET", `/conversations/${conversation}/messages`), 403, "forbidden");
  expect(await openReports(max)).toContain(id);
  expect(await asStaff(max, "PATCH", `/reports/${id}`, { state: "taken" })).toMatchObject({ status: 200 });
});

test("a report of one's own, or of a bot of one's own, opens no conversation, and is one's own to handle", async () => {
  const { id: group } = await createGroup(bob, [ann, mia]);
  const about = {
    message: { conversation_id: group, seq: (await send(bob, group, "look")).seq },
    note: "secret",
  };
  const id = await report(mia, about);
  const made = await call("POST", "/v1/bots", { token: mia.token, body: { nickname: "Bot" } });
  await report(z.object({ token: z.string() }).parse(made.body), { user_id: bob.user.id });
  const path = `/conversations/${group}/messages`;
  expectProblem(await asStaff(mia, "GET", path), 403, "forbidden");
  expect(await asStaff(mia, "GET", `/reports/${id}`)).toMatchObject({
    status: 200,
    body: { note: "secret" },
  });
  expect((await asStaff(mia, "PATCH", `/reports/${id}`, { state: "taken" })).status).toBe(200);
  // It opens the conversation to others, and a report of somebody else opens it to them.
  expect((await asStaff(max, "GET", path)).status).toBe(200);
  await report(ann, about);
  expect((await asStaff(mia, "GET", path)).status).toBe(200);
});

test("nobody is told of a report about themselves, of their message that waits, or of what becomes of them", async () => {
  const devices = [await openDevice(mia.token), await openDevice(max.token)];
  const [ofMia, ofMax] = [itemAt(devices, 0), itemAt(devices, 1)];
  const told = async (count: number) => {
    await ofMax.until(() => ofMax.of("moderation").length === count);
    return ofMia.of("moderation").length;
  };
  const made = await call("POST", "/v1/bots", { token: mia.token, body: { nickname: "Bot" } });
  const id = await report(ann, { user_id: mia.user.id });
  await told(1);
  await report(ann, { user_id: Made.parse(made.body).id });
  await told(2);
  await asStaff({ token: key }, "PATCH", `/reports/${id}`, { state: "taken" });
  await told(3);
  await report(ann, { user_id: bob.user.id });
  await ofMia.until(() => ofMia.of("moderation").length > 0);
  expect(await told(4)).toBe(1);
  for (const device of devices) device.close();
});

test("a moderator in the shadow does not learn of it, and others do", async () => {
  const path = `/users/${mia.user.id}`;
  const body = { shadow: true, reason: "secret" };
  expect((await asStaff(max, "PUT", `${path}/suspension`, body)).status).toBe(204);
  const search = `/users?q=${mia.user.username}`;
  for (const place of [path, search, "/audit?limit=10"]) {
    const [own, others] = [await asStaff(mia, "GET", place), await asStaff(max, "GET", place)];
    expect([own.status, others.status]).toEqual([200, 200]);
    expect(JSON.stringify(own.body)).not.toContain("secret");
    expect(JSON.stringify(others.body)).toContain("secret");
  }
  expect(JSON.stringify((await asStaff(mia, "GET", "/audit?limit=10")).body)).toContain("user_read");
});
