import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId, FileKey, SessionId, UserId } from "../../src/core/ids.ts";
import * as accounts from "../../src/storage/accounts.ts";
import * as blocks from "../../src/storage/blocks.ts";
import * as conversations from "../../src/storage/conversations.ts";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import * as files from "../../src/storage/files.ts";
import * as flags from "../../src/storage/flags.ts";
import * as friends from "../../src/storage/friends.ts";
import * as attempts from "../../src/storage/password-attempts.ts";
import * as projection from "../../src/storage/projection.ts";
import * as sessions from "../../src/storage/sessions.ts";
import * as users from "../../src/storage/users.ts";

const ANN = UserId.parse(100_000);
const BOB = UserId.parse(100_001);
const ID = ConversationId.parse(1);
const SESSION = SessionId.parse("0".repeat(32));
const KEY = FileKey.parse("0".repeat(32));
const MANY = Array.from({ length: 300 }, (_, i) => ConversationId.parse(i + 1));

/** Every function of src/storage that asks D1, called as the use-cases call it. */
const QUERIES: Record<string, (db: Database) => Promise<unknown>> = {
  openDirect: (db) => conversations.openDirect(db, [ANN, BOB], 0),
  insertGroup: (db) => {
    const group = {
      name: "x",
      joinPolicy: "free",
      policy: "group",
      ownerId: ANN,
      memberIds: [ANN, BOB],
      createdAt: 0,
    } as const;
    return conversations.insertGroup(db, { ...group, memberIds: [ANN, BOB] });
  },
  findPeople: (db) => conversations.findPeople(db, [ANN, BOB]),
  findCreated: (db) => conversations.findCreated(db, ID),
  findListed: (db) =>
    conversations.findListed(
      db,
      ANN,
      MANY.map((id) => ({ id, senderId: BOB })),
    ),
  findListedFor: (db) => conversations.findListedFor(db, ID, [ANN, BOB]),
  updatePreferences: (db) => conversations.updatePreferences(db, ID, ANN, { sticky: true }),
  "updatePreferences, none": (db) => conversations.updatePreferences(db, ID, ANN, {}),
  setOnline: (db) => conversations.setOnline(db, ANN, true),
  insertBlock: (db) => blocks.insertBlock(db, ANN, BOB, 0),
  deleteBlock: (db) => blocks.deleteBlock(db, ANN, BOB),
  listBlocked: (db) => blocks.listBlocked(db, ANN, { after: BOB, limit: 10 }),
  findBlockedAmong: (db) => blocks.findBlockedAmong(db, ANN, [ANN, BOB]),
  findDirect: (db) => flags.findDirect(db, ANN, BOB),
  findFlags: (db) => flags.findFlags(db, ID),
  flagsQuery: (db) => flags.flagsQuery(db, ID),
  askFriendship: (db) => friends.askFriendship(db, ANN, BOB, 0),
  endFriendship: (db) => friends.endFriendship(db, ANN, BOB),
  listFriends: (db) => friends.listFriends(db, ANN, { after: BOB, limit: 10 }),
  listRequests: (db) => friends.listRequests(db, ANN, { after: { createdAt: 0, fromId: BOB }, limit: 10 }),
  findLiveSession: (db) => sessions.findLiveSession(db, { id: SESSION, userId: ANN, now: 0 }),
  listLiveSessions: (db) => sessions.listLiveSessions(db, ANN, 0),
  insertSession: (db) => {
    const times = { createdAt: 0, lastSeenAt: 0, expiresAt: 0 };
    return sessions.insertSession(db, { id: SESSION, userId: ANN, userAgent: "", ...times }, "x");
  },
  endedSessions: (db) => sessions.endedSessions(db, ANN, 0),
  updatePassword: (db) =>
    accounts.updatePassword(db, { userId: ANN, checked: null, next: "x", keep: SESSION }, 0),
  deleteUser: (db) =>
    accounts.deleteUser(db, { userId: ANN, username: "x", email: "", checked: "no such hash" }, 0),
  listMemberships: (db) => accounts.listMemberships(db, ANN, { after: 0, limit: 10 }),
  markSessionEnded: (db) => sessions.markSessionEnded(db, SESSION, 0),
  touchSession: (db) => sessions.touchSession(db, SESSION, 0),
  deleteExpiredSessions: (db) => sessions.deleteExpiredSessions(db, 0),
  reserveAttempt: (db) => attempts.reserveAttempt(db, "x", { attempts: 10, window: 1 }, 0),
  newestAttempts: (db) => attempts.newestAttempts(db, "x", 10),
  releaseAttempt: (db) => attempts.releaseAttempt(db, 1),
  keepAttempt: (db) => attempts.keepAttempt(db, 1, "x", 0),
  forgetAttempts: (db) => attempts.forgetAttempts(db, "x"),
  deleteOldAttempts: (db) => attempts.deleteOldAttempts(db, 0),
  project: (db) => {
    const { name, avatar, introduction, announcement } = {
      name: "",
      avatar: "",
      introduction: "",
      announcement: "",
    };
    const profile = { kind: "group", name, avatar, introduction, announcement, joinPolicy: "free" } as const;
    return projection.project(db, ID, {
      conversation: {
        profile: { ...profile, policy: "group", ownerId: ANN, createdAt: 0 },
        dissolvedAt: null,
        version: 1,
      },
      members: [{ userId: ANN, role: "member", state: "active", joinedAt: 0, version: 1 }],
      acquaintances: [BOB],
    });
  },
  "project, members alone": (db) => projection.project(db, ID, { members: [], acquaintances: [] }),
  findUsers: (db) => users.findUsers(db, [ANN, BOB]),
  findAccounts: (db) => users.findAccounts(db, [ANN, BOB]),
  findLife: (db) => users.findLife(db, ANN),
  findFile: (db) => files.findFile(db, KEY),
  existingFiles: (db) => files.existingFiles(db, [KEY, KEY]),
  findUser: (db) => users.findUser(db, ANN),
  findUserByName: (db) => users.findUserByName(db, "x"),
  findAccount: (db) => users.findAccount(db, "x"),
  findMe: (db) => users.findMe(db, ANN),
  updateProfile: (db) => users.updateProfile(db, ANN, { nickname: "x" }),
};

