import { z } from "zod";
import { CoreError } from "../../domain/errors.ts";
import type { FileReference, RevokedReferences } from "../../domain/files/file.ts";
import { fileKeysIn } from "../../domain/files/file-keys.ts";
import {
  type ConversationId,
  FileKey,
  type IncomingHookId,
  type Seq,
  type UserId,
} from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import type { ReleasedFiles } from "../../object/files/released-files.ts";
import type { Wakeup } from "../../object/jobs/wakeup.ts";
import { inChunks } from "../../object/row-chunks.ts";
import type { MessageLog } from "../log/message-log.ts";
import { type MessageRow, readHook } from "../log/row.ts";
import type { ContentEdit } from "../state/content-follower.ts";
import type { Transaction } from "../state/transaction.ts";

/**
 * The tables of file references.
 * - `recorded_files`: the messages up to this seq are recorded in D1.
 * - `revoked_files`: revoked messages whose references D1 still has.
 * - `edited_files`: edited messages of which D1 may lack references, or have too many. `keys` are of all
 *   files that they show or showed, `changes` counts what became of the row.
 */
export const FILE_REFERENCES_TABLES = `
  CREATE TABLE recorded_files (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL) STRICT;
  CREATE TABLE revoked_files (
    seq INTEGER PRIMARY KEY,
    sender_id INTEGER NOT NULL,
    keys TEXT NOT NULL
  ) STRICT;
  CREATE TABLE edited_files (
    seq INTEGER PRIMARY KEY,
    sender_id INTEGER NOT NULL,
    keys TEXT NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0
  ) STRICT;`;

/** Messages that one run looks at, references that it writes to D1, and revoked messages that it reports. */
const MAX_MESSAGES = 10_000;
const MAX_REFERENCES = 500;
const MAX_REVOKED = 100;
/** Files that the revoked messages of one report name; a single message may name more. */
const MAX_REVOKED_KEYS = 2_000;
/** Edited messages that one run reports, and files that edits may add to one of them until then. */
const MAX_EDITED = 20;
const MAX_EDITED_KEYS = 2_000;

type RevokedRow = { seq: Seq; sender_id: UserId; keys: string };
type EditedRow = RevokedRow & { changes: number };
type Shown = Pick<MessageRow, "body" | "custom_data" | "link_preview">;

/** The dependencies of the file references: where they are written, and when. */
interface FileReferencesDeps {
  directory: Pick<ConversationDirectory, "addFileReferences" | "removeFileReferences">;
  wakeup: Pick<Wakeup, "set">;
  released: Pick<ReleasedFiles, "add">;
  /** who answers for an incoming hook: the files of its messages are theirs; undefined: it is gone */
  makerOf(hook: IncomingHookId): UserId | undefined;
  timing: Timing["files"];
}

/**
 * Tells D1 which files the messages of a conversation show, so that a file is deleted only once no message
 * shows it. The message log is the outbox: a job reads the messages after the last recorded one. Nothing
 * happens for messages that name no file.
 */
export class FileReferences {
  readonly #sql: SqlStorage;
  readonly #id: ConversationId;
  readonly #log: Pick<MessageLog, "last" | "archives">;
  readonly #deps: FileReferencesDeps;

  constructor(
    sql: SqlStorage,
    id: ConversationId,
    log: Pick<MessageLog, "last" | "archives">,
    deps: FileReferencesDeps,
  ) {
    this.#sql = sql;
    this.#id = id;
    this.#log = log;
    this.#deps = deps;
  }

  /** Schedules the job if one of these messages names a file. Call it in the turn that stores them. */
  stored(rows: Shown[]): void {
    if (rows.some((row) => keysOf(row).length > 0)) this.#schedule();
  }

