import { NOT_ARCHIVED } from "../../domain/conversations/archive.ts";
import type { ListPreferences } from "../../domain/conversations/conversation.ts";
import { accountOver, CoreError, nullIfNotFound } from "../../domain/errors.ts";
import { type ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { Conversations, MemberSnapshot, RepairResult, UserDirectory } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import { isAhead, type SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { type CallBudget, forEachConcurrent } from "../../object/concurrency.ts";
import type { DeviceAudience } from "../devices/delivery-positions.ts";
import type { DeviceCursors } from "../devices/device-cursors.ts";
import type { DeviceFeed } from "../devices/device-feed.ts";
import { ConcurrentUpdates } from "./concurrent-updates.ts";
import type { ConversationList } from "./conversation-list.ts";

/** Conversations that are called at once. */
const MAX_CONCURRENT = 8;

/** The alarm job that goes on with a repair; its key is the conversation up to which the repair has come. */
interface Scheduler {
  schedule(kind: "repair", key: string, due: number): void;
  cancel(kind: "repair", key: string): void;
  firstKey(kind: "repair"): string | null;
}

/** What a list repair needs from the rest of the inbox. */
interface RepairDeps {
  directory: Pick<UserDirectory, "memberships">;
  conversations: Pick<Conversations, "snapshot">;
  /** `fail`: closes all device sockets, so that their clients reconnect and sync */
  sockets: DeviceAudience & { fail(): void };
  list: ConversationList;
  cursors: DeviceCursors;
  feed: DeviceFeed;
  timing: Pick<Timing, "listRepair">;
  userId(): UserId;
  /** whether the account is deleted: nothing may be written any more */
  isDeleted(): boolean;
  /** has registrations of room sockets checked, and the presence published anew */
  lookAtSockets(): void;
}

const START: SyncPosition = { seq: Position.parse(0), rev: 0 };

/** The state of one part of a repair. */
interface RepairRun {
  concurrent: ConcurrentUpdates;
  /** the preferences of which the list has a copy, as D1 has them */
  preferences: Map<ConversationId, ListPreferences>;
}

/**
 * Rebuilds a user's list from their conversations, whatever the rows contain. Each conversation is asked for
 * a snapshot, in its turn of the device feed. The snapshot replaces the row, also if the row has a higher
 * version. An update that arrives during the repair and is newer than the snapshot wins.
 *
 * A repair has parts, by rising conversation id: as many conversations as the calls and the time of an event
 * suffice for. The alarm goes on with the next part.
 *
 * Device sockets stay open and keep their positions. The shared delivered position has two bounds: it is at
 * least the position that the inbox has confirmed to the conversation, and at most the newest position. If it
 * is out of bounds, the messages that devices missed are unknown: all device sockets are closed, and their
 * clients sync.
 */
export class ListRepair {
  readonly #sql: SqlStorage;
  readonly #jobs: Scheduler;
  readonly #deps: RepairDeps;
  #running: Promise<RepairResult> | undefined;

  constructor(sql: SqlStorage, jobs: Scheduler, deps: RepairDeps) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /**
   * Repairs the list, or goes on with a repair that has parts left. Concurrent callers share one part.
   * @returns how many conversations of this part were repaired, and how many could not be reached in time
   * @throws `rate_limited` within a minute of the last repair, `unavailable` while D1 does not answer,
   *   `unauthenticated` once the account is deleted
   */
  run(calls: CallBudget): Promise<RepairResult> {
    return this.#share(async () => {
      const outstanding = this.#jobs.firstKey("repair");
      if (outstanding === null) this.#requireCooledDown();
      return this.#repairPart(Number(outstanding ?? 0), calls);
    });
  }

  /** The `repair` job: goes on after a conversation. @throws as `run` does, except for a deleted account */
  async goOn(after: number, calls: CallBudget): Promise<null> {
    if (!this.#deps.isDeleted()) await this.#share(() => this.#repairPart(after, calls));
    return null;
  }

  #share(part: () => Promise<RepairResult>): Promise<RepairResult> {
    this.#running ??= part().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Repairs the conversations after an id, and schedules the next part. */
  async #repairPart(after: number, calls: CallBudget): Promise<RepairResult> {
    const { cursors, list, sockets } = this.#deps;
    const run: RepairRun = { concurrent: new ConcurrentUpdates(), preferences: new Map() };
    list.note(run.concurrent);
    try {
      const ids = await this.#idsAfter(after, calls.left, run);
      this.#requireAccount();
      const due = ids.slice(0, calls.take(ids.length));
      const { tried, ...result } = await this.#repairAll(due, run);
      this.#requireAccount();
      this.#jobs.cancel("repair", String(after));
      if (tried < ids.length) {
        this.#jobs.schedule("repair", String(due[tried - 1] ?? after), Date.now());
        return result;
      }
      cursors.rewrite(new Set(sockets.open().map(({ id }) => id)));
      this.#deps.lookAtSockets();
      this.#sql.exec("UPDATE presence SET repaired_at = ?", Date.now());
      return result;
    } finally {
      list.note(null);
    }
  }

  /**
   * @returns the lowest ids of conversations after an id: `limit`, and one more where there are more. Rows
   *   that D1 lacks are among them: D1 may lag behind, and the conversation is the authority.
   */
  async #idsAfter(after: number, limit: number, run: RepairRun): Promise<ConversationId[]> {
    const { directory, list, userId } = this.#deps;
    const memberships = await directory.memberships(userId(), after, limit + 1);
    for (const { conversationId, ...preferences } of memberships)
      run.preferences.set(conversationId, preferences);
    const ids = new Set([...run.preferences.keys(), ...list.ids(after, limit + 1)]);
    return [...ids].sort((a, b) => a - b).slice(0, limit + 1);
  }

  /** Repairs conversations until the time is over. @returns also how many were tried, in order */
  async #repairAll(ids: ConversationId[], run: RepairRun): Promise<RepairResult & { tried: number }> {
    const result = { repaired: 0, unreachable: 0, tried: 0 };
    const deadline = Date.now() + this.#deps.timing.listRepair.budgetMs;
    await forEachConcurrent(MAX_CONCURRENT, ids, async (id) => {
      if (Date.now() >= deadline) return;
      result.tried++;
      result[(await this.#repairOne(id, run)) ? "repaired" : "unreachable"]++;
    });
    return result;
  }

  /** Repairs the row of one conversation. @returns whether the conversation answered in time */
  async #repairOne(id: ConversationId, run: RepairRun): Promise<boolean> {
    const { feed: deviceFeed, isDeleted, timing } = this.#deps;
    const { callTimeoutMs } = timing.listRepair;
    let isAwaited = true;
    const repaired = deviceFeed.inTurn(id, async () => {
      if (!isAwaited || isDeleted()) return;
      const snapshot = await withDeadline(this.#fetchSnapshot(id), callTimeoutMs);
      if (isAwaited && !isDeleted()) this.#replace(id, snapshot, run);
    });
    try {
      await withDeadline(repaired, callTimeoutMs);
      return true;
    } catch (error) {
      log("warn", "conversation_not_repaired", { conversation: id, ...errorFields(error) });
      return false;
    } finally {
      isAwaited = false;
    }
  }

  /** @returns null if the user never was in the conversation */
  #fetchSnapshot(id: ConversationId): Promise<MemberSnapshot | null> {
    const { conversations, sockets, userId } = this.#deps;
    const subscribes = sockets.isOpen() ? { hasDevices: true } : undefined;
    return conversations.snapshot(id, { userId: userId(), subscribes }).catch(nullIfNotFound);
  }

  #replace(id: ConversationId, snapshot: MemberSnapshot | null, run: RepairRun): void {
    const { list, cursors, sockets } = this.#deps;
    const update = run.concurrent.newest(id, snapshot?.update ?? null);
    if (update) this.#replaceRow(update, snapshot, run);
    else list.forget(id);
    const isImpossible = (cursor: SyncPosition | undefined) =>
      cursor && (!update || isAhead(cursor, positionOf(update)));
    if (sockets.open().some((socket) => isImpossible(cursors.get(socket.id, id)))) this.#failSockets();
    // No socket has a position in a conversation that the user is not in.
    if (!list.known(id)?.delivered) for (const socket of sockets.open()) cursors.delete(socket.id, id);
  }

  #replaceRow(update: InboxUpdate, snapshot: MemberSnapshot | null, run: RepairRun): void {
    const { list } = this.#deps;
    const id = update.conversationId;
    const stored = run.preferences.get(id) ?? { pinned: false, ...NOT_ARCHIVED };
    const preferences = { ...stored, ...run.concurrent.preferences(id) };
    const delivered = this.#delivered(update, snapshot);
    // A user who has left stays in the list until the devices have the last messages: an update that brings
    // these is on its way.
    const isLeaving = delivered && update.state !== "active" && !snapshot?.isDelivered;
    list.replace(
      isLeaving ? { ...update, state: "active", version: update.version - 1 } : update,
      preferences,
      delivered,
    );
  }

  /**
   * Checks the shared delivered position of a conversation against its bounds, and closes all device sockets
   * if it is outside.
   * @returns the position; null if no device socket is open, or none has to get more of this conversation
   */
  #delivered(update: InboxUpdate, snapshot: MemberSnapshot | null): SyncPosition | null {
    const { list, sockets } = this.#deps;
    if (!sockets.isOpen()) return null;
    const delivered = list.known(update.conversationId)?.delivered ?? null;
    if (!delivered && update.state !== "active") return null;
    const confirmed = snapshot?.isDelivered ? positionOf(snapshot.update) : START;
    if (!delivered || delivered.seq < confirmed.seq || isAhead(delivered, positionOf(update))) {
      this.#failSockets();
      return null;
    }
    return { seq: delivered.seq, rev: Math.max(delivered.rev, confirmed.rev) };
  }

  /**
   * Closes all device sockets, whose missed messages are unknown. An epoch begins for those that connect
   * next.
   */
  #failSockets(): void {
    this.#deps.sockets.fail();
    this.#deps.list.beginEpoch();
  }

  #requireCooledDown(): void {
    const { at } = this.#sql.exec<{ at: number }>("SELECT repaired_at AS at FROM presence").one();
    const { cooldownMs } = this.#deps.timing.listRepair;
    const wait = at + cooldownMs - Date.now();
    // A time in the future is as wrong as other rows may be, and is ignored.
    if (wait <= 0 || wait > cooldownMs) return;
    const retryAfter = Math.ceil(wait / 1_000);
    throw new CoreError("rate_limited", `This was done just now. Try again in ${retryAfter} seconds.`, {
      retryAfter,
    });
  }

  #requireAccount(): void {
    if (this.#deps.isDeleted()) throw accountOver();
  }
}

function positionOf({ lastSeq, rev }: InboxUpdate): SyncPosition {
  return { seq: lastSeq, rev };
}
