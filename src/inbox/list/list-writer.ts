import { type ArchiveState, isArchived, type NewestCounted } from "../../domain/conversations/archive.ts";
import type { ListPreferences } from "../../domain/conversations/conversation.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { type Head, ListRows } from "./list-rows.ts";

/** What memory knows of a row. `update`, `delivered`: what is not stored yet; null: nothing. */
interface Recent {
  /** the row as it will be */
  head: Head;
  update: InboxUpdate | null;
  delivered: SyncPosition | null;
  /** whether it was updated since the last ring of the timer */
  isActive: boolean;
}

/** How the list has a conversation, as of the version of an inbox update. */
export type ListedAs = Pick<InboxUpdate, "version" | "state" | "deletedForMe" | "lastSeq" | "lastCount">;

/** The most conversations of which memory has what their rows say. */
const MAX_RECENT = 100;

/** What the writer is handed. */
export interface ListWriterDeps {
  /** whether device sockets are open */
  hasDevices(): boolean;
  timing: Pick<Timing["list"], "writeBehindMs" | "longestBehindMs" | "followMs" | "lostMs">;
}

/**
 * Writes inbox updates and delivered positions to the list. While devices are connected it writes behind:
 * - An update is stored at once if the row of its conversation was not written for minutes. Those that follow
 *   change memory, and no device waits for a commit.
 * - Memory is stored once a conversation has been quiet for half a second, every 4 seconds while it is not,
 *   and before anything else of the list is read. A timer does that, and keeps the object awake until memory
 *   has nothing more: a sleep loses nothing.
 * - A crash loses what memory had, and closes the sockets. So the inbox stores, with the first update that is
 *   kept in memory, that the list is written behind, until the last device has gone. A start that finds this
 *   and no sockets comes after a crash. Only rows that were written shortly before may lack an update.
 */
export class ListWriter {
  readonly #rows: ListRows;
  readonly #deps: ListWriterDeps;
  /** while devices are connected */
  readonly #recent = new Map<ConversationId, Recent>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** when all of memory was stored last, or memory began to be ahead (ms since 1970) */
  #storedAt = 0;

  /** The tables exist. */
  constructor(sql: SqlStorage, deps: ListWriterDeps) {
    this.#deps = deps;
    this.#rows = new ListRows(sql);
  }

  /** @see ConversationList.beginEpoch */
  beginEpoch(): void {
    this.storeAndForget();
    this.#rows.beginEpoch();
  }

