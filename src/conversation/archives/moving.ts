import { EMPTY_BODY } from "../../domain/messages/content.ts";
import type { Timing } from "../../domain/timing.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { Indexer } from "../search/indexer.ts";
import type { ContentEdit, ContentFollower } from "../state/content-follower.ts";
import type { Transaction } from "../state/transaction.ts";
import type { ArchivePlaces } from "./archive-places.ts";
import type { Archives } from "./archives.ts";
import { IS_MOVED, MOVED_BODY } from "./moved-body.ts";

/** What moving bodies needs. */
interface MovingDeps {
  storage: DurableObjectStorage;
  log: Pick<MessageLog, "last">;
  places: ArchivePlaces;
  archives: Archives;
  /** the index of the texts here */
  indexer: Pick<Indexer, "beginAfter">;
  /** whether D1 may lack files that messages show: their bodies are read for it */
  awaitsFiles(): boolean;
  schedule(due: number): void;
  /** bytes by which a conversation grows before its bodies move; null: they never do */
  archiveBytes: number | null;
  timing: Timing["archives"];
}

type Moved = Pick<MessageRow, "seq" | "kind" | "body" | "revoked_rev">;

/**
 * Moves the bodies of old messages into archives, in the background. Each step is repeated after a crash, and
 * none is seen by a reader:
 * 1. Bodies are copied, part by part. A body that changes meanwhile is noted (`archive_changes`).
 * 2. In one transaction the index here is emptied, and searches ask archives up to the end of the copies.
 * 3. Rows lose their bodies, part by part. A row says itself whether its body is here.
 * 4. Archives are told of changes, and the changed rows lose their bodies again.
 */
export class Moving implements ContentFollower {
  readonly #sql: SqlStorage;
  readonly #deps: MovingDeps;

  constructor(deps: MovingDeps) {
    this.#sql = deps.storage.sql;
    this.#deps = deps;
  }

  /** The size of the conversation was looked at. @param bytes of all its tables */
  grown(bytes: number): void {
    const { archiveBytes, places, schedule } = this.#deps;
    if (archiveBytes !== null && bytes - places.positions.base_bytes >= archiveBytes) schedule(Date.now());
  }

  /** @see ContentFollower.edited */
  edited(tx: Transaction, row: MessageRow, { body }: ContentEdit): void {
    if (body !== undefined) this.removed(tx, row);
  }

