import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { HashTurns } from "../../../src/core/accounts/hash-turns.ts";
import { hashPassword, passwordMatches } from "../../../src/core/accounts/password-hash.ts";
import { type AttemptSubject, fromPlace, SignInPlace } from "../../../src/domain/accounts/sign-in.ts";
import { UserId } from "../../../src/domain/ids.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import { newSession } from "../../support/accounts/sessions.ts";
import { handlers } from "../../support/app.ts";
import {
  type Answer,
  call,
  expectProblem,
  freshName,
  PASSWORD,
  register,
} from "../../support/clients/api.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { overrideTiming, timing } from "../../support/timing.ts";

const MINUTE = 60_000;
const WRONG = "not the password";

const tryPassword = (username: string, password: string, headers = {}): Promise<Answer> =>
  call("POST", "/v1/login", { body: { username, password }, headers });

/** The place of clients without an address, as the tests are. */
const PLACE = SignInPlace.parse(createHash("sha256").update("").digest("hex").slice(0, 16));

/** What sign-ins with a name count for here. */
async function subjectOf(name: string): Promise<AttemptSubject> {
  const id = await env.DB.prepare("SELECT id FROM users WHERE username = ?").bind(name).first<number>("id");
  return fromPlace(id === null ? name : UserId.parse(id), PLACE);
}

/** Stores wrong attempts at these times (minutes ago). */
async function wrongAt(name: string, ...minutesAgo: number[]): Promise<void> {
  await attemptsAt(name, true, minutesAgo);
}

async function attemptsAt(name: string, wrong: boolean, minutesAgo: number[]): Promise<void> {
  const insert = env.DB.prepare("INSERT INTO password_attempts (name, at, wrong) VALUES (?, ?, ?)");
  const now = Date.now();
  const subject = await subjectOf(name);
  const rows = minutesAgo.map((minutes) => insert.bind(subject, now - minutes * MINUTE, wrong ? 1 : 0));
  if (rows.length > 0) await env.DB.batch(rows);
}

async function attempts(name: string): Promise<number> {
  const query = env.DB.prepare("SELECT count(*) AS count FROM password_attempts WHERE name = ?");
  return (await query.bind(await subjectOf(name)).first<number>("count")) ?? 0;
}

const times = (count: number, minutes: number) => Array.from({ length: count }, () => minutes);

function expectLocked(answer: Answer): number {
  expectProblem(answer, 429, "locked");
  return Number(answer.headers.get("Retry-After"));
}

test("ten wrong passwords lock a name, for the right password too", async () => {
  freezeClock();
  const { user } = await register();
  for (let guess = 0; guess < 10; guess++) {
    expectProblem(await tryPassword(user.username, WRONG), 401, "unauthenticated");
  }
  expect(expectLocked(await tryPassword(user.username, PASSWORD))).toBe(600);
  expectLocked(await tryPassword(user.username, WRONG));
  expect(await attempts(user.username)).toBe(10);
});

let hosts = 0;
/** An address that no other test has. */
const fresh = () => ({ "CF-Connecting-IP": `192.0.2.${++hosts}` });

/** Ten wrong passwords from an address lock the name there. */
async function lockAt(username: string, headers: Record<string, string>): Promise<void> {
  for (let guess = 0; guess < 10; guess++)
    expectProblem(await tryPassword(username, WRONG, headers), 401, "unauthenticated");
  expectLocked(await tryPassword(username, PASSWORD, headers));
}

test("ten wrong passwords lock a name for the place from which they come, and nowhere else", async () => {
  const { user, token } = await register(freshName());
  await lockAt(user.username, fresh());
  // The user is signed in, and signs in again from where they have been before.
  expect((await tryPassword(user.username, PASSWORD)).status).toBe(200);
  const next = "another horse battery";
  const body = { current: PASSWORD, next };
  expect((await call("POST", "/v1/me/password", { token, body })).status).toBe(204);
  expect((await call("DELETE", "/v1/me", { token, body: { password: next } })).status).toBe(204);
});

