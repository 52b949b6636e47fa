import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { MIGRATIONS as CONVERSATION } from "../../../src/conversation/migrations.ts";
import { MIGRATIONS as INBOX } from "../../../src/inbox/migrations.ts";
import { sha256 } from "../../../src/lib/sha256.ts";
import { hasSchema, migrate } from "../../../src/object/migrations.ts";
import { call, register, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { list, page, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { listOf } from "../../support/objects/inbox-list.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  itemAt,
  postText,
  signInAgain,
} from "../../support/objects/room.ts";

let ann: SignedIn;

beforeAll(async () => {
  ann = await register();
});

const Table = z.object({ name: z.string(), sql: z.string().nullable() });

/** The SQL of an object's tables and indexes, without the layout of the text. */
function schema(storage: DurableObjectStorage): string[] {
  const rows = storage.sql.exec("SELECT name, sql FROM sqlite_master ORDER BY name").toArray();
  return z
    .array(Table)
    .parse(rows)
    .flatMap(({ name, sql }) => (sql === null || name.startsWith("_cf_") ? [] : [sql.replace(/\s+/g, " ")]));
}

/** The storage of an object that was never used. */
function fresh<T>(work: (storage: DurableObjectStorage) => T): Promise<T> {
  const stub = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
  return runInDurableObject(stub, (_, { storage }) => work(storage));
}

/** A release never changes a step of a former one. Who adds a step puts the new hash here. */
test.each([
  ["a conversation", CONVERSATION, "a1e3e3d094060d1ccde9ff0504bc58d11d03d8ccbf5904c44b217ccac4557ee0"],
  ["an inbox", INBOX, "8247b38293bb8da9d34a4f1a749cdf1c307309e7bec344bc21b9a7e5e74089a7"],
] as const)("the tables of %s are the reviewed ones", async (_, steps, hash) => {
  const tables = await fresh((storage) => {
    migrate(storage, steps);
    return schema(storage).join("\n");
  });
  expect(sha256(tables), tables).toBe(hash);
});

test("an inbox of the previous release has the conversations asked of which its memory was ahead", () =>
  fresh((storage) => {
    const { sql } = storage;
    migrate(storage, INBOX.slice(0, 1));
    const columns = `conversation_id, kind, ver, state, visible_from, last_seq, last_n, read_seq, read_n,
      member_count, updated_at, counted_at, active_at, changed_at`;
    const row = "?, 'group', 1, 'active', 0, 0, 0, 0, 0, 2, 1, 1, 1, 1";
    for (const id of [1, 2, 3]) sql.exec(`INSERT INTO conversations (${columns}) VALUES (${row})`, id);
    sql.exec("INSERT INTO list_ahead (conversation_id) VALUES (2)");
    migrate(storage, INBOX);
    expect(listOf(sql).lostByCrash()).toEqual([2]);
    expect(listOf(sql).lostByCrash()).toEqual([]);
  }));

/** A step that adds a table. */
const add = (version: number, minCode: number) => ({
  version,
  minCode,
  sql: `CREATE TABLE t${version} (x INTEGER) STRICT`,
});

test.each([
  ["conversation", CONVERSATION],
  ["inbox", INBOX],
  ["schema of three steps", [add(1, 1), add(2, 1), add(3, 3)]],
])("every earlier version of a %s migrates to the tables of a new one", async (_, steps) => {
  const made = await fresh((storage) => {
    migrate(storage, steps);
    return schema(storage);
  });
  for (let version = 1; version <= steps.length; version++) {
    const upgraded = await fresh((storage) => {
      migrate(storage, steps.slice(0, version));
      migrate(storage, steps);
      migrate(storage, steps);
      return {
        tables: schema(storage),
        versions: storage.sql.exec("SELECT * FROM schema_versions").toArray(),
      };
    });
    expect(upgraded.tables).toEqual(made);
    expect(upgraded.versions.length).toBe(steps.length);
  }
});

test.each([
  ["conversation", CONVERSATION],
  ["inbox", INBOX],
])("the steps of a %s are numbered 1, 2, 3 …, and none needs a newer release than its own", (_, steps) => {
  expect(steps.map(({ version }) => version)).toEqual(steps.map((_, i) => i + 1));
  expect(steps.every(({ minCode, version }) => minCode >= 1 && minCode <= version)).toBe(true);
});

test("a failed step leaves nothing behind, and the next start repeats it", () =>
  fresh((storage) => {
    const good = { version: 1, minCode: 1, sql: "CREATE TABLE a (x INTEGER) STRICT" };
    const bad = {
      version: 2,
      minCode: 1,
      sql: "CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE a (y INTEGER)",
    };
    expect(() => migrate(storage, [good, bad])).toThrow();
    expect(schema(storage).join()).not.toContain("TABLE b");
    migrate(storage, [good, { ...bad, sql: "CREATE TABLE b (x INTEGER) STRICT" }]);
    expect(schema(storage).join()).toContain("TABLE b");
  }));

test("tables that need a newer release are refused and stay untouched", () =>
  fresh((storage) => {
    migrate(storage, [add(1, 1), add(2, 1), add(3, 3)]);
    const before = schema(storage);
    expect(() => migrate(storage, [add(1, 1), add(2, 1)])).toThrow(/release/);
    expect(schema(storage)).toEqual(before);
    // This release runs on tables to which a newer one has only added.
    expect(() => migrate(storage, [add(1, 1), add(2, 1), add(3, 3), add(4, 1)].slice(0, 3))).not.toThrow();
  }));

test("the previous release runs on tables to which a newer one has only added", () =>
  fresh((storage) => {
    migrate(storage, CONVERSATION);
    storage.sql.exec("INSERT INTO schema_versions VALUES (?, 1)", CONVERSATION.length + 1);
    migrate(storage, CONVERSATION);
    expect(hasSchema(storage)).toBe(true);
  }));

test("an object whose tables need a newer release answers nothing and changes nothing", async () => {
  const id = await createGroupId(ann);
  await postText(id, ann, "kept");
  const stub = conversationObject(id);
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("INSERT INTO schema_versions VALUES (1000, 1000)");
  });
  await evictDurableObject(stub);
  const answer = await call("GET", `/v1/conversations/${id}/messages`, { token: ann.token });
  expect(answer.status).toBeGreaterThanOrEqual(500);
});

