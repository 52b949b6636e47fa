import { type ArchiveState, isArchived, type NewestCounted } from "../../domain/conversations/archive.ts";
import type { ListPreferences } from "../../domain/conversations/conversation.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { type Head, ListRows } from "./list-rows.ts";

/**
 * One row for each conversation of which memory may know more than its row in `conversations`. After a crash
 * these conversations are asked for snapshots.
 */
export const LIST_AHEAD_TABLE = `
  CREATE TABLE list_ahead (conversation_id INTEGER PRIMARY KEY) STRICT;`;

/** A conversation that was updated a short time ago. What it has not stored is null. */
interface Recent {
  /** the row as it will be */
  head: Head;
  update: InboxUpdate | null;
  delivered: SyncPosition | null;
  /** when it was updated last (ms since 1970) */
  updatedAt: number;
  /** whether it was updated since the last ring of the timer */
  isActive: boolean;
}

/** How the list has a conversation, as of the version of an inbox update. */
export type ListedAs = Pick<InboxUpdate, "version" | "state" | "deletedForMe">;

/** What the writer is handed. */
export interface ListWriterDeps {
  /** whether device sockets are open */
  hasDevices(): boolean;
  /**
   * the object has slept: device sockets have stayed open, and say that memory was not ahead. Otherwise it
   * has crashed, or had no devices
   */
  hasSlept: boolean;
  /** has the device sockets say whether memory is ahead */
  noteAhead(isAhead: boolean): void;
  timing: Pick<Timing["list"], "writeBehindMs" | "longestBehindMs" | "followMs">;
}

/** The most conversations that are marked, and that memory has. */
const MAX_FOLLOWED = 100;

/**
 * Writes inbox updates and delivered positions to the list. While devices are connected it writes behind:
 * - The first update of a conversation is stored at once.
 * - Those that follow within minutes change memory, and no device waits for a commit. The first of them
 *   stores a row in `list_ahead`, the mark: it says that memory may be ahead of the list. The mark stays for
 *   those that follow, also over a sleep.
 * - Memory is stored once a conversation has been quiet for half a second, every 4 seconds while it is not,
 *   and before anything else of the list is read. A timer does that, and keeps the object awake until memory
 *   has nothing more: a sleep loses nothing.
 * - A crash loses what memory had, and closes the sockets. The next start finds marks and no sockets, and the
 *   inbox asks those conversations for snapshots.
 */
export class ListWriter {
  readonly #sql: SqlStorage;
  readonly #rows: ListRows;
  readonly #deps: ListWriterDeps;
  readonly #recent = new Map<ConversationId, Recent>();
  /** the conversations with a mark, but for lost ones */
  readonly #marked: Set<ConversationId>;
  /** the conversations of which memory is ahead */
  readonly #ahead = new Set<ConversationId>();
  readonly #startedAt = Date.now();
  /** the conversations of which a crash may have lost an update */
  readonly #lost: Set<ConversationId>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** when all conversations in memory were stored last, or memory began to be ahead (ms since 1970) */
  #storedAt = 0;

  /** Reads the current epoch and the marks; the tables exist. */
  constructor(sql: SqlStorage, deps: ListWriterDeps) {
    this.#sql = sql;
    this.#deps = deps;
    this.#rows = new ListRows(sql);
    const rows = sql.exec<{ conversation_id: ConversationId }>("SELECT conversation_id FROM list_ahead");
    const marks = rows.toArray().map((row) => row.conversation_id);
    this.#marked = new Set(deps.hasSlept ? marks : []);
    this.#lost = new Set(deps.hasSlept ? [] : marks);
  }

  /** @see ConversationList.beginEpoch */
  beginEpoch(): void {
    this.rest();
    this.#rows.beginEpoch();
  }