test("guesses from many places slow a name down for places that have never signed in", async () => {
  freezeClock();
  const { user } = await register(freshName());
  for (let guess = 0; guess < 10; guess++)
    expectProblem(await tryPassword(user.username, WRONG, fresh()), 401, "unauthenticated");
  const elsewhere = fresh();
  const slowed = await tryPassword(user.username, PASSWORD, elsewhere);
  expectProblem(slowed, 429, "rate_limited");
  expect(slowed.headers.get("Retry-After")).toBe("15");
  // Where the user has signed in before nobody waits.
  expect((await tryPassword(user.username, PASSWORD)).status).toBe(200);
  advanceClock(15_001);
  expect((await tryPassword(user.username, PASSWORD, elsewhere)).status).toBe(200);
  // From now on that place is known, too.
  expectProblem(await tryPassword(user.username, WRONG, fresh()), 401, "unauthenticated");
  expectProblem(await tryPassword(user.username, WRONG, fresh()), 429, "rate_limited");
  expect((await tryPassword(user.username, PASSWORD, elsewhere)).status).toBe(200);
});

test("the more guesses, the longer they wait, for a name that nobody has, too", async () => {
  freezeClock();
  for (const username of [(await register()).user.username, freshName()]) {
    const waits: number[] = [];
    for (let guess = 0; guess < 40; guess++) {
      const answer = await tryPassword(username, WRONG, fresh());
      if (answer.status !== 429) continue;
      waits.push(Number(answer.headers.get("Retry-After")));
      advanceClock((waits.at(-1) ?? 0) * 1_000);
    }
    expect(new Set(waits)).toEqual(new Set([15, 30]));
  }
});

test("of fifty guesses at once from fifty places eleven are checked at most", async () => {
  const { user } = await register();
  const guesses = Array.from({ length: 50 }, (_, i) =>
    tryPassword(user.username, `guess number ${i}`, fresh()),
  );
  const answers = await Promise.all(guesses);
  expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(11);
});

test("a device that shows a former token is let through where others have locked the name", async () => {
  const { user, token } = await register();
  const shared = fresh();
  await lockAt(user.username, shared);
  expect((await call("POST", "/v1/logout", { token })).status).toBe(204);
  const former = { ...shared, Authorization: `Bearer ${token}` };
  expect((await tryPassword(user.username, PASSWORD, former)).status).toBe(200);
  // The token of another user, or a forged one, opens nothing.
  const other = await register();
  for (const shown of [other.token, `${token.slice(0, -4)}AAAA`])
    expectLocked(await tryPassword(user.username, PASSWORD, { ...shared, Authorization: `Bearer ${shown}` }));
  // A stolen token gives ten more guesses, and no more.
  for (let guess = 0; guess < 10; guess++)
    expectProblem(await tryPassword(user.username, WRONG, former), 401, "unauthenticated");
  expectLocked(await tryPassword(user.username, PASSWORD, former));
});

test("wrong passwords behind a session lock that session's checks alone", async () => {
  const { user, token } = await register();
  const tablet = await newSession({ user, token, expires_at: 0 });
  const body = { current: WRONG, next: "another horse battery" };
  for (let guess = 0; guess < 10; guess++)
    expectProblem(await call("POST", "/v1/me/password", { token, body }), 403, "forbidden");
  expectLocked(await call("POST", "/v1/me/password", { token, body: { ...body, current: PASSWORD } }));
  expectLocked(await call("DELETE", "/v1/me", { token, body: { password: PASSWORD } }));
  expect((await tryPassword(user.username, PASSWORD)).status).toBe(200);
  const right = { ...body, current: PASSWORD };
  expect((await call("POST", "/v1/me/password", { token: tablet.token, body: right })).status).toBe(204);
});

test("an unknown name is locked the same way", async () => {
  const name = freshName();
  await wrongAt(name, ...times(9, 1));
  expectProblem(await tryPassword(name, WRONG), 401, "unauthenticated");
  expectLocked(await tryPassword(name, WRONG));
});

test("the lock applies to the NFC form of a name, and to no other name", async () => {
  const tail = freshName("").slice(-8);
  await wrongAt(`\u00e9${tail}`, ...times(10, 1));
  expectLocked(await tryPassword(`e\u0301${tail}`, WRONG));
  expectProblem(await tryPassword(`\u00c9${tail}`, WRONG), 401, "unauthenticated");
});

test("the lock ends ten minutes after the tenth wrong password", async () => {
  freezeClock();
  const { user } = await register();
  await wrongAt(user.username, ...times(9, 12), 9.5);
  expect(expectLocked(await tryPassword(user.username, PASSWORD))).toBe(30);
  const { user: otherName } = await register();
  await wrongAt(otherName.username, ...times(9, 12), 10.1);
  expect((await tryPassword(otherName.username, PASSWORD)).status).toBe(200);
});

test("ten wrong passwords over more than ten minutes do not lock", async () => {
  const { user } = await register();
  await wrongAt(user.username, 11, ...times(9, 0.5));
  expect((await tryPassword(user.username, PASSWORD)).status).toBe(200);
  expectProblem(await tryPassword(user.username, WRONG), 401, "unauthenticated");
  expectLocked(await tryPassword(user.username, PASSWORD));
});

