import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fillWorld, viewOf, type World } from "../../../scripts/backup/world.ts";
import { backUp } from "../../../src/core/backup/run/backup-run.ts";
import {
  DatabaseIndex,
  FILE_TABLES,
  fileName,
  filesOf,
  MANIFEST,
  readJson,
  readManifest,
  readText,
  Shard,
  valuesIn,
} from "../../../src/core/backup/run/layout.ts";
import { restore } from "../../../src/core/backup/run/restore-run.ts";
import type { ObjectKind } from "../../../src/domain/backup/parts.ts";
import type { BackupSource, RestoreTarget } from "../../../src/domain/backup/ports.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import {
  api,
  beginDeployment,
  FlakyCalls,
  loseEverything,
  source,
  target,
} from "../../support/backup/deployment.ts";
import { MemoryStore } from "../../support/backup/memory-store.ts";
import { call, expectProblem, registerUsers } from "../../support/clients/api.ts";
import { createGroup, expectAsked, listedConversation, page, send } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { expectUploaded, upload } from "../../support/clients/files.ts";
import { wire } from "../../support/clients/wire.ts";
import { eventually } from "../../support/eventually.ts";
import { assertConsistent } from "../../support/objects/assert-consistent.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setNoRateLimits, setRestoring } from "../../support/settings.ts";

let store: MemoryStore;
const undo: (() => void)[] = [];

beforeEach(async () => {
  await beginDeployment();
  store = new MemoryStore();
  undo.push(setNoRateLimits());
});

afterEach(() => {
  for (const one of undo.splice(0)) one();
});

async function world(messages = 5): Promise<World> {
  const users = await registerUsers(3);
  return fillWorld(api, [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)], messages);
}

async function views({ users }: World): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const user of users) seen.push(await viewOf(api, user));
  return seen;
}

/** Restores the backup into this deployment, which serves again then. */
async function restoreHere(calls?: FlakyCalls): Promise<void> {
  const { target: here, serve } = await target(calls);
  undo.push(serve);
  try {
    await restore(store, here);
  } finally {
    serve();
  }
}

const OCTETS = { "Content-Type": "application/octet-stream" };

/** Takes everything, and keeps nothing. */
const NO_TARGET: RestoreTarget = {
  begin: async () => ({ isLoaded: false }),
  objects: async () => undefined,
  database: async () => undefined,
  file: async () => undefined,
  loaded: async () => undefined,
  finish: async () => undefined,
  end: async () => undefined,
};

const OF_RUNTIME = '{"table":"__miniflare_do_name","columns":["id","name"]}\n[1,"1"]\n';

/** A source that answers some reads otherwise. */
function sourceWith(here: BackupSource, reads: Partial<BackupSource>): BackupSource {
  return {
    ids: (kind, after) => here.ids(kind, after),
    tables: (kind, items) => here.tables(kind, items),
    logs: (items) => here.logs(items),
    rest: (item) => here.rest(item),
    database: (place) => here.database(place),
    file: (key) => here.file(key),
    ...reads,
  };
}

/** The files that nothing in the backup names. */
async function unnamedFiles(): Promise<string[]> {
  const manifest = await readManifest(store);
  if (!manifest) throw new Error("there is a backup");
  const { parts } = await readJson(store, manifest.database, DatabaseIndex);
  const named = new Set([MANIFEST, manifest.database, ...parts.map(({ name }) => name)]);
  for (const { table, name } of parts)
    if (FILE_TABLES.has(table))
      for (const key of valuesIn(await readText(store, name), "key")) named.add(fileName(key));
  for (const shard of Object.values(manifest.shards).flatMap((shards) => Object.values(shards))) {
    named.add(shard);
    for (const first of Object.values((await readJson(store, shard, Shard)).objects))
      for (const name of await filesOf(store, first)) named.add(name);
  }
  return [...store.files.keys()].filter((name) => !named.has(name));
}