describe("tables of a newer release", () => {
  const Tables = z.array(z.object({ name: z.string() }));

  /** The most that a newer release may do: one more column in each table. */
  async function addColumns(
    object: ReturnType<typeof conversationObject | typeof inboxObject>,
  ): Promise<void> {
    await runInDurableObject(object, (_, { storage }) => {
      const query =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'words*' AND name NOT GLOB 'bigram*'";
      for (const { name } of Tables.parse(storage.sql.exec(query).toArray())) {
        storage.sql.exec(`ALTER TABLE "${name}" ADD COLUMN later INTEGER NOT NULL DEFAULT 7`);
      }
    });
    await evictDurableObject(object);
  }

  test("this release runs on tables to which a newer one has added", async () => {
    const all = await registerUsers(3);
    const [ann, bob, cid] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2)];
    const id = await createGroupId(ann, bob);
    await send(ann, id, "before");
    await list(cid);
    await addColumns(conversationObject(id));
    for (const { user } of all) await addColumns(inboxObject(user.id));

    const path = `/v1/conversations/${id}`;
    const done = async (method: string, suffix: string, body?: unknown) => {
      const answer = await call(method, `${path}${suffix}`, {
        token: ann.token,
        ...(body !== undefined && { body }),
      });
      expect([200, 201, 204], JSON.stringify(answer.body)).toContain(answer.status);
    };
    await done("POST", "/members", { user_ids: [cid.user.id] });
    await done("PATCH", `/members/${cid.user.id}`, { role: "admin", name_card: "C" });
    await done("PATCH", "", { name: "renamed" });
    await done("PUT", "/preferences", { sticky: true });
    const phone = await signInAgain(cid);
    const socket = await openRoom(id, phone.token, "?after=0&rev=0");
    await send(bob, id, { kind: "text", body: { text: "after" }, client_msg_id: "1" });
    await done("DELETE", "/messages/1?for=everyone");
    await done("DELETE", "/messages/2?for=me");
    await done("PUT", "/read", { seq: 3 });
    expect((await page(cid, id)).items).toHaveLength(5 - 1);
    expect((await list(cid)).items.map(({ name }) => name)).toEqual(["renamed"]);
    expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
    expect(await socket.closed()).toMatchObject({ code: 4001 });
    await done("POST", "/owner", { user_id: bob.user.id });
    await done("POST", "/leave");
  });
});
