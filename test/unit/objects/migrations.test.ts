import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { MIGRATIONS as CONVERSATION } from "../../../src/conversation/migrations.ts";
import { MIGRATIONS as INBOX } from "../../../src/inbox/migrations.ts";
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

test("the tables of a conversation are the reviewed ones", async () => {
  const tables = await fresh((storage) => {
    migrate(storage, CONVERSATION);
    return schema(storage);
  });
  expect(tables).toMatchInlineSnapshot(`
      [
        "CREATE TABLE applications ( id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, message TEXT NOT NULL, created_at INTEGER NOT NULL, handled_at INTEGER, handled_by INTEGER, accepted INTEGER, authentication TEXT NOT NULL DEFAULT '', told TEXT NOT NULL DEFAULT '[]', listed INTEGER NOT NULL DEFAULT 0 ) STRICT",
        "CREATE UNIQUE INDEX applications_open ON applications (user_id) WHERE handled_at IS NULL",
        "CREATE INDEX applications_open_order ON applications (id) WHERE handled_at IS NULL",
        "CREATE INDEX applications_rejected ON applications (user_id, handled_at) WHERE accepted = 0",
        "CREATE INDEX applications_unlisted ON applications (user_id) WHERE listed <> (handled_at IS NULL)",
        "CREATE INDEX applications_user ON applications (user_id, handled_at)",
        "CREATE TABLE attributes ( key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL ) STRICT, WITHOUT ROWID",
        "CREATE TABLE bans ( id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL UNIQUE, reason TEXT NOT NULL, banned_by INTEGER NOT NULL, created_at INTEGER NOT NULL ) STRICT",
        "CREATE VIRTUAL TABLE bigram_terms USING fts5vocab(bigrams, instance)",
        "CREATE VIRTUAL TABLE bigrams USING fts5( tokens, content='', columnsize=0, detail='none', tokenize='ascii' )",
        "CREATE TABLE 'bigrams_config'(k PRIMARY KEY, v) WITHOUT ROWID",
        "CREATE TABLE 'bigrams_data'(id INTEGER PRIMARY KEY, block BLOB)",
        "CREATE TABLE 'bigrams_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID",
        "CREATE TABLE bots (user_id INTEGER PRIMARY KEY) STRICT",
        "CREATE TABLE conversation ( id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, avatar TEXT NOT NULL, introduction TEXT NOT NULL, announcement TEXT NOT NULL, join_policy TEXT NOT NULL, owner_id INTEGER, created_at INTEGER NOT NULL, changes INTEGER NOT NULL DEFAULT 0, rev INTEGER NOT NULL DEFAULT 0, policy TEXT NOT NULL DEFAULT 'group', dissolved_at INTEGER, handle TEXT, mute_all INTEGER NOT NULL DEFAULT 0, max_members INTEGER, discoverable INTEGER, threads_off INTEGER NOT NULL DEFAULT 0, custom_fields TEXT NOT NULL DEFAULT '{}', changed_at INTEGER, version INTEGER NOT NULL DEFAULT 0, projected INTEGER NOT NULL DEFAULT 0, friends_only INTEGER NOT NULL DEFAULT 0, blocked INTEGER NOT NULL DEFAULT 0, friends INTEGER NOT NULL DEFAULT 0, first_sender INTEGER, answered INTEGER NOT NULL DEFAULT 0, answered_projected INTEGER NOT NULL DEFAULT 0, notices INTEGER NOT NULL DEFAULT 0, request_version INTEGER NOT NULL DEFAULT 0 , metadata TEXT NOT NULL DEFAULT '', history INTEGER, may_leave INTEGER NOT NULL DEFAULT 1, retention_days INTEGER, legal_hold INTEGER NOT NULL DEFAULT 0, floor_seq INTEGER NOT NULL DEFAULT 0, floor_n INTEGER NOT NULL DEFAULT 0, emptied_seq INTEGER NOT NULL DEFAULT 0, slow_mode_s INTEGER NOT NULL DEFAULT 0, link_previews_off INTEGER NOT NULL DEFAULT 0) STRICT",
        "CREATE TABLE counters ( key TEXT PRIMARY KEY, value INTEGER NOT NULL ) STRICT, WITHOUT ROWID",
        "CREATE TABLE debts ( user_id INTEGER PRIMARY KEY, until INTEGER NOT NULL ) STRICT",
        "CREATE TABLE edited_files ( seq INTEGER PRIMARY KEY, sender_id INTEGER NOT NULL, keys TEXT NOT NULL, changes INTEGER NOT NULL DEFAULT 0 ) STRICT",
        "CREATE TABLE export_marks ( at INTEGER PRIMARY KEY, rev INTEGER NOT NULL, seq INTEGER NOT NULL, changes INTEGER NOT NULL ) STRICT",
        "CREATE TABLE fanout_checkpoint ( id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, changes INTEGER NOT NULL, touched INTEGER NOT NULL, is_large INTEGER NOT NULL, served_at INTEGER NOT NULL, behind TEXT NOT NULL, rev INTEGER NOT NULL ) STRICT",
        "CREATE TABLE hidden ( seq INTEGER NOT NULL, user_id INTEGER NOT NULL, rev INTEGER NOT NULL, PRIMARY KEY (seq, user_id) ) STRICT, WITHOUT ROWID",
        "CREATE INDEX hidden_user ON hidden (user_id, rev)",
        "CREATE TABLE hook_taps ( id TEXT PRIMARY KEY, seq INTEGER NOT NULL, user_id INTEGER NOT NULL, bot_id INTEGER NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL ) STRICT, WITHOUT ROWID",
        "CREATE TABLE hooks ( hook_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, rev INTEGER NOT NULL, version INTEGER NOT NULL, is_new INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, paused INTEGER NOT NULL DEFAULT 0, is_gate INTEGER NOT NULL DEFAULT 0, marks TEXT NOT NULL DEFAULT '[]' , tap TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID",
        "CREATE TABLE imported_messages ( seq INTEGER PRIMARY KEY, external_id TEXT NOT NULL UNIQUE ) STRICT",
        "CREATE TABLE inbox_failures ( call TEXT NOT NULL, user_id INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, failures INTEGER NOT NULL, parked INTEGER NOT NULL, error TEXT NOT NULL, PRIMARY KEY (call, user_id) ) STRICT, WITHOUT ROWID",
        "CREATE TABLE incoming_hooks ( id TEXT PRIMARY KEY, name TEXT NOT NULL, avatar TEXT NOT NULL, secret_hash TEXT NOT NULL, created_by INTEGER NOT NULL, created_at INTEGER NOT NULL ) STRICT, WITHOUT ROWID",
        "CREATE TABLE indexing ( id INTEGER PRIMARY KEY CHECK (id = 1), fold_version INTEGER NOT NULL, indexed_seq INTEGER NOT NULL, purge INTEGER NOT NULL, purged_at INTEGER NOT NULL ) STRICT",
        "CREATE TABLE invitations ( id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, created_by INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, max_uses INTEGER, uses INTEGER NOT NULL DEFAULT 0 ) STRICT",
        "CREATE TABLE jobs ( kind TEXT NOT NULL, key TEXT NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, key) ) STRICT, WITHOUT ROWID",
        "CREATE TABLE known_users ( user_id INTEGER PRIMARY KEY, projected INTEGER NOT NULL DEFAULT 0 ) STRICT",
        "CREATE INDEX known_users_unprojected ON known_users (user_id) WHERE projected = 0",
        "CREATE TABLE members ( user_id INTEGER PRIMARY KEY, role TEXT NOT NULL, state TEXT NOT NULL, joined_at INTEGER NOT NULL, visible_from INTEGER NOT NULL, read_seq INTEGER NOT NULL, read_n INTEGER NOT NULL, read_at INTEGER NOT NULL, touched INTEGER NOT NULL, came_after INTEGER NOT NULL DEFAULT 0, unread_from INTEGER, unread_n INTEGER, unread_read_seq INTEGER, muted_until INTEGER NOT NULL DEFAULT 0, name_card TEXT NOT NULL DEFAULT '', custom_fields TEXT NOT NULL DEFAULT '{}', visible_until INTEGER, left_ver INTEGER, leaving INTEGER NOT NULL DEFAULT 0, unopened INTEGER NOT NULL DEFAULT 0, cleared INTEGER NOT NULL DEFAULT 0, cleared_to INTEGER NOT NULL DEFAULT 0, ignores_unread INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0, projected INTEGER NOT NULL DEFAULT 0, devices INTEGER, composer_id TEXT, sent_composer TEXT ) STRICT",
        "CREATE INDEX members_left ON members (visible_until, touched) WHERE visible_until IS NOT NULL",
        "CREATE INDEX members_unsettled ON members (joined_at) WHERE state = 'active' OR leaving = 1 OR version > projected",
        "CREATE TABLE message_edits ( sender_id INTEGER NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, mentions TEXT, edited_at INTEGER NOT NULL, PRIMARY KEY (sender_id, seq, version) ) STRICT, WITHOUT ROWID",
        "CREATE TRIGGER message_edits_revoked AFTER UPDATE OF revoked_rev ON messages WHEN NEW.revoked_rev IS NOT NULL BEGIN DELETE FROM message_edits WHERE sender_id = NEW.sender_id AND seq = NEW.seq; END",
        "CREATE TABLE messages ( seq INTEGER PRIMARY KEY, n INTEGER NOT NULL, sender_id INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, quote_seq INTEGER, mentions TEXT, also_mentioned TEXT, client_msg_id TEXT, created_at INTEGER NOT NULL, client_time INTEGER, forwarded TEXT, priority TEXT, custom_data TEXT, tip TEXT, place TEXT, thread_root INTEGER, in_main INTEGER NOT NULL DEFAULT 1, main_before INTEGER, thread_n INTEGER, thread_summary TEXT, poll TEXT, reactions TEXT, changed_rev INTEGER, revoked_rev INTEGER, revoked_by INTEGER, pinned_at INTEGER, pinned_by INTEGER, version INTEGER, edited_at INTEGER , metadata TEXT, silent INTEGER, shadowed INTEGER, hook TEXT, link_preview TEXT, buttons TEXT, custom_version INTEGER) STRICT",
        "CREATE INDEX messages_attachments ON messages (CASE WHEN revoked_rev IS NOT NULL THEN NULL WHEN kind IN ('image', 'video') THEN 'media' WHEN kind IN ('file', 'audio') THEN kind WHEN kind = 'text' AND poll IS NULL AND instr(body, '://') > 0 THEN 'link' END, seq) WHERE CASE WHEN revoked_rev IS NOT NULL THEN NULL WHEN kind IN ('image', 'video') THEN 'media' WHEN kind IN ('file', 'audio') THEN kind WHEN kind = 'text' AND poll IS NULL AND instr(body, '://') > 0 THEN 'link' END IS NOT NULL",
        "CREATE INDEX messages_changed ON messages (changed_rev) WHERE changed_rev IS NOT NULL",
        "CREATE UNIQUE INDEX messages_client ON messages (client_msg_id, sender_id) WHERE client_msg_id IS NOT NULL",
        "CREATE INDEX messages_mentions ON messages (seq) WHERE mentions IS NOT NULL",
        "CREATE INDEX messages_pinned ON messages (pinned_at) WHERE pinned_at IS NOT NULL",
        "CREATE INDEX messages_revoked ON messages (revoked_rev) WHERE revoked_rev IS NOT NULL",
        "CREATE TRIGGER messages_revoked_counted AFTER UPDATE OF revoked_rev ON messages WHEN NEW.revoked_rev IS NOT NULL AND OLD.revoked_rev IS NULL AND NEW.kind <> 'tip' AND NEW.silent IS NULL AND NEW.shadowed IS NULL BEGIN INSERT OR IGNORE INTO revoked_messages (thread_root, seq, sender_id) VALUES (iif(NEW.in_main = 1, 0, NEW.thread_root), NEW.seq, NEW.sender_id); END",
        "CREATE INDEX messages_shadowed ON messages (sender_id) WHERE shadowed IS NOT NULL",
        "CREATE INDEX messages_silent ON messages (seq) WHERE silent IS NOT NULL",
        "CREATE INDEX messages_thread ON messages (thread_root, seq) WHERE thread_root IS NOT NULL",
        "CREATE TABLE outbox ( id INTEGER PRIMARY KEY, body TEXT NOT NULL, receivers TEXT NOT NULL ) STRICT",
        "CREATE TABLE people ( user_id INTEGER PRIMARY KEY, username TEXT NOT NULL, nickname TEXT NOT NULL, avatar TEXT NOT NULL, checked_at INTEGER NOT NULL ) STRICT",
        "CREATE TABLE permission_changes ( token TEXT PRIMARY KEY, at INTEGER NOT NULL ) STRICT, WITHOUT ROWID",
        "CREATE TABLE reactions ( user_id INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, rev INTEGER NOT NULL, PRIMARY KEY (user_id, seq, key) ) STRICT, WITHOUT ROWID",
        "CREATE UNIQUE INDEX reactions_order ON reactions (seq, key, rev)",
        "CREATE TABLE recorded_files (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL) STRICT",
        "CREATE TABLE revoked_files ( seq INTEGER PRIMARY KEY, sender_id INTEGER NOT NULL, keys TEXT NOT NULL ) STRICT",
        "CREATE TABLE revoked_messages ( thread_root INTEGER NOT NULL, seq INTEGER NOT NULL, sender_id INTEGER NOT NULL, PRIMARY KEY (thread_root, seq) ) STRICT, WITHOUT ROWID",
        "CREATE TABLE schema_versions (version INTEGER PRIMARY KEY, min_code INTEGER NOT NULL) STRICT",
        "CREATE TABLE stale_texts ( sender_id INTEGER NOT NULL, seq INTEGER NOT NULL, text TEXT NOT NULL, pieces INTEGER, PRIMARY KEY (sender_id, seq) ) STRICT, WITHOUT ROWID",
        "CREATE UNIQUE INDEX stale_texts_seq ON stale_texts (seq)",
        "CREATE TABLE thread_follows ( user_id INTEGER NOT NULL, root INTEGER NOT NULL, read_seq INTEGER NOT NULL, read_n INTEGER NOT NULL, PRIMARY KEY (user_id, root) ) STRICT, WITHOUT ROWID",
        "CREATE INDEX thread_follows_root ON thread_follows (root)",
        "CREATE TABLE votes ( user_id INTEGER NOT NULL, seq INTEGER NOT NULL, option INTEGER NOT NULL, at INTEGER NOT NULL, rev INTEGER NOT NULL, PRIMARY KEY (user_id, seq, option) ) STRICT, WITHOUT ROWID",
        "CREATE UNIQUE INDEX votes_order ON votes (seq, option, rev)",
      ]
    `);
});