describe("a backup", () => {
  test("brings everything back that users see", async () => {
    const before = await world(300);
    // An older one has a table of the runtime on a developer's machine, which no other runtime knows.
    const now = await source();
    const older = sourceWith(now, {
      tables: async (kind, items) =>
        (await now.tables(kind, items)).map((part) => part && { ...part, rows: part.rows + OF_RUNTIME }),
    });
    await backUp(older, store);
    const seen = await views(before);
    await loseEverything();
    await restoreHere();
    expect(await views(before)).toEqual(seen);
    // Everything goes on: no id or seq comes twice.
    const [ann, , cai] = before.users;
    const [, group] = before.conversations;
    if (!ann || !cai || group === undefined) throw new Error("the world has them");
    const { items } = await page(ann, group, "?limit=1");
    const next = await send(ann, group, "after the restore");
    expect(next.seq).toBe((items[0]?.seq ?? 0) + 1);
    await eventually(async () =>
      expect(await listedConversation(cai, group)).toMatchObject({ last_seq: next.seq }),
    );
    await eventually(() => assertConsistent(group));
    const [someone] = await registerUsers(1);
    expect(someone?.user.id).toBeGreaterThan(cai.user.id);
  });

  test("brings back what a group keeps over tim, and changed custom data", async () => {
    const { users, conversations } = await world();
    const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
    const group = ConversationId.parse(conversations.at(-1));
    const tim = async (path: string, body: object) => {
      const headers = { token: ann.token, "Content-Type": "application/json" };
      return wire({ method: "POST", path, headers, body: { groupID: group, ...body } });
    };
    await tim("/group/setGroupAttributes", { groupAttributes: { topic: "soup", place: "here" } });
    await tim("/group/setGroupCounters", { counters: { likes: 7 } });
    await tim("/message/modifyMessage", { ID: `${group}-1`, cloudCustomData: "changed" });
    const kept = async () => [
      (await tim("/group/getGroupAttributes", {})).body,
      (await tim("/group/getGroupCounters", {})).body,
      (
        await tim("/message/getMessageListHopping", {
          conversationID: `GROUP${group}`,
          sequence: 1,
          count: 5,
        })
      ).body,
    ];
    const before = await kept();
    expect(JSON.stringify(before)).toContain('"topic":"soup"},"version":1');
    expect(JSON.stringify(before)).toContain('"cloudCustomData":"changed"');
    await backUp(await source(), store);
    await loseEverything();
    await restoreHere();
    expect(await kept()).toEqual(before);
    expect(await viewOf(api, bob)).toBeDefined();
  });

  test("transfers in a second run what is new, and nothing else", async () => {
    const { users, conversations } = await world(300);
    const [ann] = users;
    const [direct, group] = conversations;
    if (!ann || direct === undefined || group === undefined) throw new Error("the world has them");
    await backUp(await source(), store);
    store.takeWritten();
    await send(ann, direct, "one more");
    await backUp(await source(), store);
    const written = store.takeWritten();
    const ofLogs = written.filter((name) => name.includes("/log-"));
    expect(ofLogs).toEqual([expect.stringMatching(`^conversation/${direct}/log-0-`)]);
    expect(written.filter((name) => name.startsWith("files/"))).toEqual([]);
    expect(written.filter((name) => name.includes(`conversation/${group}/`))).toEqual([]);
  });

  test("has no reaction that was taken back while its conversation was copied", async () => {
    const { users, conversations } = await world();
    const [ann] = users;
    const [, group] = conversations;
    if (!ann || group === undefined) throw new Error("the world has them");
    // The rest is read by itself behind a log that takes several turns.
    for (let i = 0; i < 60; i++) await send(ann, group, `${i} ${"x".repeat(7_000)}`);
    const path = "/messages/2/reactions/%F0%9F%91%8D";
    await expectAsked(ann, group, "PUT", path);
    const here = await source();
    const changing = sourceWith(here, {
      async rest(item) {
        if (item.id === String(group)) await expectAsked(ann, group, "DELETE", path);
        return here.rest(item);
      },
    });
    await backUp(changing, store);
    await loseEverything();
    await restoreHere();
    expect((await expectAsked(ann, group, "GET", path)).body).toMatchObject({ items: [] });
  });

  test("is of one moment for each conversation, while messages are sent and edited", async () => {
    const { users, conversations } = await world(300);
    const [ann, bob] = users;
    const [, group] = conversations;
    if (!ann || !bob || group === undefined) throw new Error("the world has them");
    // Bodies so large that the log is read over many turns.
    for (let i = 0; i < 60; i++) await send(ann, group, `${i} ${"x".repeat(7_000)}`);
    let isOver = false;
    const writing = (async () => {
      for (let i = 0; !isOver; i++) {
        const { seq } = await send(i % 2 ? ann : bob, group, `beside ${i}`);
        if (i % 2 === 0) await edit(bob, group, seq, { body: { text: `edited ${i}` }, base_version: 1 });
      }
    })();
    await backUp(await source(), store);
    isOver = true;
    await writing;
    await loseEverything();
    await restoreHere();
    await eventually(async () => {
      for (const user of [ann, bob]) await listedConversation(user, group);
      await assertConsistent(group);
    });
    const seqs: number[] = [];
    for (;;) {
      const { items, has_more: hasMore } = await page(
        ann,
        group,
        `?limit=100&threads=all&after=${seqs.at(-1) ?? 0}`,
      );
      seqs.push(...items.map(({ seq }) => seq));
      if (!hasMore) break;
    }
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    const next = await send(bob, group, "goes on");
    expect(next.seq).toBe(seqs.length + 1);
  });

  test("that breaks off leaves the backup before whole, and is gone on with", async () => {
    const before = await world();
    await backUp(await source(), store);
    const manifest = store.files.get(MANIFEST);
    const [ann] = before.users;
    const [direct] = before.conversations;
    if (!ann || direct === undefined) throw new Error("the world has them");
    await send(ann, direct, "new since the backup");
    const seen = await views(before);
    let breaks = 0;
    for (let writes = 1; ; writes++) {
      store.failsAfter = writes;
      const isDone = await backUp(await source(), store).then(
        () => true,
        () => false,
      );
      if (isDone) break;
      breaks++;
      const now = store.files.get(MANIFEST);
      if (now !== manifest) continue;
      // The backup before can be read to its end.
      store.failsAfter = undefined;
      await restore(store, NO_TARGET);
    }
    expect(breaks).toBeGreaterThan(3);
    store.failsAfter = undefined;
    await loseEverything();
    await restoreHere();
    expect(await views(before)).toEqual(seen);
  });

  test("whose inboxes are older than its conversations brings lists back as they are", async () => {
    const before = await world();
    const [ann, bob] = before.users;
    const [, group] = before.conversations;
    if (!ann || !bob || group === undefined) throw new Error("the world has them");
    // The first piece has the inboxes.
    expect(await backUp(await source(), store, { mayGoOn: () => false })).toBeNull();
    const [dan] = await registerUsers(1);
    const { id: later } = await createGroup(ann, [dan]);
    await send(ann, later, "in a group that no inbox of the backup knows");
    const { seq } = await send(ann, group, "newer than the inboxes");
    await call("PUT", `/v1/conversations/${group}/read`, { token: bob.token, body: { seq } });
    await backUp(await source(), store);
    const all = { ...before, users: [...before.users, dan] };
    const seen = await views(all);
    await loseEverything();
    await restoreHere();
    expect(await views(all)).toEqual(seen);
  });
});

