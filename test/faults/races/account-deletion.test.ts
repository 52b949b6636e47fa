import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { deleteUser } from "../../../src/storage/accounts/account-updates.ts";
import { findAccount } from "../../../src/storage/accounts/users.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import {
  deleteAccount,
  deletedUser,
  membershipsInD1,
  runAccountDeletion,
  runProjection,
} from "../../support/accounts/deletion.ts";
import { call, expectProblem, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  list,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { StrictConversation } from "../../support/clients/shapes.ts";
import { openRoom, roomPath, upgrade } from "../../support/clients/socket.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
import { breakAt } from "../../support/faults/injected-fault.ts";
import { inboxObject, range } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

const post = (id: number, { token }: SignedIn, text: string) =>
  call("POST", `/v1/conversations/${id}/messages`, { token, body: { kind: "text", body: { text } } });

/** Expects Bob to be removed from a group and a direct conversation, in D1, both objects and Ann's list. */
async function expectDeleted(group: number, direct: number): Promise<void> {
  expect(await membershipsInD1(bob)).toEqual({ [group]: "left", [direct]: "left" });
  for (const id of [group, direct]) {
    expect(await storedInConversation(id)).not.toContain(bob.user.username);
    // An isolate that remembers the session lets the call pass; the conversation then refuses it with 404.
    expect([401, 404]).toContain((await upgrade(roomPath(id), bob.token)).status);
    for (const shown of [await getConversation(ann, id), await listedConversation(ann, id)]) {
      expect(shown).toMatchObject({ member_count: 1, disabled: id === direct });
    }
  }
  expect(await getConversation(ann, direct)).toMatchObject({ peer: deletedUser(bob) });
  const systemMessages = (await page(ann, group)).items.filter(({ kind }) => kind === "tip");
  expect(systemMessages.map(({ sender }) => sender)).toEqual([deletedUser(bob)]);
  expectProblem(await call("GET", "/v1/me", { token: bob.token }), 401, "unauthenticated");
  expect(await runAccountDeletion(bob)).toBe(0);
}

test("of twenty concurrent deletions one succeeds, and the others get 401 or 429", async () => {
  const group = await createGroup(ann, [bob]);
  const direct = await openDirect(ann, bob);
  const answers = await Promise.all(range(1, 20).map(() => deleteAccount(bob)));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  for (const { status, body } of answers) {
    if (status !== 204) expect([401, 429], JSON.stringify(body)).toContain(status);
  }
  const attempts = "SELECT count(*) AS count FROM password_attempts WHERE name = ?";
  expect(await env.DB.prepare(attempts).bind(bob.user.username).first("count")).toBe(0);
  // The refused deletions were prepared in the inbox too, so each leaves a job.
  while ((await runAccountDeletion(bob)) > 0);
  await expectDeleted(group.id, direct.id);
});

test("a send during the deletion is stored under the deleted user or refused", async () => {
  const { id } = await createGroup(ann, [bob]);
  let deleted = false;
  const deleting = deleteAccount(bob).finally(() => {
    deleted = true;
  });
  const sent: number[] = [];
  while (!deleted) {
    const { status } = await post(id, bob, "hello");
    expect([201, 401, 404]).toContain(status);
    sent.push(status);
  }
  expect((await deleting).status).toBe(204);
  const { items } = await page(ann, id, "?limit=100");
  const stored = sent.filter((status) => status === 201).length;
  expect(items).toHaveLength(Math.min(stored + 1, 100));
  expect(items.at(-1)).toMatchObject({ kind: "tip", sender: deletedUser(bob) });
  for (const { sender } of items) expect(sender).toEqual(deletedUser(bob));
});

test("the name of an account cannot be registered during and after its deletion", async () => {
  let deleted = false;
  const deleting = deleteAccount(bob).finally(() => {
    deleted = true;
  });
  const body = { username: bob.user.username, password: PASSWORD };
  do expectProblem(await call("POST", "/v1/register", { body }), 409, "conflict");
  while (!deleted);
  expect((await deleting).status).toBe(204);
  expectProblem(await call("POST", "/v1/register", { body }), 409, "conflict");
});

test("a direct conversation that is opened during the deletion is left or not opened", async () => {
  const others = await Promise.all(range(1, 4).map(() => register()));
  const opening = others.map(async ({ token }, i) => {
    for (let turn = 0; turn < i * 3; turn++) await call("GET", "/healthz");
    const body = { kind: "direct", user_id: bob.user.id };
    return call("POST", "/v1/conversations", { token, body });
  });
  const [answer, ...opened] = await Promise.all([deleteAccount(bob), ...opening]);
  expect(answer?.status).toBe(204);
  for (const [i, { status, body }] of opened.entries()) {
    expect([201, 404]).toContain(status);
    const { items } = await list(others[i] ?? ann);
    if (status === 404) expect(items).toEqual([]);
    else
      expect(await getConversation(others[i] ?? ann, StrictConversation.parse(body).id)).toMatchObject({
        disabled: true,
      });
  }
  expect(Object.values(await membershipsInD1(bob))).not.toContain("active");
});

test("a user who is added to a group during their deletion is not in it afterwards", async () => {
  const { id } = await createGroup(ann);
  let deleted = false;
  const deleting = deleteAccount(bob).finally(() => {
    deleted = true;
  });
  const path = `/v1/conversations/${id}/members`;
  while (!deleted) {
    const added = await call("POST", path, { token: ann.token, body: { user_ids: [bob.user.id] } });
    expect([200, 404]).toContain(added.status);
    if (!deleted) {
      await call("DELETE", `${path}/${bob.user.id}`, { token: ann.token });
    }
  }
  expect((await deleting).status).toBe(204);
  await runAccountDeletion(bob);
  expect(await membershipsInD1(bob)).not.toMatchObject({ [id]: "active" });
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 1 });
  expect(await storedInConversation(id)).not.toContain(bob.user.username);
});