/** Their plans name what refers to users, of which nothing is read. */
const INSERTS = ["insertUser", "insertFile"];

beforeAll(async () => {
  const insert = "INSERT INTO users (id, username, created_at) VALUES (?, 'ann', 0), (?, 'bob', 0)";
  await env.DB.prepare(insert).bind(ANN, BOB).run();
});

test("every query is here, but those which insert one row", () => {
  const modules = [
    accounts,
    attempts,
    blocks,
    conversations,
    files,
    flags,
    friends,
    projection,
    sessions,
    users,
  ];
  const names = modules.flatMap((module) => Object.keys(module));
  const planned = Object.keys(QUERIES).map((name) => name.replace(/,.*/, ""));
  expect(new Set([...planned, ...INSERTS])).toEqual(new Set(names));
});

/** A database which notes the statements that go through it. */
function noting(statements: string[]): Database {
  return openDatabase(
    new Proxy(env.DB, {
      get(target, key) {
        if (key === "batch") return target.batch.bind(target);
        if (key !== "prepare") return Reflect.get(target, key);
        return (statement: string) => {
          statements.push(statement);
          return target.prepare(statement);
        };
      },
    }),
  );
}

const Plan = z.array(z.object({ detail: z.string() }));

test.each(Object.entries(QUERIES))("%s reads no whole table", async (_, query) => {
  const statements: string[] = [];
  await query(noting(statements));
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements) {
    const placeholders = [...statement.matchAll(/\?/g)].map(() => 0);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`)
      .bind(...placeholders)
      .all();
    const steps = Plan.parse(results).map(({ detail }) => detail);
    // `SCAN x` reads all of x; a subquery, a JSON array or a constant row was narrowed before.
    const whole = steps.filter(
      (step) => /^SCAN (?!\(|[0-9]|CONSTANT)/.test(step) && !step.includes("VIRTUAL TABLE"),
    );
    expect(whole, statement).toEqual([]);
    // An index which SQLite makes for one query reads the whole table to make it.
    expect(
      steps.filter((step) => step.includes("AUTOMATIC")),
      statement,
    ).toEqual([]);
  }
});
