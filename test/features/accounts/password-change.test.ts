import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { SessionId } from "../../../src/domain/ids.ts";
import { insertSession } from "../../../src/storage/accounts/sessions.ts";
import { findAccount } from "../../../src/storage/accounts/users.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import {
  type Answer,
  call,
  expectProblem,
  login,
  PASSWORD,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import { openRoom, roomPath, upgrade } from "../../support/clients/socket.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
import {
  createGroupId,
  inboxObject,
  postText,
  range,
  sessionOf,
  signInAgain,
} from "../../support/objects/room.ts";

const NEXT = "another horse battery";

let ann: SignedIn;

beforeAll(async () => {
  ann = await register();
});

const change = ({ token }: SignedIn, current: unknown, next: unknown): Promise<Answer> =>
  call("POST", "/v1/me/password", { token, body: { current, next } });
const tryLogin = ({ user }: SignedIn, password: string): Promise<Answer> =>
  call("POST", "/v1/login", { body: { username: user.username, password } });
const me = ({ token }: SignedIn): Promise<Answer> => call("GET", "/v1/me", { token });

const Tokens = z.object({ token: z.string() });

test("the new password signs in, the old one does not", async () => {
  const bob = await register();
  const answer = await change(bob, PASSWORD, NEXT);
  expect([answer.status, answer.body]).toEqual([204, undefined]);
  expectProblem(await tryLogin(bob, PASSWORD), 401, "unauthenticated");
  expect((await tryLogin(bob, NEXT)).status).toBe(200);
});

test("a password change ends every other session and its sockets, and not the calling one", async () => {
  const bob = await register();
  const [phone, tablet] = [await signInAgain(bob), await signInAgain(bob)];
  const rooms = [await createGroupId(bob, ann), await createGroupId(bob, ann)] as const;
  const ended = [await openRoom(rooms[0], phone.token), await openRoom(rooms[1], tablet.token)];
  const callingSocket = await openRoom(rooms[0], bob.token);
  expect((await change(bob, PASSWORD, NEXT)).status).toBe(204);
  for (const socket of ended) {
    expect(await socket.next("kicked")).toEqual({ type: "kicked", reason: "session_ended" });
    expect((await socket.closed()).code).toBe(4001);
  }
  for (const device of [phone, tablet]) {
    expectProblem(await me(device), 401, "unauthenticated");
    expect((await upgrade(roomPath(rooms[0]), device.token)).status).toBe(401);
  }
  expect((await me(bob)).status).toBe(200);
  await postText(rooms[0], ann, "hello");
  await callingSocket.next("message");
  await openRoom(rooms[1], bob.token);
  const sessions = await call("GET", "/v1/sessions", { token: bob.token });
  expect(sessions.body).toMatchObject({ items: [{ id: sessionOf(bob), current: true }] });
});

test("a wrong current password is forbidden, changes nothing, and counts for the session", async () => {
  const bob = await register();
  const phone = await signInAgain(bob);
  const socket = await openRoom(await createGroupId(bob), phone.token);
  for (const _ of range(1, 10)) expectProblem(await change(bob, "not the password", NEXT), 403, "forbidden");
  const locked = await change(bob, PASSWORD, NEXT);
  expectProblem(locked, 429, "locked");
  expect(Number(locked.headers.get("Retry-After"))).toBeGreaterThan(590);
  expect((await me(phone)).status).toBe(200);
  await socket.untilProcessed();
  expectProblem(await tryLogin(bob, NEXT), 401, "unauthenticated");
  expect((await tryLogin(bob, PASSWORD)).status).toBe(200);
});

test("the new password follows the rules of registration; the current one may be any string", async () => {
  for (const next of ["", "1234567", "x".repeat(129), "💥".repeat(7)]) {
    const answer = await change(ann, PASSWORD, next);
    expectProblem(answer, 400, "validation_failed");
    expect(answer.body).toMatchObject({ errors: [{ path: "body.next" }] });
  }
  for (const current of [undefined, null, 1, true, [], {}, ["x"], "\u0000", "\ud800"]) {
    expectProblem(await change(ann, current, NEXT), 400, "validation_failed");
  }
  for (const current of ["", "x".repeat(33_000)])
    expectProblem(await change(ann, current, NEXT), 403, "forbidden");
  const bob = await register();
  expect((await change(bob, PASSWORD, "💥⚡".repeat(64))).status).toBe(204);
  expect((await change(bob, "💥⚡".repeat(64), "87431256")).status).toBe(204);
  expect((await change(bob, "87431256", "87431256")).status).toBe(204);
  expect((await tryLogin(bob, "87431256")).status).toBe(200);
});