describe("a run", () => {
  test("over an empty database leaves the backup as it is", async () => {
    await world();
    await backUp(await source(), store);
    const files = new Map(store.files);
    await loseEverything();
    await expect(backUp(await source(), store)).rejects.toThrow("This deployment has no users");
    expect(store.files).toEqual(files);
  });

  test("leaves no file of a conversation that it copies anew, or skips", async () => {
    const { users, conversations } = await world();
    const [ann] = users;
    const [, group] = conversations;
    if (!ann || group === undefined) throw new Error("the world has them");
    const here = await source();
    // Each answer of a log is the first of several, and the conversation changes before the last one.
    let changes = 1;
    const changing = sourceWith(here, {
      logs: async (items) => (await here.logs(items)).map((answer) => answer && { ...answer, rest: null }),
      rest: async (item) => {
        if (item.id !== String(group) || changes-- <= 0) return here.rest(item);
        await send(ann, group, "meanwhile");
        return null;
      },
    });
    expect((await backUp(changing, store))?.totals.skipped).toEqual([]);
    expect(await unnamedFiles()).toEqual([]);
    changes = Infinity;
    await send(ann, group, "one more");
    const skipped = await backUp(changing, store);
    expect(skipped?.totals.skipped).toEqual([expect.stringContaining(`conversation ${group}`)]);
    expect(await unnamedFiles()).toEqual([]);
    // The backup keeps the former copy of it.
    await restore(store, NO_TARGET);
  });

  test("copies files by fifty, and looks at each once", async () => {
    const [ann] = await registerUsers(1);
    for (let i = 0; i < 60; i++) await api(ann.token, "POST", `/v1/files?name=${i}.txt`, new Blob([`${i}`]));
    const pieces: number[] = [];
    const count = () => store.takeWritten().filter((name) => name.startsWith("files/")).length;
    for (let isOver = false; !isOver; pieces.push(count()))
      isOver = (await backUp(await source(), store, { mayGoOn: () => false })) !== null;
    expect(pieces.filter((written) => written > 0)).toEqual([50, 10]);
    expect((await readManifest(store))?.totals).toMatchObject({ files: 60, skipped: [] });
    expect(store.asked).toHaveLength(60);
    // A part of the table that the backup before has tells of no new file.
    expect((await backUp(await source(), store))?.totals).toMatchObject({ files: 60 });
    expect(store.asked).toHaveLength(60);
  });

  test("has the file of a reported message, although its sender has taken it back", async () => {
    const [ann, bob] = await registerUsers(2);
    const { id } = await createGroup(ann, [bob]);
    const file = await expectUploaded(await upload(bob, "the worst", "text/plain", "?name=a.txt"));
    const body = { url: file.url, name: "a.txt" };
    const message = { conversation_id: id, seq: (await send(bob, id, { kind: "file", body })).seq };
    // One backup has the file, the next one what the report keeps of it.
    await backUp(await source(), store);
    const report = { token: ann.token, body: { message, reason: "spam" } };
    expect((await call("POST", "/v1/reports", report)).status).toBe(201);
    expect((await call("DELETE", `/v1/files/${file.key}`, { token: bob.token })).status).toBe(204);
    await backUp(await source(), store);
    expect(await unnamedFiles()).toEqual([]);
    await loseEverything();
    await restoreHere();
    expect(await (await env.FILES.get(file.key))?.text()).toBe("the worst");
    await env.DB.prepare("DELETE FROM report_files").run();
    await backUp(await source(), store);
    expect(await unnamedFiles()).toEqual([]);
    expect([...store.files.keys()]).not.toContain(fileName(file.key));
  });

  test("skips and names an object that does not answer, and ends where none does", async () => {
    const before = await world();
    const { users } = before;
    const failing = users.slice(0, 1).map(({ user }) => String(user.id));
    const here = await source();
    const broken = sourceWith(here, {
      tables: async (kind, items) => {
        if (kind === "inbox" && items.some(({ id }) => failing.includes(id))) throw new Error("it is broken");
        return here.tables(kind, items);
      },
    });
    const manifest = await backUp(broken, store);
    expect(manifest?.totals.skipped).toEqual([`inbox ${failing[0]}: it is broken`]);
    expect(manifest?.totals.objects).toBe(4);
    failing.push(...(await registerUsers(3)).map(({ user }) => String(user.id)));
    failing.push(...users.map(({ user }) => String(user.id)));
    await expect(backUp(broken, store)).rejects.toThrow("it is broken");
  });
});