test("a right password is not counted and does not reset the count", async () => {
  const { user } = await register();
  await wrongAt(user.username, ...times(9, 1));
  for (let i = 0; i < 3; i++) expect((await tryPassword(user.username, PASSWORD)).status).toBe(200);
  expect(await attempts(user.username)).toBe(9);
  expectProblem(await tryPassword(user.username, WRONG), 401, "unauthenticated");
  expectLocked(await tryPassword(user.username, PASSWORD));
});

test("of fifty concurrent guesses ten are checked", async () => {
  const { user } = await register();
  const guesses = Array.from({ length: 50 }, (_, i) => tryPassword(user.username, `guess number ${i}`));
  const answers = await Promise.all(guesses);
  const checked = answers.filter(({ status }) => status === 401);
  expect(checked).toHaveLength(10);
  for (const answer of answers) if (answer.status !== 401) expectLocked(answer);
  expect(await attempts(user.username)).toBe(10);
});

test("more than ten concurrent right passwords are queued and do not lock", async () => {
  const { user } = await register();
  const answers = await Promise.all(Array.from({ length: 25 }, () => tryPassword(user.username, PASSWORD)));
  expect(answers.map(({ status }) => status)).toEqual(times(25, 200));
  expect(await attempts(user.username)).toBe(0);
});

test("unfinished checks hold their places for a minute, then count as wrong", async () => {
  overrideTiming({ passwords: { backoffMs: 1 } });
  const name = freshName();
  await attemptsAt(name, false, times(10, 0));
  const answer = await tryPassword(name, WRONG);
  expectProblem(answer, 429, "rate_limited");
  expect(answer.headers.get("Retry-After")).toBe("1");
  const stale = freshName();
  await attemptsAt(stale, false, times(10, 1.1));
  expectLocked(await tryPassword(stale, WRONG));
});

test("a hash is checked with its own parameters", async () => {
  // The second vector of RFC 7914, section 12.
  const hex =
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162" +
    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640";
  const vector = `scrypt$1024$8$16$${Buffer.from("NaCl").toString("base64url")}$${Buffer.from(hex, "hex").toString("base64url")}`;
  const core = { timing, hashTurns: new HashTurns(timing.hashing) };
  expect(await passwordMatches(core, "password", vector)).toBe(true);
  expect(await passwordMatches(core, "Password", vector)).toBe(false);
  const cheap = await hashPassword(core, "pässwörd");
  expect(cheap).toMatch(/^scrypt\$2\$1\$1\$/);
  expect(await passwordMatches(core, "pässwörd", cheap)).toBe(true);
  expect(await passwordMatches(core, "passwörd", cheap)).toBe(false);
  // A hash with another cost stays valid. This one has the production cost and takes long.
  const stored = await hashPassword({ ...core, timing: TIMING }, "pässwörd");
  expect(stored).toMatch(/^scrypt\$16384\$8\$5\$/);
  expect(await passwordMatches(core, "pässwörd", stored)).toBe(true);
  expect(await passwordMatches(core, "passwörd", stored)).toBe(false);
  expect(await passwordMatches(core, "", null)).toBe(false);
  await expect(passwordMatches(core, "x", "md5$x")).rejects.toThrow();
});

test("the scheduled job deletes attempts older than 20 minutes", async () => {
  const name = freshName();
  await wrongAt(name, 21, 19);
  await handlers.scheduled(createScheduledController(), env);
  expect(await attempts(name)).toBe(1);
});

test("the scheduled job deletes sessions with expired tokens, ended or not", async () => {
  const { user } = await register();
  const columns = "id, user_id, user_agent, created_at, last_seen_at, expires_at, ended_at";
  const insert = env.DB.prepare(`INSERT INTO sessions (${columns}) VALUES (?, ?, '', 0, 0, ?, ?)`);
  const past = Date.now() - 1_000;
  const later = Date.now() + MINUTE;
  await env.DB.batch([
    insert.bind("expired", user.id, past, null),
    insert.bind("expired-and-ended", user.id, past, 1),
    insert.bind("ended", user.id, later, 1),
  ]);
  await handlers.scheduled(createScheduledController(), env);
  const remaining = env.DB.prepare("SELECT id FROM sessions WHERE user_id = ? AND length(id) < 32").bind(
    user.id,
  );
  expect((await remaining.all()).results).toEqual([{ id: "ended" }]);
});
