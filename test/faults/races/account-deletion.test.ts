import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { deleteUser } from "../../../src/storage/accounts/account-updates.ts";
import { findAccount } from "../../../src/storage/accounts/users.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import {
  deleteAccount,
  gone,
  membershipsInD1,
  runAccountDeletion,
  runProjection,
} from "../../support/accounts/deletion.ts";
import { call, PASSWORD, problem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  list,
  listed,
  openDirect,
  page,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { StrictConversation } from "../../support/clients/shapes.ts";
import { openRoom, roomPath, upgrade } from "../../support/clients/socket.ts";
import { breakAt } from "../../support/faults/break.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
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

/** Bob is gone from a group and a direct conversation, for D1, both objects and Ann's list alike. */
async function provenGone(group: number, direct: number): Promise<void> {
  expect(await membershipsInD1(bob)).toEqual({ [group]: "left", [direct]: "left" });
  for (const id of [group, direct]) {
    expect(await storedInConversation(id)).not.toContain(bob.user.username);
    // Where the isolate remembers his session, it is the conversation that does not know him.
    expect([401, 404]).toContain((await upgrade(roomPath(id), bob.token)).status);
    for (const shown of [await getConversation(ann, id), await listed(ann, id)]) {
      expect(shown).toMatchObject({ member_count: 1, disabled: id === direct });
    }
  }
  expect(await getConversation(ann, direct)).toMatchObject({ peer: gone(bob) });
  const tips = (await page(ann, group)).items.filter(({ kind }) => kind === "tip");
  expect(tips.map(({ sender }) => sender)).toEqual([gone(bob)]);
  problem(await call("GET", "/v1/me", { token: bob.token }), 401, "unauthenticated");
  expect(await runAccountDeletion(bob)).toBe(0);
}

test("twenty deletions at once: one is done, the others find the account gone", async () => {
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
  // Those who came too late had announced themselves, and look once more.
  while ((await runAccountDeletion(bob)) > 0);
  await provenGone(group.id, direct.id);
});

test("a send that races the deletion is stored under the deleted user, or refused", async () => {
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
  expect(items.at(-1)).toMatchObject({ kind: "tip", sender: gone(bob) });
  for (const { sender } of items) expect(sender).toEqual(gone(bob));
});

test("nobody gets the name of an account that is being deleted", async () => {
  let deleted = false;
  const deleting = deleteAccount(bob).finally(() => {
    deleted = true;
  });
  const body = { username: bob.user.username, password: PASSWORD };
  do problem(await call("POST", "/v1/register", { body }), 409, "conflict");
  while (!deleted);
  expect((await deleting).status).toBe(204);
  problem(await call("POST", "/v1/register", { body }), 409, "conflict");
});

test("a direct conversation that is opened meanwhile is left, or was never opened", async () => {
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

test("whoever is being deleted is in no group that he is added to meanwhile", async () => {
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

test("a group that is created meanwhile has an owner, or there is none", async () => {
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
  // Whichever came first: he owns a group, and keeps his account, or it is gone, and there is no group.
  const owned = "SELECT count(*) AS count FROM conversations WHERE owner_id = ?";
  const count = await env.DB.prepare(owned).bind(bob.user.id).first("count");
  expect(count).toBe(created.filter((made) => made === 201).length);
  expect(status).toBe(count === 0 ? 204 : 409);
});

/** What D1 does of a deletion, and nothing else. */
async function deletedInD1(): Promise<void> {
  const db = openDatabase(env.DB);
  const account = await findAccount(db, bob.user.username);
  const { id: userId, username } = bob.user;
  const leaver = { userId, username, email: "", checked: account?.passwordHash ?? null };
  expect(await deleteUser(db, leaver, Date.now())).toMatchObject({ deleted: true });
}

const announced = () =>
  runInDurableObject(inboxObject(bob.user.id), (_, { storage }) => {
    storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('farewell', 'x', 4e12)");
  });

test("a crash before D1 changes leaves everything as it was", async () => {
  const { id } = await createGroup(ann, [bob]);
  await announced();
  await abortAllDurableObjects();
  expect(await runAccountDeletion(bob)).toBe(1);
  expect((await post(id, bob, "still here")).status).toBe(201);
  const socket = await openRoom(id, bob.token);
  await socket.settled();
  expect(await membershipsInD1(bob)).toEqual({ [id]: "active" });
  expect(await runAccountDeletion(bob)).toBe(0);
});

test("a crash between D1 and the inbox: its job goes on", async () => {
  const group = await createGroup(ann, [bob]);
  const direct = await openDirect(ann, bob);
  await post(group.id, bob, "hello");
  const socket = await openRoom(group.id, bob.token);
  await announced();
  await deletedInD1();
  // The farewell, then one job for each conversation.
  expect(await runAccountDeletion(bob)).toBe(1);
  expect((await socket.closed()).code).toBe(4001);
  expect(await runAccountDeletion(bob)).toBe(2);
  await provenGone(group.id, direct.id);
});

test("a crash in the midst of leaving: what is left is done once", async () => {
  const group = await createGroup(ann, [bob]);
  const direct = await openDirect(ann, bob);
  await announced();
  await deletedInD1();
  expect(await runAccountDeletion(bob)).toBe(1);
  // One conversation has confirmed, which the crash took from the inbox.
  const removed = await env.CONVERSATION.getByName(String(group.id)).removeDeleted({ userId: bob.user.id });
  expect(removed).toEqual({ ok: true, value: null });
  await abortAllDurableObjects();
  expect(await runAccountDeletion(bob)).toBe(2);
  await provenGone(group.id, direct.id);
});

test("a conversation that fails is asked again, and the answer does not wait for it", async () => {
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
  await provenGone(group.id, direct.id);
});

test("a list that is asked for behind the deletion brings nothing back into the inbox", async () => {
  const { id } = await openDirect(ann, bob);
  await post(id, ann, "for bob alone");
  await expect.poll(() => storedInInbox(bob)).toContain("for bob alone");
  expect((await deleteAccount(bob)).status).toBe(204);
  // As from where his session is still remembered.
  expect(await inboxObject(bob.user.id).list({ limit: 10 })).toEqual({ ok: true, value: [] });
  expect(await storedInInbox(bob)).not.toContain("for bob alone");
});

test("a wish to join is gone with the account, wherever the call broke off", async () => {
  let hits = 0;
  for (let step = 1; step <= 4; step++) {
    const cem = await register();
    const { id } = await createGroup(ann);
    const wish = { token: cem.token, body: { message: "let Cem in" } };
    {
      using broken = await breakAt("D1 before", step, { conversationId: id, userId: cem.user.id });
      const { status } = await call("POST", `/v1/conversations/${id}/join`, wish);
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

test("an owner whose ownership D1 did not know of is followed by an admin, else the oldest member", async () => {
  const [cem, dan] = await Promise.all([register(), register()]);
  const kept = await createGroup(ann, [cem, bob, dan]);
  const plain = await createGroup(ann, [cem, bob]);
  const { token } = ann;
  const admin = { token, body: { role: "admin" } };
  const member = `/v1/conversations/${kept.id}/members/${dan.user.id}`;
  expect((await call("PATCH", member, admin)).status).toBe(200);
  for (const { id } of [kept, plain]) {
    const heir = { token, body: { user_id: bob.user.id } };
    expect((await call("POST", `/v1/conversations/${id}/owner`, heir)).status).toBe(200);
    // As if D1 had not been told yet.
    await env.DB.prepare("UPDATE conversations SET owner_id = ? WHERE id = ?").bind(ann.user.id, id).run();
  }
  expect((await deleteAccount(bob)).status).toBe(204);
  expect(await getConversation(ann, kept.id)).toMatchObject({ owner_id: dan.user.id });
  const oldest = Math.min(ann.user.id, cem.user.id);
  expect(await getConversation(ann, plain.id)).toMatchObject({ owner_id: oldest });
});

test("an owner whose ownership D1 did not know of, and who is alone, takes the group with him", async () => {
  const { id } = await createGroup(bob);
  await post(id, bob, "hello");
  await env.DB.prepare("UPDATE conversations SET owner_id = ? WHERE id = ?").bind(ann.user.id, id).run();
  expect((await deleteAccount(bob)).status).toBe(204);
  const dissolved = "SELECT dissolved_at IS NOT NULL AS dissolved FROM conversations WHERE id = ?";
  expect(await env.DB.prepare(dissolved).bind(id).first("dissolved")).toBe(1);
  expect(await membershipsInD1(bob)).toEqual({ [id]: "left" });
});

test("an inbox that answers late makes the deletion late, not half", async () => {
  const { id } = await createGroup(ann, [bob]);
  const held = await HeldInbox.hold(bob.user.id);
  const deleting = deleteAccount(bob);
  expect((await send(ann, id, "hello")).seq).toBe(1);
  await held.release();
  expect((await deleting).status).toBe(204);
  expect(await membershipsInD1(bob)).toEqual({ [id]: "left" });
});