describe("a restore", () => {
  test("that breaks off at any call is begun again", async () => {
    const before = await world();
    await backUp(await source(), store);
    const seen = await views(before);
    await loseEverything();
    let breaks = 0;
    for (let calls = 1; ; calls++) {
      const isDone = await restoreHere(new FlakyCalls(calls)).then(
        () => true,
        () => false,
      );
      if (isDone) break;
      breaks++;
    }
    expect(breaks).toBeGreaterThan(3);
    expect(await views(before)).toEqual(seen);
  });

  test("answers nobody else meanwhile", async () => {
    const { serve } = await target();
    undo.push(serve);
    for (const path of ["/v1/me", "/v1/conversations", "/v1/server/keys"])
      expectProblem(await call("GET", path), 503, "unavailable");
    expect((await call("GET", "/healthz")).status).toBe(200);
  });

  test("is refused without the setting, and by a deployment that is in use", async () => {
    const { text: token } = await makeServerKey(["backup"]);
    const begin = { token, body: { what: "begin", backup: "b" } };
    expectProblem(await call("POST", "/v1/server/backup/write", begin), 409, "conflict");
    await world();
    const { serve } = await target();
    undo.push(serve);
    expectProblem(await call("POST", "/v1/server/backup/write", begin), 409, "conflict");
    const rows = { token, body: { what: "database", rows: "" } };
    expectProblem(await call("POST", "/v1/server/backup/write", rows), 409, "conflict");
  });

  test("takes nothing more once everything is written, and ends as often as it is told", async () => {
    const { text: token } = await makeServerKey(["backup"]);
    undo.push(setRestoring());
    const write = (body: object) => call("POST", "/v1/server/backup/write", { token, body });
    const file = `/v1/server/backup/files/${"0".repeat(32)}`;
    const putFile = () => call("PUT", file, { token, headers: OCTETS, body: new Uint8Array([1]) });
    expectProblem(await write({ what: "loaded" }), 409, "conflict");
    expect((await write({ what: "begin", backup: "b" })).body).toEqual({ loaded: false });
    expect((await putFile()).status).toBe(204);
    for (let i = 0; i < 2; i++) expect((await write({ what: "loaded" })).body).toEqual({ loaded: true });
    expectProblem(await write({ what: "database", rows: "" }), 409, "conflict");
    const rows = { kind: "hook", id: "hk_0123456789abcdef", version: 1, rows: "", mode: "add" };
    expectProblem(await write({ what: "objects", items: [rows] }), 409, "conflict");
    expectProblem(await putFile(), 409, "conflict");
    for (let i = 0; i < 2; i++) expect((await write({ what: "end" })).body).toEqual({ loaded: true });
  });

  test("gives a name that moved while the backup was made to the row that was read later", async () => {
    const { text: token } = await makeServerKey(["backup"]);
    undo.push(setRestoring());
    const write = (body: object) => call("POST", "/v1/server/backup/write", { token, body });
    await write({ what: "begin", backup: "b" });
    const columns = ["id", "username", "external_id", "created_at"];
    // Parts are written in the order in which they were not read.
    const parts = [
      [900_002, "pear", "fruit-1", 0],
      [900_001, "pear", "fruit-1", 0],
      [900_000, "plum", null, 0],
    ];
    for (const row of [...parts, ...parts]) {
      const rows = `${JSON.stringify({ table: "users", columns })}\n${JSON.stringify(row)}\n`;
      expect((await write({ what: "database", rows })).status).toBe(200);
    }
    const query = "SELECT username, external_id FROM users WHERE id >= 900000 ORDER BY id";
    expect(await env.DB.prepare(query).raw()).toEqual([
      ["plum", null],
      ["restored-900001", null],
      ["pear", "fruit-1"],
    ]);
  });

  test("has the jobs of inboxes run once conversations answer", async () => {
    const { users } = await world();
    const [ann] = users;
    if (!ann) throw new Error("the world has them");
    await backUp(await source(), store);
    await loseEverything();
    const inbox = env.INBOX.getByName(String(ann.user.id));
    const alarm = () => runInDurableObject(inbox, (_, { storage }) => storage.getAlarm());
    const { target: here, serve } = await target();
    undo.push(serve);
    const alarms: (number | null)[] = [];
    const watched = new Proxy(here, {
      get: (_, name) => {
        if (name !== "finish") return Reflect.get(here, name).bind(here);
        return async (kind: ObjectKind, ids: string[]) => {
          await here.finish(kind, ids);
          alarms.push(await alarm());
        };
      },
    });
    await restore(store, watched);
    // Inboxes, conversations, and inboxes once more.
    expect(alarms).toEqual([null, null, expect.any(Number)]);
  });

  test("is refused by an object that is in use", async () => {
    const { users } = await world();
    await backUp(await source(), store);
    await env.DB.batch(
      ["sessions", "memberships", "friends", "friend_requests", "blocks", "files", "file_holds"]
        .map((name) => `DELETE FROM ${name}`)
        .concat(["DELETE FROM users", "DELETE FROM conversations"])
        .map((statement) => env.DB.prepare(statement)),
    );
    await expect(restoreHere()).rejects.toThrow("This object has data");
    expect(users).toHaveLength(3);
  });

  test("of a newer release is refused, and changes nothing", async () => {
    await world();
    await backUp(await source(), store);
    const text = new TextDecoder().decode(store.files.get(MANIFEST));
    store.files.set(MANIFEST, new TextEncoder().encode(text.replace('"format":1', '"format":2')));
    await loseEverything();
    await expect(restoreHere()).rejects.toThrow("use a newer release");
    const rows = { version: 999, rows: "", mode: "add" as const };
    expect(await env.CONVERSATION.getByName("1").loadRows(rows)).toMatchObject({
      ok: false,
      code: "conflict",
    });
  });

  test("of an older release migrates its rows", async () => {
    const [ann] = await registerUsers(1);
    const inbox = env.INBOX.getByName(String(ann.user.id));
    const rows = [
      { table: "presence", columns: ["id", "online", "gone", "epoch", "repaired_at"] },
      [1, 0, 0, 7, 0],
      "",
    ];
    const text = rows.map((row) => (row === "" ? "" : JSON.stringify(row))).join("\n");
    expect(await inbox.loadRows({ version: 1, rows: text, mode: "add" })).toMatchObject({ ok: true });
    expectProblem(await call("GET", "/v1/conversations", { token: ann.token }), 503, "unavailable");
    expect(await inbox.finishRestore({})).toMatchObject({ ok: true });
    expect((await call("GET", "/v1/conversations", { token: ann.token })).status).toBe(200);
    expect(await inbox.copyTables({ place: null })).toMatchObject({
      value: { version: 7, rows: expect.stringContaining('"list_behind"') },
    });
  });
});

test("unknown rows are refused", async () => {
  const conversation = env.CONVERSATION.getByName("4999");
  for (const rows of ['{"table":"nothing","columns":["a"]}\n[1]\n', "[1]\n", "no rows"])
    expect(await conversation.loadRows({ version: 1, rows, mode: "add" })).toMatchObject({
      ok: false,
      code: "validation_failed",
    });
  expect(await conversation.copyTables({ place: null })).toEqual({ ok: true, value: null });
});
