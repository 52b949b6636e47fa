import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll } from "vitest";
import { z } from "zod";
import { CHANNEL } from "../../../src/conversation/calls/group.ts";
import type { Person } from "../../../src/domain/accounts/person.ts";
import { newIncomingHookId } from "../../../src/domain/conversations/incoming-hook.ts";
import { type InvitationCode, newInvitationCode } from "../../../src/domain/conversations/invitation.ts";
import { ConversationId, type IncomingHookId, Seq, SessionId, UserId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import { ReactionKey } from "../../../src/domain/messages/reactions.ts";
import { sha256 } from "../../../src/lib/sha256.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { Costs } from "../../support/objects/costs.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { addMembers, addVisitors } from "../../support/objects/visitors.ts";
import { CountedObject, type Work } from "./counted-work.ts";
import { worldsOf } from "./rows.ts";

/** Of the 1,000 places some are left, for those who join. */
const MEMBERS = 850;
/** Users who are in no group yet. */
const NEWCOMERS = 180;
/** Rows of users without accounts have ids from here on. */
const NOBODY = 1_000_000_000;

/** A session of a user, who has no socket of it. */
export const SESSION = SessionId.parse("0".repeat(32));

/** A text of 8,000 code points, all pairs of which differ. */
export const LONGEST_TEXT = String.fromCodePoint(...range(0x4e00, 0x4e00 + LIMITS.textLength - 1));

const BODY = JSON.stringify({ text: LONGEST_TEXT });
/** A poll with as many options as there may be. */
const POLL = {
  question: "?".repeat(LIMITS.pollQuestion),
  options: range(1, LIMITS.pollOptions).map((option) => `${option}`.padEnd(LIMITS.pollOption, "x")),
  ...{ multiple: true, anonymous: false, ends_at: 0 },
};
const Made = z.object({ id: z.int() });
const Channels = z.object({ items: z.tuple([z.object({ id: ConversationId })]) });
const KEYS = range(1, LIMITS.reactionKeys).map((key) => ReactionKey.parse(`:key_${key}:`));

/** A draft of a message with everything that a text can have. */
export function largestDraft(mentions: UserId[], more: Partial<Draft> = {}): Draft {
  const draft = { clientMsgId: undefined, kind: "text", body: BODY, quoteSeq: undefined, mentions } as const;
  return { ...draft, ...more };
}

/** The first seq of each part of the log. Each part is as long as the size says. */
const PARTS = [
  ...(["plain", "revoked", "hidden", "replies", "withdrawn"] as const),
  ...(["changed", "mentions"] as const),
] as const;
type Part = (typeof PARTS)[number];

/**
 * A group in which as much is stored as may be, or as fits a test: 1,000 members of whom each reacts with all
 * keys and votes for all options of a poll, bans, invitations, pins, follows. What has no limit is as long as
 * its size says: the parts of the log, former members, requests to join.
 */
export class LargeGroup {
  readonly id: ConversationId;
  /** the owner, who has hidden messages, follows threads, and is mentioned */
  readonly owner: UserId;
  /** of the owner */
  readonly token: string;
  readonly username: string;
  readonly others: UserId[];
  readonly newcomers: Person[];
  readonly size: number;
  readonly first: Record<Part, Seq>;
  /** the root of the thread of all replies */
  readonly root: Seq;
  readonly counted: CountedObject;
  readonly #channel: CountedObject;
  /** the newest 100 messages are the largest: pinned, with mentions */
  largest: Seq[] = [];
  poll = Seq.parse(1);
  /** of an invitation */
  readonly code: InvitationCode;
  /** one less than there may be, of the secret `secret` */
  readonly hooks: IncomingHookId[];
  /** what the first one has brought */
  readonly hookMessage: Seq;
  readonly key = itemAt(KEYS, 6);
  /** a banned user */
  readonly banned = UserId.parse(2 * NOBODY + 7);
  #taken = 2;

  private constructor(
    id: ConversationId,
    users: SignedIn[],
    newcomers: SignedIn[],
    size: number,
    start: number,
    channelId: ConversationId,
  ) {
    const ids = users.map(({ user }) => UserId.parse(user.id));
    this.id = id;
    this.code = newInvitationCode(id);
    this.hooks = range(2, LIMITS.incomingHooks).map(() => newIncomingHookId(id));
    this.owner = itemAt(ids, 0);
    this.token = itemAt(users, 0).token;
    this.username = itemAt(users, 0).user.username;
    this.others = ids.slice(1);
    this.newcomers = newcomers.map(({ user: { id, username, nickname } }) => ({
      ...{ id: UserId.parse(id), username, nickname, avatar: "" },
    }));
    this.size = size;
    const firstOf = (part: Part) => Seq.parse(start + 1 + PARTS.indexOf(part) * size);
    this.first = Object.assign({} as Record<Part, Seq>, ...PARTS.map((part) => ({ [part]: firstOf(part) })));
    this.root = this.first.plain;
    this.hookMessage = Seq.parse(this.first.plain + 75);
    this.counted = new CountedObject(this.stub);
    this.#channel = new CountedObject(stubOf(channelId));
  }

  /** Makes a group. @param size the messages of each part of its log */
  static async make(size: number): Promise<LargeGroup> {
    const users = await signedInUsers(MEMBERS, 86_400);
    const newcomers = await signedInUsers(NEWCOMERS, 86_400);
    const [owner, first, ...others] = users;
    if (!owner || !first) throw new Error("there are users");
    // Nobody reads their inboxes, which are never made.
    using _ = new Costs(users);
    const id = await createGroupOfKind("group", owner, [first], "approval");
    await untilCheckpoint(id);
    const stub = stubOf(id);
    await evictDurableObject(stub);
    const query = "SELECT coalesce(max(seq), 0) AS start FROM messages";
    const { start } = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec<{ start: number }>(query).one(),
    );
    const ids = others.map(({ user }) => user.id);
    const channelId = await makeChannel(owner, ids, newcomers);
    const group = new LargeGroup(id, users, newcomers, size, start, channelId);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.transactionSync(() => {
        addMembers(storage.sql, ids);
        // Without devices, as the inboxes will answer.
        storage.sql.exec("UPDATE members SET devices = 0");
        for (const { user } of others)
          storage.sql.exec("UPDATE people SET username = ? WHERE user_id = ?", user.username, user.id);
        group.#fill(storage.sql);
      });
    });
    await evictDurableObject(stub);
    await env.DB.prepare("UPDATE users SET bot = 1 WHERE id = ?").bind(group.bot).run();
    const insert = `INSERT OR IGNORE INTO memberships (conversation_id, user_id, role, state, joined_at)
      SELECT ?, value, 'member', 'active', 2 FROM json_each(?)`;
    await env.DB.prepare(insert).bind(id, JSON.stringify(group.described)).run();
    return group;
  }

  /** A stub that no test has wrapped. */
  get stub() {
    return stubOf(this.id);
  }

  /** Makes a call, a call of channels in a channel. @see makeChannel */
  count(method: string, input: unknown[]): Promise<Work> {
    const object = Object.hasOwn(CHANNEL, method) ? this.#channel : this.counted;
    const { owner: userId } = this;
    // What a relay sends is stored behind the answer, and before whatever is called next.
    const next = () => this.stub.openForRelay({ userId, users: 1, sessionId: SESSION });
    return object.call(method, input, method === "sendForRelay" ? next : undefined);
  }

  /** The newest of the largest messages: all members have reacted to it with all keys. */
  get newest(): Seq {
    return itemAt(this.largest, this.largest.length - 1);
  }

  /** A message of a bot, with as many buttons as may be. */
  get asking(): Seq {
    return Seq.parse(this.first.plain + 70);
  }

  /** Who has sent it. */
  get bot(): UserId {
    return itemAt(this.others, this.asking % this.others.length);
  }

  /** A message of the owner that is edited. */
  get edited(): Seq {
    return itemAt(this.largest, 1);
  }

  /** Members of whom D1 has a row. */
  get described(): UserId[] {
    return this.others.slice(0, LIMITS.page);
  }

  /** A further member who is not the owner: each once. */
  next(): UserId {
    return itemAt(this.others, ++this.#taken);
  }

  #fill(sql: SqlStorage): void {
    const { owner, size, root, first } = this;
    const part = (name: Part) => `WITH RECURSIVE part(seq) AS
      (SELECT ${first[name]} UNION ALL SELECT seq + 1 FROM part WHERE seq < ${first[name] + size - 1})`;
    const now = Date.now();
    const lastInMain = first.replies - 1;
    const senders = JSON.stringify(this.others);
    const sender = `json_extract('${senders}', '$[' || (seq % ${this.others.length}) || ']')`;
    const columns = "seq, n, sender_id, kind, created_at, in_main, body";
    const text = `'{"text":"hello ' || seq || '"}'`;
    const of = (name: Part) => `seq BETWEEN ${first[name]} AND ${first[name] + size - 1}`;
    for (const name of ["plain", "revoked", "hidden", "changed", "mentions"] as const)
      sql.exec(`INSERT INTO messages (${columns}) ${part(name)}
        SELECT seq, seq, ${sender}, 'text', ${now}, 1, ${text} FROM part`);
    for (const [name, of] of [
      ["replies", root],
      ["withdrawn", root + 1],
    ] as const)
      sql.exec(`INSERT INTO messages (${columns}, thread_root, thread_n, main_before) ${part(name)}
        SELECT seq, ${lastInMain}, ${sender}, 'text', ${now}, 0, ${text}, ${of}, 1 + seq - ${first[name]}, ${lastInMain}
        FROM part`);
    sql.exec(`UPDATE messages SET n = n - ${2 * size} WHERE seq >= ${first.changed}`);
    // The numbers of changes are those of their messages.
    const revoke = `UPDATE messages SET revoked_by = ${owner}, revoked_rev = seq, changed_rev = seq, body = '{}'`;
    sql.exec(`${revoke} WHERE ${of("revoked")}`);
    sql.exec(`${revoke} WHERE ${of("withdrawn")} AND seq NOT IN (?, ?)`, first.withdrawn, first.changed - 1);
    sql.exec(`INSERT INTO hidden (seq, user_id, rev) ${part("hidden")} SELECT seq, ${owner}, seq FROM part`);
    sql.exec(`UPDATE messages SET changed_rev = seq WHERE ${of("changed")}`);
    const audio = `kind = 'audio', body = '{"url":"https://files.example/hello","duration_ms":900}'`;
    sql.exec(`UPDATE messages SET mentions = '[${owner}]', ${audio} WHERE ${of("mentions")}`);
    sql.exec(`UPDATE conversation SET rev = ${first.changed + size}, discoverable = 1`);
    for (const [seq, name] of [
      [root, "replies"],
      [root + 1, "withdrawn"],
    ] as const) {
      const lastSeq = first[name] + size - 1;
      const count = name === "replies" ? size : 2;
      const summary = JSON.stringify({ count, lastSeq, lastAt: now, userIds: this.others.slice(0, 3) });
      sql.exec("UPDATE messages SET thread_summary = ?, thread_n = ? WHERE seq = ?", summary, size, seq);
    }
    const row = range(1, LIMITS.buttonsInRow).map((n) => ({ text: `button ${n}`, data: `${n}` }));
    const buttons = range(1, Math.floor(LIMITS.buttons / LIMITS.buttonsInRow)).map(() => row);
    sql.exec("UPDATE messages SET buttons = ? WHERE seq = ?", JSON.stringify(buttons), this.asking);
    sql.exec("INSERT INTO bots (user_id) SELECT sender_id FROM messages WHERE seq = ?", this.asking);
    this.#fillThreads(sql);
    this.#fillUsers(sql, now);
    this.#fillLargest(sql, now);
  }

  /** The owner follows as many threads as they may; everybody follows the one of all replies. */
  #fillThreads(sql: SqlStorage): void {
    const { owner, first, root } = this;
    const follow = "INSERT OR IGNORE INTO thread_follows (user_id, root, read_seq, read_n)";
    sql.exec(
      `${follow} SELECT ${owner}, seq, 0, 0 FROM messages WHERE seq >= ${first.plain} LIMIT ${LIMITS.followedThreads}`,
    );
    sql.exec(`${follow} SELECT user_id, ${root}, 0, 0 FROM members`);
  }

  #fillUsers(sql: SqlStorage, now: number): void {
    const { owner, size } = this;
    const numbers = (count: number) => `WITH RECURSIVE number(i) AS
      (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ${count})`;
    addVisitors(sql, NOBODY, size);
    sql.exec(`INSERT INTO bans (user_id, reason, banned_by, created_at) ${numbers(LIMITS.bans - 2)}
      SELECT ${2 * NOBODY} + i, '${"x".repeat(LIMITS.joinRequest)}', ${owner}, ${now} FROM number`);
    sql.exec(`INSERT INTO invitations (code, created_by, created_at, expires_at) ${numbers(LIMITS.invitations - 2)}
      SELECT iif(i = 2, '${this.code}', 'code ' || i), ${owner}, ${now}, ${now + 86_400_000} FROM number`);
    const origin = { id: this.hooks[0], name: "n", nickname: "n".repeat(LIMITS.name), avatar: "" };
    sql.exec("UPDATE messages SET hook = ? WHERE seq = ?", JSON.stringify(origin), this.hookMessage);
    for (const hook of this.hooks)
      sql.exec(
        "INSERT INTO incoming_hooks VALUES (?, ?, ?, ?, ?, ?)",
        ...[hook, "n".repeat(LIMITS.name), `https://a.example/${"a".repeat(LIMITS.url - 18)}`],
        ...[sha256("secret"), owner, now],
      );
    sql.exec(`INSERT INTO applications (user_id, message, created_at, listed) ${numbers(size)}
      SELECT ${3 * NOBODY} + i, '${"x".repeat(LIMITS.joinRequest)}', ${now}, 1 FROM number`);
  }

  /** All members react to the largest message with all keys, and vote for all options. */
  #fillLargest(sql: SqlStorage, now: number): void {
    const { owner, first, size } = this;
    const start = first.mentions + size;
    this.largest = range(start, start + LIMITS.pins - 1).map((seq) => Seq.parse(seq));
    this.poll = Seq.parse(start + LIMITS.pins);
    const { newest } = this;
    const users = this.others.slice(0, 3);
    const insert = `INSERT INTO messages (seq, n, sender_id, kind, created_at, body, mentions)
      SELECT value, value - ?, ?, 'text', ?, ?, ? FROM json_each(?)`;
    const mentions = JSON.stringify(this.others.slice(0, LIMITS.mentions));
    sql.exec(insert, 2 * size, owner, now, BODY, mentions, JSON.stringify(this.largest));
    sql.exec(insert, 2 * size, owner, now, JSON.stringify({ text: "?" }), null, JSON.stringify([this.poll]));
    const tally = KEYS.map((key) => ({ key, count: MEMBERS, userIds: users }));
    sql.exec("UPDATE messages SET reactions = ? WHERE seq >= ?", JSON.stringify(tally), this.largest[0]);
    sql.exec(
      `INSERT INTO reactions (user_id, seq, key, at, rev)
       SELECT user_id, ?, value, 0, user_id FROM members, json_each(?) WHERE state = 'active'`,
      ...[newest, JSON.stringify(KEYS)],
    );
    const poll = {
      body: POLL,
      tally: { counts: POLL.options.map(() => MEMBERS), voters: MEMBERS, closedAt: 0 },
    };
    sql.exec("UPDATE messages SET poll = ? WHERE seq = ?", JSON.stringify(poll), this.poll);
    sql.exec(
      `INSERT INTO votes (user_id, seq, option, at, rev)
       SELECT user_id, ?, key, 0, user_id FROM members, json_each(?) WHERE state = 'active'`,
      ...[this.poll, JSON.stringify(POLL.options)],
    );
    const pinned = JSON.stringify(this.largest.slice(1));
    sql.exec(
      "UPDATE messages SET pinned_at = 1, pinned_by = ? WHERE seq IN (SELECT value FROM json_each(?))",
      ...[owner, pinned],
    );
  }
}