  /** Stores that nothing of a message is shown, nor of its former versions. @see ContentFollower.removed */
  removed(tx: Transaction, row: Pick<MessageRow, "seq" | "sender_id" | "hook">): void {
    const edited = this.#editedKeys(row.seq);
    const keys = [...new Set([...edited, ...this.#keysOfVersions(row.seq)])];
    if (keys.length === 0) return;
    if (edited.length > 0) this.#sql.exec("DELETE FROM edited_files WHERE seq = ?", row.seq);
    const insert = "INSERT OR REPLACE INTO revoked_files (seq, sender_id, keys) VALUES (?, ?, ?)";
    const maker = row.hook === null ? undefined : this.#deps.makerOf(readHook(row.hook).id);
    this.#sql.exec(insert, row.seq, maker ?? row.sender_id, JSON.stringify(keys));
    tx.publish(this.#schedule);
  }

  /**
   * Stores that an edited message shows other files, with its former versions. @see ContentFollower.edited
   * @throws `rate_limited` if edits add too many within seconds
   */
  edited(
    tx: Transaction,
    { seq, sender_id }: Pick<MessageRow, "seq" | "sender_id">,
    { before = "", after = "", dropped }: ContentEdit,
  ): void {
    const [former, shown] = [fileKeysIn(before), fileKeysIn(after)];
    const added = shown.filter((key) => !former.includes(key));
    const found = [...added, ...dropped.flatMap(fileKeysIn).filter((key) => !shown.includes(key))];
    if (found.length === 0) return;
    const keys = [...new Set([...this.#editedKeys(seq), ...found])];
    // What is only taken away is never refused: the deletion of an account could not end otherwise.
    if (added.length > 0 && keys.length > MAX_EDITED_KEYS) throw tooManyFiles(this.#deps.timing.recordMs);
    const upsert = `INSERT INTO edited_files (seq, sender_id, keys) VALUES (?, ?, ?)
      ON CONFLICT (seq) DO UPDATE SET keys = excluded.keys, changes = changes + 1`;
    this.#sql.exec(upsert, seq, sender_id, JSON.stringify(keys));
    tx.publish(this.#schedule);
  }

  /** Has the alarm run the job. Call it in the turn of the write that needs it. */
  readonly #schedule = () => this.#deps.wakeup.set(Date.now() + this.#deps.timing.recordMs);

  /** The `files` job. @returns when it runs again (ms), or null: D1 knows all */
  async run(): Promise<number | null> {
    // In this order: a message that is revoked meanwhile has its reference written before it is deleted.
    const hasMoreMessages = await this.#recordPage();
    const hasMoreEdited = await this.#reportEdited();
    const hasMoreRevoked = await this.#reportRevoked();
    return hasMoreMessages || hasMoreEdited || hasMoreRevoked ? Date.now() : null;
  }

  /** @returns whether messages are left */
  async #recordPage(): Promise<boolean> {
    const { references, upTo } = this.#nextPage();
    if (references.length > 0) await this.#deps.directory.addFileReferences(this.#id, references);
    this.#sql.exec("INSERT OR REPLACE INTO recorded_files (id, seq) VALUES (1, ?)", upTo);
    return upTo < this.#log.last.seq;
  }

  #nextPage(): { references: FileReference[]; upTo: number } {
    const recorded = this.#sql.exec<{ seq: number }>("SELECT seq FROM recorded_files").toArray()[0]?.seq ?? 0;
    const upTo = Math.min(recorded + MAX_MESSAGES, this.#log.last.seq);
    const query = `SELECT seq, body, custom_data, link_preview FROM messages
      WHERE seq > ? AND seq <= ? AND kind <> 'tip' AND (instr(body, 'files') > 0
        OR instr(custom_data, 'files') > 0 OR instr(link_preview, 'files') > 0) ORDER BY seq LIMIT ?`;
    const found = inChunks<Shown & { seq: Seq }>(MAX_MESSAGES, (count, row) =>
      this.#sql.exec<Shown & { seq: Seq }>(query, row?.seq ?? recorded, upTo, count).toArray(),
    );
    const references: FileReference[] = [];
    for (const row of found) {
      references.push(...keysOf(row).map((key) => ({ key, seq: row.seq })));
      if (references.length >= MAX_REFERENCES) return { references, upTo: row.seq };
    }
    return { references, upTo };
  }

  /** @returns whether edited messages are left */
  async #reportEdited(): Promise<boolean> {
    const query = "SELECT * FROM edited_files ORDER BY seq LIMIT ?";
    const found = this.#sql.exec<EditedRow>(query, MAX_EDITED).toArray();
    for (const row of found) await this.#reportVersions(row);
    return found.length === MAX_EDITED;
  }

  /** Writes to D1 which files an edited message shows, with its former versions. */
  async #reportVersions({ seq, sender_id: senderId, changes, ...row }: EditedRow): Promise<void> {
    const shown = new Set(this.#keysOfVersions(seq));
    const references = [...shown].map((key) => ({ key, seq }));
    if (references.length > 0) await this.#deps.directory.addFileReferences(this.#id, references);
    const keys = storedKeys(row.keys).filter((key) => !shown.has(key));
    if (keys.length > 0) await this.#remove([{ seq, senderId, keys }]);
    // Another edit, or a revoke, may have come meanwhile: it is reported next.
    this.#sql.exec("DELETE FROM edited_files WHERE seq = ? AND changes = ?", seq, changes);
  }

  #keysOfVersions(seq: Seq): FileKey[] {
    const query = `SELECT seq, body, custom_data, link_preview FROM messages WHERE seq = ?1
      UNION ALL SELECT seq, body, NULL, NULL FROM message_edits
        WHERE seq = ?1 AND sender_id = (SELECT sender_id FROM messages WHERE seq = ?1)`;
    const versions = this.#sql.exec<Shown & { seq: Seq }>(query, seq).toArray();
    return this.#log.archives.bodies.all(versions).flatMap(keysOf);
  }

  /** The files that an edited message shows or showed, as long as D1 may lack it. */
  #editedKeys(seq: Seq): FileKey[] {
    const query = "SELECT keys FROM edited_files WHERE seq = ?";
    return this.#sql
      .exec<Pick<EditedRow, "keys">>(query, seq)
      .toArray()
      .flatMap(({ keys }) => storedKeys(keys));
  }

  /** @returns whether revoked messages are left */
  async #reportRevoked(): Promise<boolean> {
    const query = "SELECT * FROM revoked_files ORDER BY seq LIMIT ?";
    const found = this.#sql.exec<RevokedRow>(query, MAX_REVOKED).toArray();
    if (found.length === 0) return false;
    const all = found.map(({ seq, sender_id: senderId, keys }) => ({
      ...{ seq, senderId },
      keys: storedKeys(keys),
    }));
    // A message may name many files, and D1 takes a text of 2 MB at most.
    let keyCount = 0;
    const revoked = all.filter(({ keys }, i) => {
      keyCount += keys.length;
      return i === 0 || keyCount <= MAX_REVOKED_KEYS;
    });
    await this.#remove(revoked);
    const seqs = JSON.stringify(revoked.map(({ seq }) => seq));
    this.#sql.exec("DELETE FROM revoked_files WHERE seq IN (SELECT value FROM json_each(?))", seqs);
    return found.length === MAX_REVOKED || revoked.length < found.length;
  }

  /**
   * Has D1 forget references, and the alarm delete the files that nothing else shows. The caller notes that
   * it is done in the turn in which this resolves.
   */
  async #remove(references: RevokedReferences[]): Promise<void> {
    this.#deps.released.add(await this.#deps.directory.removeFileReferences(this.#id, references));
  }
}

function storedKeys(json: string): FileKey[] {
  return z.array(FileKey).parse(JSON.parse(json));
}

function tooManyFiles(delayMs: number): CoreError {
  const retryAfter = Math.ceil(delayMs / 1_000);
  const detail = `Too many files come and go with this message. Try again in ${retryAfter} seconds.`;
  return new CoreError("rate_limited", detail, { retryAfter });
}

/** The files that a message shows: named in its body, or in the custom data or the preview beside it. */
function keysOf({ body, custom_data, link_preview }: Shown): FileKey[] {
  const isAlone = custom_data === null && link_preview === null;
  return fileKeysIn(isAlone ? body : `${body}\n${custom_data ?? ""}\n${link_preview ?? ""}`);
}