test("a user who creates a group during the deletion keeps the account, or the group is not created", async () => {
  let deleted = false;
  const deleting = deleteAccount(bob).finally(() => {
    deleted = true;
  });
  const created: number[] = [];
  while (!deleted) {
    const body = { kind: "group", name: "x", member_ids: [ann.user.id] };
    created.push((await call("POST", "/v1/conversations", { token: bob.token, body })).status);
  }
  const { status } = await deleting;
  // Either the user owns a group and keeps the account, or the account is deleted and there is no group.
  const owned = "SELECT count(*) AS count FROM conversations WHERE owner_id = ?";
  const count = await env.DB.prepare(owned).bind(bob.user.id).first("count");
  expect(count).toBe(created.filter((status) => status === 201).length);
  expect(status).toBe(count === 0 ? 204 : 409);
});

/** Executes only the D1 part of Bob's deletion. */
async function deleteInD1(): Promise<void> {
  const db = openDatabase(env.DB);
  const account = await findAccount(db, bob.user.username);
  const leaver = { userId: bob.user.id, checked: account?.passwordHash ?? null };
  expect(await deleteUser(db, leaver, Date.now())).toMatchObject({ deleted: true });
}

const prepareInInbox = () =>
  runInDurableObject(inboxObject(bob.user.id), (_, { storage }) => {
    storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('deletion_lookup', 'x', 4e12)");
  });

test("a crash before the commit in D1 leaves everything as it was", async () => {
  const { id } = await createGroup(ann, [bob]);
  await prepareInInbox();
  await abortAllDurableObjects();
  expect(await runAccountDeletion(bob)).toBe(1);
  expect((await post(id, bob, "still here")).status).toBe(201);
  const socket = await openRoom(id, bob.token);
  await socket.untilProcessed();
  expect(await membershipsInD1(bob)).toEqual({ [id]: "active" });
  expect(await runAccountDeletion(bob)).toBe(0);
});

test("a crash after the commit in D1 is completed by the inbox's job", async () => {
  const group = await createGroup(ann, [bob]);
  const direct = await openDirect(ann, bob);
  await post(group.id, bob, "hello");
  const socket = await openRoom(group.id, bob.token);
  await prepareInInbox();
  await deleteInD1();
  // First the deletion job, then one job for each conversation.
  expect(await runAccountDeletion(bob)).toBe(1);
  expect((await socket.closed()).code).toBe(4001);
  expect(await runAccountDeletion(bob)).toBe(2);
  await expectDeleted(group.id, direct.id);
});

test("a crash between two conversations leaves the rest to the jobs, and each is done once", async () => {
  const group = await createGroup(ann, [bob]);
  const direct = await openDirect(ann, bob);
  await prepareInInbox();
  await deleteInD1();
  expect(await runAccountDeletion(bob)).toBe(1);
  // One conversation has confirmed, but the crash loses its confirmation.
  const removed = await env.CONVERSATION.getByName(String(group.id)).removeDeleted({ userId: bob.user.id });
  expect(removed).toEqual({ ok: true, value: null });
  await abortAllDurableObjects();
  expect(await runAccountDeletion(bob)).toBe(2);
  await expectDeleted(group.id, direct.id);
});

