import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { newTapId } from "../../../src/domain/bots/tap.ts";
import { ConversationId, Seq, SessionId, UserId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { DraftId } from "../../../src/domain/messages/draft.ts";
import { ScheduledId } from "../../../src/domain/messages/scheduled.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { itemAt } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { CountedObject } from "./counted-work.ts";
import { LONGEST_TEXT } from "./large-group.ts";

/** Conversations that have no object have ids from here on. */
const NOWHERE = 1_000_000;
const DAY_MS = 86_400_000;
/** The stored drafts: each short, as most are. */
const DRAFTS = 2_000;
const LONG = { kind: "text", body: JSON.stringify({ text: LONGEST_TEXT }), mentions: [] };

export const draftId = (n: number) => DraftId.parse(`draft-${uuid(n)}`);
export const scheduledId = (n: number) => ScheduledId.parse(`scheduled-${uuid(n)}`);
export const sessionId = (n: number) => SessionId.parse(n.toString(16).padStart(32, "0"));

function uuid(n: number): string {
  return `00000000-0000-0000-0000-${n.toString(16).padStart(12, "0")}`;
}

/**
 * The inbox of a user in as many conversations as its size says, in which as much is stored as may be: saved
 * messages with reminders that are due, notifications, scheduled messages, drafts. Each conversation shows a
 * long message with mentions.
 */
export class LargeInbox {
  readonly user: UserId;
  readonly signedIn: SignedIn;
  /** the other member of their groups */
  readonly other: UserId;
  /** the conversations that exist: groups of two */
  readonly groups: ConversationId[];
  /** one of them */
  readonly group: ConversationId;
  /** the newest of as many taps as are kept */
  readonly tap = newTapId(Date.now());
  readonly counted: CountedObject;
  readonly size: number;

  private constructor(user: SignedIn, other: SignedIn, groups: ConversationId[], size: number) {
    this.user = UserId.parse(user.user.id);
    this.signedIn = user;
    this.other = UserId.parse(other.user.id);
    this.groups = groups;
    this.group = itemAt(groups, 0);
    this.size = size;
    this.counted = new CountedObject(this.stub);
  }

  /** Makes an inbox. @param size the conversations in it @param groups further ones, which exist */
  static async make(size: number, groups = 1): Promise<LargeInbox> {
    const users = await signedInUsers(2, 86_400);
    const [user, other] = [itemAt(users, 0), itemAt(users, 1)];
    const ids: ConversationId[] = [];
    for (let n = 0; n < groups; n++) ids.push(await createGroupOfKind("group", user, [other]));
    for (const id of ids) await untilCheckpoint(id);
    const inbox = new LargeInbox(user, other, ids, size);
    const { stub } = inbox;
    await runInDurableObject(stub, (_, { storage }) => {
      storage.transactionSync(() => inbox.#fill(storage.sql, Date.now()));
    });
    await evictDurableObject(stub);
    return inbox;
  }

  /** A stub that no failure has broken. */
  get stub() {
    return env.INBOX.get(env.INBOX.idFromName(String(this.user)));
  }

  /** A conversation of the list. */
  conversation(n: number): ConversationId {
    return ConversationId.parse(NOWHERE + n);
  }

  #fill(sql: SqlStorage, now: number): void {
    const numbers = (count: number) => `WITH RECURSIVE number(i) AS
      (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ${count})`;
    const old = now - DAY_MS;
    const preview = JSON.stringify({
      ...{
        seq: 9,
        senderId: this.user,
        kind: "text",
        body: LONG.body,
        mentions: [],
        revoked: false,
        createdAt: old,
      },
    });
    const mentioned = JSON.stringify(
      Array.from({ length: LIMITS.mentionsListed }, () => ({
        seq: Seq.parse(9),
        senderId: this.user,
        all: true,
      })),
    );
    sql.exec(
      `INSERT INTO conversations (conversation_id, ver, state, visible_from, last_seq, last_n, read_seq, read_n,
         member_count, preview, updated_at, counted_at, active_at, kind, mentioned, changed_at)
       ${numbers(this.size)} SELECT ${NOWHERE} + i, 1, 'active', 0, 9, 9, 1, 1, 2, ?, ${old} + i, ${old} + i, ${old} + i,
         'group', ?, ${old} + i FROM number`,
      ...[preview, mentioned],
    );
    sql.exec(
      `INSERT INTO saved (conversation_id, seq, note, saved_at, remind_at, reminded) ${numbers(LIMITS.saved - 1)}
       SELECT ${NOWHERE} + 1, i, ?, i, ${old}, 1 FROM number`,
      "n".repeat(LIMITS.savedNote),
    );
    const notification = JSON.stringify({
      ...{ event: "rejected", actorId: this.user, message: "m".repeat(LIMITS.joinRequest), createdAt: old },
      group: { id: this.group, handle: null, name: "n".repeat(LIMITS.name), policy: "group" },
      application: { id: 1, authentication: "a", message: "m".repeat(LIMITS.joinRequest) },
    });
    // Of the new groups.
    sql.exec("DELETE FROM notices");
    sql.exec(
      `INSERT INTO notices (id, body) ${numbers(LIMITS.notifications)} SELECT 10 + i, ? FROM number`,
      notification,
    );
    sql.exec(`UPDATE notice_box SET last_id = ${10 + LIMITS.notifications}`);
    const scheduled = JSON.stringify({ ...LONG, clientMsgId: "a" });
    sql.exec(
      `INSERT INTO scheduled (id, conversation_id, client_msg_id, send_at, created_at, draft, failed, failed_at)
       ${numbers(2 * LIMITS.scheduled - 2)}
       SELECT 'scheduled-00000000-0000-0000-0000-' || printf('%012x', i), ${this.group}, 'a' || i, ${now + DAY_MS}, ${old}, ?,
         iif(i % 2, 'forbidden', NULL), iif(i % 2, ${now}, NULL) FROM number`,
      scheduled,
    );
    sql.exec(
      `INSERT INTO composer_drafts (conversation_id, content, updated_at) ${numbers(LIMITS.composerDrafts - 1)}
       SELECT ${NOWHERE} + i, ?, ${old} FROM number`,
      JSON.stringify({ text: LONGEST_TEXT }),
    );
    const draft = JSON.stringify({
      ...{ to: { type: "direct", username: "someone" }, mentions: [] },
      said: { kind: "text", body: '{"text":"hello"}' },
    });
    sql.exec(
      `INSERT INTO drafts (id, created_at, content) ${numbers(DRAFTS)}
       SELECT 'draft-00000000-0000-0000-0000-' || printf('%012x', i), ${now}, ? FROM number`,
      draft,
    );
    sql.exec(
      `INSERT INTO taps (id, conversation_id, seq, user_id) ${numbers(LIMITS.taps - 1)}
       SELECT substr('${this.tap}', 1, 16) || printf('%016x', i), ${this.group}, 1, i FROM number
       UNION ALL SELECT '${this.tap}', ${this.group}, 1, ${this.other}`,
    );
    sql.exec(
      `INSERT INTO ended_sessions (session_id, expires_at) ${numbers(1_000)}
       SELECT printf('%032x', 1000000 + i), ${now + DAY_MS} FROM number`,
    );
  }
}