/** Makes a channel whose followers have all left the space while it slept, but for the owner. */
async function makeChannel(
  owner: SignedIn,
  followers: number[],
  members: SignedIn[],
): Promise<ConversationId> {
  const { token } = owner;
  const made = await call("POST", "/v1/spaces", { token, body: { name: "Garden club" } });
  const space = Made.parse(made.body).id;
  const { body } = await call("GET", `/v1/spaces/${space}/channels`, { token });
  const { id } = Channels.parse(body).items[0];
  const ids = JSON.stringify(members.map(({ user }) => user.id));
  const insert =
    "INSERT INTO space_members (space_id, user_id, joined_at) SELECT ?, value, 1 FROM json_each(?)";
  await env.DB.prepare(insert).bind(space, ids).run();
  await untilCheckpoint(id);
  const stub = stubOf(id);
  await evictDurableObject(stub);
  await runInDurableObject(stub, (_, { storage }) => addMembers(storage.sql, followers));
  await evictDurableObject(stub);
  return id;
}

function stubOf(id: ConversationId) {
  return env.CONVERSATION.get(env.CONVERSATION.idFromName(String(id)));
}

/** Keeps what happens behind calls from happening while their work is counted. */
export const QUIET = {
  changes: { intervalMs: 600_000 },
  indexing: { idleMs: 600_000, busyPauseMs: 600_000 },
  fanout: { cooldownMs: 600_000 },
  inboxCalls: { retryMs: 600_000 },
};

/** A small group and a large one. No inbox is made: the test answers their updates. */
export function largeGroups(): LargeGroup[] {
  const groups = worldsOf(LargeGroup.make, QUIET);
  beforeAll(() => {
    const ids = groups.flatMap(({ owner, others, newcomers }) => [
      owner,
      ...others,
      ...newcomers.map(({ id }) => id),
    ]);
    const inboxes = new Costs(ids.map((id) => ({ user: { id } })));
    return () => inboxes[Symbol.dispose]();
  });
  return groups;
}