  /**
   * @returns whether the conversation comes back from the archive by this update, as far as devices want to
   *   know
   * @see ConversationList.applyUpdate
   */
  apply(update: InboxUpdate, delivered: SyncPosition | null): boolean {
    if (!this.#deps.hasDevices()) {
      this.storeAndForget();
      // With devices, writes of the row say when it was heard last.
      if (!this.#rows.upsert(update, delivered)) this.#rows.noteHeard(update.conversationId);
      return false;
    }
    const id = update.conversationId;
    const recent = this.#find(id);
    const before = recent?.head;
    if (before && update.version <= before.ver) {
      if (delivered) this.setDelivered(id, delivered);
      return false;
    }
    if (recent && this.#keepInMemory(recent)) {
      this.#rows.setBehind(true);
      const { version: ver, state, lastSeq, rev, deletedForMe } = update;
      const { page: _, packedPage: _packed, ...stored } = update;
      recent.update = { ...stored, ephemeral: [] };
      const newestCounted = newestCountedOf(update);
      recent.head = { ...recent.head, ver, state, lastSeq, rev, deletedForMe, newestCounted };
      if (delivered) keepDelivered(recent, delivered);
    } else {
      this.#rows.upsert(update, delivered);
      this.#recent.delete(id);
    }
    return before !== undefined && comesBack(before, update);
  }

  /** @see ConversationList.setArchive */
  setArchive(id: ConversationId, archive: ArchiveState): void {
    this.#rows.setArchive(id, archive);
    const recent = this.#recent.get(id);
    if (recent) recent.head = { ...recent.head, archive };
  }

  /** @see ConversationList.setDelivered */
  setDelivered(id: ConversationId, position: SyncPosition): void {
    const recent = this.#find(id);
    if (!recent || isSame(recent.head.delivered, position)) return;
    if (this.#deps.hasDevices() && this.#keepInMemory(recent)) keepDelivered(recent, position);
    else {
      this.#rows.setDelivered(id, position);
      this.#recent.delete(id);
    }
  }

  /** @see ConversationList.known */
  known(id: ConversationId): { ver: number; rev: number; delivered: SyncPosition | null } | null {
    const head = this.#find(id)?.head;
    if (!head) return null;
    const { ver, state, lastSeq, rev } = head;
    const delivered = head.delivered ?? { seq: lastSeq, rev };
    return { ver, rev, delivered: state === "active" || delivered.seq > lastSeq ? delivered : null };
  }

  /** @see ConversationList.listedAs */
  listedAs(id: ConversationId): ListedAs | null {
    const head = this.#find(id)?.head;
    if (!head) return null;
    const { ver: version, state, deletedForMe, lastSeq, newestCounted } = head;
    return { version, state, deletedForMe, lastSeq, lastCount: newestCounted.count };
  }

  /** Stores what memory has ahead of the list. */
  store(): void {
    for (const recent of this.#recent.values()) this.#storeOne(recent);
    this.#storedAt = Date.now();
  }

  /** Stores what memory has ahead of the list, and forgets it: no device is connected. */
  storeAndForget(): void {
    this.store();
    this.#recent.clear();
    this.#rows.setBehind(false);
  }

  /** @see ConversationList.lostByCrash */
  lostByCrash(): ConversationId[] {
    const hasCrashed = this.#rows.isBehind && !this.#deps.hasDevices();
    if (!hasCrashed) return [];
    const lost = this.#rows.writtenLast(this.#deps.timing.lostMs);
    this.#rows.setBehind(false);
    return lost;
  }

  /** @see ConversationList.replace */
  replace(update: InboxUpdate, preferences: ListPreferences, delivered: SyncPosition | null): void {
    this.#recent.delete(update.conversationId);
    this.#rows.replace(update, preferences, delivered);
  }

  /** @see ConversationList.forget */
  forget(id: ConversationId): void {
    this.#recent.delete(id);
    this.#rows.delete(id);
  }

  /** Drops everything: the account is deleted. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#recent.clear();
  }

  /** @see ListRows.moment */
  moment(): number {
    return this.#rows.moment();
  }

  /** Whether memory is ahead of the row of a conversation. */
  get #isAhead(): boolean {
    for (const recent of this.#recent.values()) if (isAhead(recent)) return true;
    return false;
  }

  /** The row of a conversation as it will be; null: there is none. */
  #find(id: ConversationId): Recent | null {
    const known = this.#recent.get(id);
    if (known) return known;
    const head = this.#rows.head(id);
    if (!head) return null;
    const recent = { head, update: null, delivered: null, isActive: false };
    if (this.#deps.hasDevices()) {
      if (this.#recent.size >= MAX_RECENT) this.#forgetOne();
      this.#recent.set(id, recent);
    }
    return recent;
  }

  /** Forgets a conversation of which memory is not ahead. */
  #forgetOne(): void {
    for (const [id, recent] of this.#recent)
      if (!isAhead(recent)) {
        this.#recent.delete(id);
        return;
      }
  }

  /**
   * Memory is about to be ahead of the row of a conversation.
   * @returns false: the row was not written for so long that the change has to be stored
   */
  #keepInMemory(recent: Recent): boolean {
    if (!isAhead(recent) && recent.head.heardAt <= Date.now() - this.#deps.timing.followMs) return false;
    if (!this.#timer) this.#storedAt = Date.now();
    recent.isActive = true;
    this.#armTimer();
    return true;
  }

  #armTimer(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      try {
        this.#ring();
      } catch (error) {
        // Memory is stored at the next turn of the timer.
        log("error", "list_not_stored", errorFields(error));
      }
      if (this.#isAhead) this.#armTimer();
    }, this.#deps.timing.writeBehindMs);
  }

  /** Stores the conversations that are quiet, at times all. */
  #ring(): void {
    const { writeBehindMs, longestBehindMs } = this.#deps.timing;
    const now = Date.now();
    // Half a ring early: rings are never quite on time.
    const isOverdue = now - this.#storedAt >= longestBehindMs - writeBehindMs / 2;
    if (isOverdue) this.#storedAt = now;
    for (const recent of this.#recent.values()) {
      if (recent.isActive && !isOverdue) recent.isActive = false;
      else this.#storeOne(recent);
    }
  }

  #storeOne(recent: Recent): void {
    const { head, update, delivered } = recent;
    if (update) {
      this.#rows.upsert(update, delivered);
      recent.head = { ...head, heardAt: Date.now() };
    } else if (delivered) this.#rows.setDelivered(head.id, delivered);
    Object.assign(recent, { update: null, delivered: null });
  }
}

function isAhead({ update, delivered }: Recent): boolean {
  return update !== null || delivered !== null;
}

function keepDelivered(recent: Recent, position: SyncPosition): void {
  recent.delivered = position;
  recent.head = { ...recent.head, delivered: position };
}

/** Whether a newer update brings a conversation back from the archive. */
function comesBack({ archive, newestCounted }: Head, update: InboxUpdate): boolean {
  if (update.state !== "active") return false;
  return isArchived(archive, newestCounted) && !isArchived(archive, newestCountedOf(update));
}

function newestCountedOf({ lastCount, countedAt }: InboxUpdate): NewestCounted {
  return { count: lastCount, at: countedAt };
}

function isSame(one: SyncPosition | null, other: SyncPosition): boolean {
  return one?.seq === other.seq && one.rev === other.rev;
}