test("of concurrent changes one succeeds, and the others end no session", async () => {
  const bob = await register();
  const devices = [bob, await signInAgain(bob), await signInAgain(bob), await signInAgain(bob)];
  const room = await createGroupId(bob);
  const answers = await Promise.all(devices.map((device, i) => change(device, PASSWORD, `${NEXT} ${i}`)));
  const winner = answers.findIndex(({ status }) => status === 204);
  for (const [i, answer] of answers.entries()) {
    if (i === winner) continue;
    // Refused by the password, or by the session that the winner ended.
    expect([401, 403]).toContain(answer.status);
    expectProblem(await tryLogin(bob, `${NEXT} ${i}`), 401, "unauthenticated");
  }
  expect((await tryLogin(bob, `${NEXT} ${winner}`)).status).toBe(200);
  for (const [i, device] of devices.entries()) {
    expect((await me(device)).status, `device ${i}, ${winner} is the winner`).toBe(i === winner ? 200 : 401);
    // A refused change does not end the winner's session.
    expect((await upgrade(roomPath(room), device.token)).status).toBe(i === winner ? 101 : 401);
  }
});

test("a sign-in with the old password during the change does not survive it", async () => {
  const bob = await register();
  let changed = false;
  const changing = change(bob, PASSWORD, NEXT).finally(() => {
    changed = true;
  });
  // Two loops of sign-ins: some check the old password before it is changed.
  const signIns: Answer[] = [];
  const signInRepeatedly = async () => {
    while (!changed) signIns.push(await tryLogin(bob, PASSWORD));
  };
  await Promise.all([changing, signInRepeatedly(), signInRepeatedly()]);
  expect((await changing).status).toBe(204);
  for (const { status, body } of signIns) {
    expect([200, 401]).toContain(status);
    if (status !== 200) continue;
    expectProblem(await call("GET", "/v1/me", { token: Tokens.parse(body).token }), 401, "unauthenticated");
  }
  const alive = "SELECT count(*) AS alive FROM sessions WHERE user_id = ? AND ended_at IS NULL";
  expect(await env.DB.prepare(alive).bind(bob.user.id).first("alive")).toBe(1);
});

test("a session is stored only if the checked password is still current", async () => {
  const bob = await register();
  const db = openDatabase(env.DB);
  const account = await findAccount(db, bob.user.username);
  expect(account?.passwordHash).toContain("scrypt$");
  const now = Date.now();
  const times = { createdAt: now, lastSeenAt: now, expiresAt: now + 60_000 };
  const insert = (digit: string, hash: string | null) =>
    insertSession(
      db,
      {
        id: SessionId.parse(digit.repeat(32)),
        userId: bob.user.id,
        userAgent: "",
        carriesRole: true,
        ...times,
      },
      { passwordHash: hash },
    );
  expect(await insert("a", account?.passwordHash ?? "")).toBe(true);
  expect((await change(bob, PASSWORD, NEXT)).status).toBe(204);
  expect(await insert("b", account?.passwordHash ?? "")).toBe(false);
  expect(await insert("c", null)).toBe(false);
});

/**
 * Runs the inbox's jobs that compare with D1 after a prepared change, before they are due. @returns the
 * number of jobs
 */
async function runEndingsJobs({ user }: SignedIn): Promise<number> {
  const jobs = await runInDurableObject(inboxObject(user.id), async (_, { storage }) => {
    await storage.setAlarm(Date.now() + 60_000);
    return storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = 'session_lookup'").rowsWritten;
  });
  await runDurableObjectAlarm(inboxObject(user.id));
  return jobs;
}

test("a crash between the change in D1 and the inbox leaves no socket open", async () => {
  const bob = await register();
  const phone = await signInAgain(bob);
  const room = await createGroupId(bob);
  // The state after the crash: prepared in the inbox and changed in D1, sockets still open.
  await runInDurableObject(inboxObject(bob.user.id), (_, { storage }) => {
    storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('session_lookup', 'x', 4e12)");
  });
  const socket = await openRoom(room, phone.token);
  const callingSocket = await openRoom(room, bob.token);
  const end = "UPDATE sessions SET ended_at = 1 WHERE id = ?";
  await env.DB.prepare(end).bind(sessionOf(phone)).run();
  expect(await runEndingsJobs(bob)).toBe(1);
  expect((await socket.closed()).code).toBe(4001);
  expect((await upgrade(roomPath(room), phone.token)).status).toBe(401);
  await callingSocket.untilProcessed();
  expect(await runEndingsJobs(bob)).toBe(0);
});

test("a crash before the change leaves everything as it was", async () => {
  const bob = await register();
  const phone = await signInAgain(bob);
  const room = await createGroupId(bob);
  expectProblem(await change(bob, PASSWORD, ""), 400, "validation_failed");
  await runInDurableObject(inboxObject(bob.user.id), (_, { storage }) => {
    storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('session_lookup', 'x', 4e12)");
  });
  await abortAllDurableObjects();
  expect(await runEndingsJobs(bob)).toBe(1);
  const socket = await openRoom(room, phone.token);
  await socket.untilProcessed();
  expect((await login(bob.user.username)).user.id).toBe(bob.user.id);
});

test("a slow inbox delays the change and does not split it", async () => {
  const bob = await register();
  const phone = await signInAgain(bob);
  const held = await HeldInbox.hold(bob.user.id);
  const changing = change(bob, PASSWORD, NEXT);
  expect((await me(phone)).status).toBe(200);
  held.release();
  expect((await changing).status).toBe(204);
  expectProblem(await me(phone), 401, "unauthenticated");
});