  /**
   * @returns whether the conversation comes back from the archive by this update, as far as devices want to
   *   know
   * @see ConversationList.applyUpdate
   */
  apply(update: InboxUpdate, delivered: SyncPosition | null): boolean {
    const id = update.conversationId;
    const hasDevices = this.#deps.hasDevices();
    if (!hasDevices) this.rest();
    const recent = this.#find(id);
    if (!recent) {
      const before = hasDevices ? this.#rows.head(id) : null;
      this.#rows.upsert(update, delivered);
      if (hasDevices) this.#follow(id);
      return comesBack(before, update);
    }
    const isBack = comesBack(recent.head, update);
    recent.updatedAt = Date.now();
    // The newest comes last.
    this.#recent.delete(id);
    this.#recent.set(id, recent);
    if (update.version > recent.head.ver) {
      this.#goAhead(id, recent);
      const { version: ver, state, lastSeq, rev, deletedForMe } = update;
      const { page: _, ...stored } = update;
      recent.update = { ...stored, ephemeral: [] };
      recent.head = { ...recent.head, ver, state, lastSeq, rev, deletedForMe };
      recent.head.newestCounted = newestCountedOf(update);
    }
    if (delivered) this.setDelivered(id, delivered);
    return isBack;
  }

  /** @see ConversationList.setArchive */
  setArchive(id: ConversationId, archive: ArchiveState): void {
    this.#rows.setArchive(id, archive);
    const recent = this.#recent.get(id);
    if (recent) recent.head.archive = archive;
  }

  /** @see ConversationList.setDelivered */
  setDelivered(id: ConversationId, position: SyncPosition): void {
    const recent = this.#find(id);
    if (!recent) {
      this.#rows.setDelivered(id, position);
      return;
    }
    if (isSame(recent.head.told, position)) return;
    this.#goAhead(id, recent);
    recent.delivered = position;
    recent.head.told = position;
  }

  /** @see ConversationList.known */
  known(id: ConversationId): { ver: number; rev: number; delivered: SyncPosition | null } | null {
    const head = this.#recent.get(id)?.head ?? this.#rows.head(id);
    if (!head) return null;
    const { ver, state, lastSeq, rev, told } = head;
    const delivered = told ?? { seq: lastSeq, rev };
    return { ver, rev, delivered: state === "active" || delivered.seq > lastSeq ? delivered : null };
  }

  /** @see ConversationList.listedAs */
  listedAs(id: ConversationId): ListedAs | null {
    const head = this.#recent.get(id)?.head ?? this.#rows.head(id);
    return head && { version: head.ver, state: head.state, deletedForMe: head.deletedForMe };
  }