test("a failing conversation is retried, and does not delay the answer", async () => {
  const group = await createGroup(ann, [bob]);
  const direct = await openDirect(ann, bob);
  const object = env.CONVERSATION.getByName(String(group.id));
  const rename = (from: string, to: string) =>
    runInDurableObject(object, (_, { storage }) => {
      storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
    });
  await rename("applications", "elsewhere");
  expect((await deleteAccount(bob)).status).toBe(204);
  expect(await membershipsInD1(bob)).toEqual({ [group.id]: "active", [direct.id]: "left" });
  expect(await runAccountDeletion(bob)).toBe(1);
  await rename("elsewhere", "applications");
  expect(await runAccountDeletion(bob)).toBe(1);
  await expectDeleted(group.id, direct.id);
});

test("a list request after the deletion restores nothing in the inbox", async () => {
  const { id } = await openDirect(ann, bob);
  await post(id, ann, "for bob alone");
  await expect.poll(() => storedInInbox(bob)).toContain("for bob alone");
  expect((await deleteAccount(bob)).status).toBe(204);
  // An isolate that remembers the session makes such a call.
  expect(await inboxObject(bob.user.id).list({ limit: 10 })).toEqual({ ok: true, value: [] });
  expect(await storedInInbox(bob)).not.toContain("for bob alone");
});

test("a join request is deleted with the account, wherever its call was interrupted", async () => {
  let hits = 0;
  for (let step = 1; step <= 4; step++) {
    const cem = await register();
    const { id } = await createGroup(ann);
    const joinRequest = { token: cem.token, body: { message: "let Cem in" } };
    {
      using broken = await breakAt("D1 before", step, { conversationId: id, userId: cem.user.id });
      const { status } = await call("POST", `/v1/conversations/${id}/join`, joinRequest);
      expect([200, 503], `step ${step}`).toContain(status);
      if (broken.isHit) hits++;
    }
    expect((await deleteAccount(cem)).status).toBe(204);
    await runProjection(id);
    const stored = await storedInConversation(id);
    for (const trace of ["let Cem in", cem.user.username])
      expect(stored, `step ${step}`).not.toContain(trace);
  }
  expect(hits).toBeGreaterThanOrEqual(3);
});

test("an owner unknown to D1 is followed by an admin, else by the oldest member", async () => {
  const [cem, dan] = await Promise.all([register(), register()]);
  const withAdmin = await createGroup(ann, [cem, bob, dan]);
  const withoutAdmin = await createGroup(ann, [cem, bob]);
  const { token } = ann;
  const admin = { token, body: { role: "admin" } };
  const member = `/v1/conversations/${withAdmin.id}/members/${dan.user.id}`;
  expect((await call("PATCH", member, admin)).status).toBe(200);
  for (const { id } of [withAdmin, withoutAdmin]) {
    const successor = { token, body: { user_id: bob.user.id } };
    expect((await call("POST", `/v1/conversations/${id}/owner`, successor)).status).toBe(200);
    // The state before the projection to D1.
    await env.DB.prepare("UPDATE conversations SET owner_id = ? WHERE id = ?").bind(ann.user.id, id).run();
  }
  expect((await deleteAccount(bob)).status).toBe(204);
  expect(await getConversation(ann, withAdmin.id)).toMatchObject({ owner_id: dan.user.id });
  const oldest = Math.min(ann.user.id, cem.user.id);
  expect(await getConversation(ann, withoutAdmin.id)).toMatchObject({ owner_id: oldest });
});

test("a group with only an owner unknown to D1 is dissolved with the account", async () => {
  const { id } = await createGroup(bob);
  await post(id, bob, "hello");
  await env.DB.prepare("UPDATE conversations SET owner_id = ? WHERE id = ?").bind(ann.user.id, id).run();
  expect((await deleteAccount(bob)).status).toBe(204);
  const dissolved = "SELECT dissolved_at IS NOT NULL AS dissolved FROM conversations WHERE id = ?";
  expect(await env.DB.prepare(dissolved).bind(id).first("dissolved")).toBe(1);
  expect(await membershipsInD1(bob)).toEqual({ [id]: "left" });
});

test("a slow inbox delays the deletion and does not split it", async () => {
  const { id } = await createGroup(ann, [bob]);
  const held = await HeldInbox.hold(bob.user.id);
  const deleting = deleteAccount(bob);
  expect((await send(ann, id, "hello")).seq).toBe(1);
  held.release();
  expect((await deleting).status).toBe(204);
  expect(await membershipsInD1(bob)).toEqual({ [id]: "left" });
});