  /** @see ContentFollower.removed */
  removed(tx: Transaction, { seq }: MessageRow): void {
    const { places } = this.#deps;
    if (seq > places.positions.reserved_seq) return;
    places.note(seq);
    tx.publish(this.#tellSoon);
  }

  readonly #tellSoon = () => this.#deps.schedule(Date.now() + this.#deps.timing.changesMs);

  /** The `archiving` job. @returns when it runs again (ms since 1970); null: nothing is left to move */
  async run(): Promise<number | null> {
    const { places, indexer, archiveBytes, timing } = this.#deps;
    if (await this.#tellChanges()) return Date.now() + timing.pauseMs;
    const { copied_seq, target_seq, archived_seq, cleared_seq, base_bytes } = places.positions;
    if (copied_seq < target_seq) {
      for (let part = 0; part < timing.partsAtOnce; part++) await this.#copyPart();
      return Date.now() + timing.pauseMs;
    }
    if (archived_seq < target_seq) {
      indexer.beginAfter(target_seq, (work) => places.set({ archived_seq: target_seq }, work));
      return Date.now() + timing.pauseMs;
    }
    if (cleared_seq < archived_seq) {
      this.#clearPart(cleared_seq, archived_seq);
      // As much has to come anew before the next move.
      if (places.positions.cleared_seq === archived_seq) places.set({ base_bytes: this.#sql.databaseSize });
      return Date.now() + timing.pauseMs;
    }
    const bytes = this.#sql.databaseSize;
    const end = this.#deps.log.last.seq - timing.keptMessages;
    if (archiveBytes === null || bytes - base_bytes < archiveBytes || end <= target_seq) return null;
    if (this.#deps.awaitsFiles()) return Date.now() + timing.changesMs;
    places.set({ target_seq: end });
    return Date.now();
  }

  async #copyPart(): Promise<void> {
    const { places, archives, timing } = this.#deps;
    const { copied_seq: after, target_seq: target } = places.positions;
    if (after >= target) return;
    const { rows, to } = this.#nextPart(after, target);
    // A change that comes from now on is noted: what is copied may be the former body.
    places.set({ reserved_seq: to });
    const archive = places.newest ?? places.begin(after + 1);
    const bytes = await archives.put(archive.number, { from: after + 1, to, bodies: rows.filter(isKept) });
    places.grown(archive, bytes);
    if (bytes >= timing.archiveBytes) places.begin(to + 1);
    places.set({ copied_seq: to });
  }

  #nextPart(after: number, upTo: number): { rows: Moved[]; to: number } {
    const { timing } = this.#deps;
    const query = `SELECT seq, kind, body, revoked_rev FROM messages WHERE seq > ? AND seq <= ?
      ORDER BY seq LIMIT ?`;
    const found = this.#sql.exec<Moved>(query, after, upTo, timing.partMessages).toArray();
    const rows: Moved[] = [];
    let chars = 0;
    for (const row of found) {
      chars += row.body.length;
      if (chars > timing.partChars && rows.length > 0) break;
      rows.push(row);
    }
    const isAll = rows.length === found.length && found.length < timing.partMessages;
    return { rows, to: isAll ? upTo : (rows.at(-1)?.seq ?? upTo) };
  }

  /**
   * Takes the bodies of some rows, and stores the rows anew: SQLite keeps a page of which less than two
   * thirds are free, so rows that became shorter in their places would free nothing.
   */
  #clearPart(after: number, upTo: number): void {
    const { places, archives, timing } = this.#deps;
    const to = Math.min(upTo, after + timing.clearedMessages);
    const range = "seq > ? AND seq <= ?";
    places.set({ cleared_seq: to }, () => {
      const clear = `UPDATE messages SET body = ${MOVED_BODY} WHERE ${range} AND ${IS_MOVABLE}
        AND seq NOT IN (SELECT seq FROM archive_changes)`;
      this.#sql.exec(clear, after, to);
      const stored = this.#sql.exec(`SELECT * FROM messages WHERE ${range} ORDER BY seq`, after, to);
      const columns = stored.columnNames;
      const rows = [...stored.raw()];
      this.#sql.exec(`DELETE FROM messages WHERE ${range}`, after, to);
      const insert = `INSERT INTO messages (${columns.join()}) VALUES (${columns.map(() => "?").join()})`;
      for (const row of rows) this.#sql.exec(insert, ...row);
    });
    archives.bodies.forget([]);
  }

  /** Tells archives of some changes. @returns whether it did: more may be left */
  async #tellChanges(): Promise<boolean> {
    const { places, archives, storage, timing } = this.#deps;
    const { copied_seq } = places.positions;
    const changes = places.changes(timing.changesAtOnce).filter(({ seq }) => seq <= copied_seq);
    for (const change of changes) {
      const { seq } = change;
      const query = "SELECT seq, kind, body, revoked_rev FROM messages WHERE seq = ?";
      const rows = this.#sql.exec<Moved>(query, seq).toArray();
      const { number } = places.archiveOf(seq);
      await archives.put(number, { from: seq, to: seq, bodies: rows.filter(isKept) });
      archives.bodies.forget([seq]);
      storage.transactionSync(() => {
        if (!places.told(change) || seq > places.positions.cleared_seq) return;
        this.#sql.exec(`UPDATE messages SET body = ${MOVED_BODY} WHERE seq = ? AND ${IS_MOVABLE}`, seq);
      });
    }
    return changes.length > 0;
  }
}

/** Matches rows whose body archives keep: system messages, revoked and expired ones have little to move. */
const IS_MOVABLE = `kind <> 'tip' AND revoked_rev IS NULL AND body <> '${EMPTY_BODY}' AND NOT ${IS_MOVED}`;

/** The same of a row that is here. */
function isKept({ kind, body, revoked_rev }: Moved): boolean {
  return kind !== "tip" && revoked_rev === null && body !== EMPTY_BODY;
}