  /** Stores what memory has ahead of the list. */
  store(): void {
    for (const id of this.#ahead) this.#storeOne(id);
    this.#storedAt = Date.now();
    this.#settled();
  }

  /** Stores what memory has ahead of the list, and forgets it with its marks: no device is connected. */
  rest(): void {
    this.store();
    this.#recent.clear();
    for (const id of this.#marked) this.#unmark(id);
    this.#marked.clear();
  }

  /** @see ConversationList.replace */
  replace(update: InboxUpdate, preferences: ListPreferences, delivered: SyncPosition | null): void {
    this.#drop(update.conversationId);
    this.#rows.replace(update, preferences, delivered);
  }

  /** @see ConversationList.forget */
  forget(id: ConversationId): void {
    this.#drop(id);
    this.#rows.delete(id);
  }

  /** Drops what memory has of a conversation, whose row is about to be replaced or deleted. */
  #drop(id: ConversationId): void {
    this.#recent.delete(id);
    this.#ahead.delete(id);
    const isMarked = this.#marked.delete(id);
    const isLost = this.#lost.delete(id);
    if (isMarked || isLost) this.#unmark(id);
    this.#settled();
  }

  /** Drops everything: the account is deleted. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#recent.clear();
    this.#marked.clear();
    this.#ahead.clear();
    this.#lost.clear();
  }

  /** The conversations of which a crash may have lost an update. */
  get lost(): ConversationId[] {
    return [...this.#lost];
  }

  /** The list has a snapshot of a conversation that is newer than the crash, or the row is gone. */
  recovered(id: ConversationId): void {
    if (!this.#lost.delete(id)) return;
    if (!this.#marked.has(id)) this.#unmark(id);
  }

  /** @see ListRows.moment */
  moment(): number {
    return this.#rows.moment();
  }

  /** What memory has of a conversation. After a sleep it begins with the row, if the mark says so. */
  #find(id: ConversationId): Recent | undefined {
    const known = this.#recent.get(id);
    return known || !this.#marked.has(id) ? known : this.#follow(id);
  }

  /** Keeps a conversation in memory from now on: memory is what its row says. */
  #follow(id: ConversationId): Recent | undefined {
    const head = this.#rows.head(id);
    if (!head) return undefined;
    if (this.#recent.size >= MAX_FOLLOWED) this.#forgetOne(this.#recent.keys());
    const recent = { head, update: null, delivered: null, updatedAt: Date.now(), isActive: true };
    this.#recent.set(id, recent);
    return recent;
  }

  /** Forgets the first of these conversations of which memory is not ahead. */
  #forgetOne(ids: Iterable<ConversationId>): void {
    for (const id of ids)
      if (!this.#ahead.has(id)) {
        this.#forget(id);
        return;
      }
  }

  #forget(id: ConversationId): void {
    this.#recent.delete(id);
    if (this.#marked.delete(id) && !this.#lost.has(id)) this.#unmark(id);
  }

  /** Memory is about to be ahead of the list. */
  #goAhead(id: ConversationId, recent: Recent): void {
    recent.isActive = true;
    if (this.#ahead.size === 0) {
      this.#storedAt = Date.now();
      this.#deps.noteAhead(true);
    }
    this.#ahead.add(id);
    if (!this.#marked.has(id)) {
      this.#sql.exec("INSERT OR IGNORE INTO list_ahead (conversation_id) VALUES (?)", id);
      this.#marked.add(id);
      if (this.#marked.size > MAX_FOLLOWED) this.#forgetOne(this.#marked);
    }
    this.#armTimer();
  }

  #unmark(id: ConversationId): void {
    this.#sql.exec("DELETE FROM list_ahead WHERE conversation_id = ?", id);
  }

  #armTimer(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      try {
        this.#ring();
      } catch (error) {
        // The marks stay, and memory is stored at the next turn of the timer.
        log("error", "list_not_stored", errorFields(error));
      }
      if (this.#ahead.size > 0) this.#armTimer();
    }, this.#deps.timing.writeBehindMs);
  }

  /** Stores the conversations that are quiet, at times all. With them go the marks that are old. */
  #ring(): void {
    const { writeBehindMs, longestBehindMs, followMs } = this.#deps.timing;
    const now = Date.now();
    // Half a ring early: rings are never quite on time.
    const isOverdue = now - this.#storedAt >= longestBehindMs - writeBehindMs / 2;
    if (isOverdue) this.#storedAt = now;
    let isStored = false;
    for (const id of this.#ahead) {
      const recent = this.#recent.get(id);
      if (recent?.isActive && !isOverdue) recent.isActive = false;
      else {
        this.#storeOne(id);
        isStored = true;
      }
    }
    if (isStored)
      for (const id of new Set([...this.#recent.keys(), ...this.#marked])) {
        const updatedAt = this.#recent.get(id)?.updatedAt ?? this.#startedAt;
        if (updatedAt <= now - followMs && !this.#ahead.has(id)) this.#forget(id);
      }
    this.#settled();
  }

  #storeOne(id: ConversationId): void {
    const recent = this.#recent.get(id);
    if (recent?.update) this.#rows.upsert(recent.update, recent.delivered);
    else if (recent?.delivered) this.#rows.setDelivered(id, recent.delivered);
    if (recent) Object.assign(recent, { update: null, delivered: null });
    this.#ahead.delete(id);
  }

  /** Tells the sockets once memory is not ahead any more. */
  #settled(): void {
    if (this.#ahead.size === 0) this.#deps.noteAhead(false);
  }
}

/** Whether an update brings a conversation back from the archive. */
function comesBack(head: Head | null, update: InboxUpdate): boolean {
  if (!head || update.version <= head.ver || update.state !== "active") return false;
  const { archive, newestCounted } = head;
  return isArchived(archive, newestCounted) && !isArchived(archive, newestCountedOf(update));
}

function newestCountedOf({ lastCount, countedAt }: InboxUpdate): NewestCounted {
  return { count: lastCount, at: countedAt };
}

function isSame(one: SyncPosition | null, other: SyncPosition): boolean {
  return one?.seq === other.seq && one.rev === other.rev;
}