test("the tables of an inbox are the reviewed ones", async () => {
  const tables = await fresh((storage) => {
    migrate(storage, INBOX);
    return schema(storage);
  });
  expect(tables).toMatchInlineSnapshot(`
    [
      "CREATE TABLE bot_cursors ( conversation_id INTEGER PRIMARY KEY, seq INTEGER, rev INTEGER NOT NULL, edited_at INTEGER NOT NULL, is_in INTEGER NOT NULL, name TEXT NOT NULL ) STRICT",
      "CREATE TABLE bot_queue ( id INTEGER PRIMARY KEY CHECK (id = 1), since INTEGER NOT NULL, asked_at INTEGER NOT NULL, last_id INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0, allowed TEXT, webhook TEXT, failures INTEGER NOT NULL DEFAULT 0, failed_at INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '' ) STRICT",
      "CREATE TABLE bot_reactions ( conversation_id INTEGER NOT NULL, seq INTEGER NOT NULL, user_id INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (conversation_id, seq, user_id, key) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE bot_updates ( update_id INTEGER PRIMARY KEY, at INTEGER NOT NULL, conversation_id INTEGER NOT NULL, seq INTEGER, kind TEXT NOT NULL, body TEXT NOT NULL ) STRICT",
      "CREATE TABLE composer_drafts ( conversation_id INTEGER PRIMARY KEY, content TEXT NOT NULL, updated_at INTEGER NOT NULL ) STRICT",
      "CREATE TABLE conversations ( conversation_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, ver INTEGER NOT NULL, rev INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, hidden INTEGER NOT NULL DEFAULT 0, visible_from INTEGER NOT NULL, last_seq INTEGER NOT NULL, last_n INTEGER NOT NULL, read_seq INTEGER NOT NULL, read_n INTEGER NOT NULL, read_at INTEGER NOT NULL DEFAULT 0, ignores_unread INTEGER NOT NULL DEFAULT 0, unread_from INTEGER, mentioned TEXT, threads_unread INTEGER NOT NULL DEFAULT 0, peer_read_seq INTEGER, peer_read_at INTEGER, member_count INTEGER NOT NULL, preview TEXT, updated_at INTEGER NOT NULL, counted_at INTEGER NOT NULL, active_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, pinned INTEGER NOT NULL DEFAULT 0, archived_count INTEGER, muted_until INTEGER NOT NULL DEFAULT 0, told_epoch INTEGER NOT NULL DEFAULT 0, told_seq INTEGER NOT NULL DEFAULT 0, told_rev INTEGER NOT NULL DEFAULT 0 , heard_at INTEGER NOT NULL DEFAULT 0) STRICT",
      "CREATE TABLE debts ( user_id INTEGER PRIMARY KEY, until INTEGER NOT NULL ) STRICT",
      "CREATE TABLE device_cursors ( socket_id TEXT NOT NULL, conversation_id INTEGER NOT NULL, seq INTEGER NOT NULL, rev INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (socket_id, conversation_id) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE drafts ( n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, conversation_id INTEGER, seq INTEGER, content TEXT ) STRICT",
      "CREATE TABLE ended_sessions ( session_id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL ) STRICT, WITHOUT ROWID",
      "CREATE TABLE gateway_cursors ( conversation_id INTEGER PRIMARY KEY, seq INTEGER, rev INTEGER NOT NULL, edited_at INTEGER NOT NULL, is_in INTEGER NOT NULL, name TEXT NOT NULL ) STRICT",
      "CREATE TABLE gateway_queue ( id INTEGER PRIMARY KEY CHECK (id = 1), since INTEGER NOT NULL, asked_at INTEGER NOT NULL, last_id INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0, allowed TEXT, webhook TEXT, failures INTEGER NOT NULL DEFAULT 0, failed_at INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '' ) STRICT",
      "CREATE TABLE gateway_reactions ( conversation_id INTEGER NOT NULL, seq INTEGER NOT NULL, user_id INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (conversation_id, seq, user_id, key) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE gateway_sessions ( id TEXT PRIMARY KEY, first_id INTEGER NOT NULL, acked INTEGER NOT NULL, sent INTEGER NOT NULL, closed_at INTEGER ) STRICT, WITHOUT ROWID",
      "CREATE TABLE gateway_updates ( update_id INTEGER PRIMARY KEY, at INTEGER NOT NULL, conversation_id INTEGER NOT NULL, seq INTEGER, kind TEXT NOT NULL, body TEXT NOT NULL ) STRICT",
      "CREATE TABLE jobs ( kind TEXT NOT NULL, key TEXT NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, key) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE list_ahead (conversation_id INTEGER PRIMARY KEY) STRICT",
      "CREATE TABLE notice_box ( id INTEGER PRIMARY KEY CHECK (id = 1), last_id INTEGER NOT NULL, read_id INTEGER NOT NULL, hidden_id INTEGER NOT NULL ) STRICT",
      "CREATE TABLE notice_sources ( conversation_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL ) STRICT",
      "CREATE TABLE notices ( id INTEGER PRIMARY KEY, body TEXT NOT NULL ) STRICT",
      "CREATE TABLE presence ( id INTEGER PRIMARY KEY CHECK (id = 1), online INTEGER NOT NULL, gone INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0, repaired_at INTEGER NOT NULL DEFAULT 0 , list_behind INTEGER NOT NULL DEFAULT 0, registered_at INTEGER NOT NULL DEFAULT 0) STRICT",
      "CREATE TABLE push_deliveries ( conversation_id INTEGER NOT NULL, device_id TEXT NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (conversation_id, device_id) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE push_devices ( device_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, session_until INTEGER NOT NULL DEFAULT 0, target TEXT NOT NULL, content TEXT NOT NULL, language TEXT, created_at INTEGER NOT NULL, paused_until INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0 ) STRICT, WITHOUT ROWID",
      "CREATE TABLE push_levels ( conversation_id INTEGER PRIMARY KEY, level TEXT NOT NULL ) STRICT",
      "CREATE TABLE push_notices ( conversation_id INTEGER PRIMARY KEY, seen_seq INTEGER NOT NULL, seen_count INTEGER NOT NULL, decide_at INTEGER, seq INTEGER, version INTEGER NOT NULL DEFAULT 0, mention INTEGER NOT NULL DEFAULT 0, notified_at INTEGER NOT NULL DEFAULT 0, expires_at INTEGER NOT NULL DEFAULT 0 ) STRICT",
      "CREATE TABLE quiet_hours ( id INTEGER PRIMARY KEY CHECK (id = 1), hours TEXT NOT NULL ) STRICT",
      "CREATE TABLE quota_uses ( quota TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, call TEXT, PRIMARY KEY (quota, key) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE saved ( conversation_id INTEGER NOT NULL, seq INTEGER NOT NULL, note TEXT NOT NULL, saved_at INTEGER NOT NULL, remind_at INTEGER, reminded INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (conversation_id, seq) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE scheduled ( n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, conversation_id INTEGER NOT NULL, client_msg_id TEXT NOT NULL, send_at INTEGER NOT NULL, created_at INTEGER NOT NULL, draft TEXT NOT NULL, failed TEXT, failed_at INTEGER, UNIQUE (conversation_id, client_msg_id) ) STRICT",
      "CREATE TABLE schema_versions (version INTEGER PRIMARY KEY, min_code INTEGER NOT NULL) STRICT",
      "CREATE TABLE sockets ( session_id TEXT NOT NULL, conversation_id INTEGER NOT NULL, PRIMARY KEY (session_id, conversation_id) ) STRICT, WITHOUT ROWID",
      "CREATE TABLE taps ( id TEXT PRIMARY KEY, conversation_id INTEGER NOT NULL, seq INTEGER NOT NULL, user_id INTEGER NOT NULL, answered INTEGER NOT NULL DEFAULT 0 ) STRICT, WITHOUT ROWID",
    ]
  `);
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
