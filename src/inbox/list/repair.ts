import { CoreError } from "../../domain/errors.ts";
import { type ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { Conversations, RepairResult, UserDirectory } from "../../domain/ports.ts";
import type { InboxUpdate, RepairSnapshot } from "../../domain/sync/inbox-update.ts";
import { isAhead, type SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { withDeadline } from "../../object/deadline.ts";
import { membershipPages } from "../account/membership-pages.ts";
import type { DeviceAudience } from "../devices/delivery-positions.ts";
import type { DeviceCursors } from "../devices/device-cursors.ts";
import type { DeviceFeed } from "../devices/device-feed.ts";
import { ConcurrentUpdates } from "./concurrent-updates.ts";
import type { ConversationList } from "./conversation-list.ts";

/** How many conversations are asked at once. */
const MAX_CONCURRENT = 8;

interface RepairDeps {
  directory: Pick<UserDirectory, "memberships">;
  conversations: Pick<Conversations, "snapshotForRepair">;
  /** `fail`: closes all of them, whose clients then come back and sync */
  sockets: DeviceAudience & { fail(): void };
  list: ConversationList;
  cursors: DeviceCursors;
  feed: DeviceFeed;
  timing: Pick<Timing, "listRepair">;
  userId(): UserId;
  /** whether the account is deleted: nothing is to be written any more */
  isDeleted(): boolean;
  /** has it looked at which sockets are open, and others told whether any is */
  lookAtSockets(): void;
}

const START: SyncPosition = { seq: Position.parse(0), rev: 0 };

/** What a repair goes by. */
interface Round {
  concurrent: ConcurrentUpdates;
  /** the own flags, as D1 has them */
  pinned: Map<ConversationId, boolean>;
}

/**
 * Rebuilds a user's list from his conversations, whatever it has. Each is asked, in its turn of the feed, for
 * its snapshot, which takes the place of the row, be that newer; but not of what has come since it was asked.
 *
 * Devices' sockets stay open, and where they are: the place up to which they were told is at least what the inbox
 * has confirmed to the conversation, and at most what there is; once a conversation is quiet both are one. Where that
 * does not hold they are closed, and their clients sync what they may have missed.
 */
export class ListRepair {
  readonly #sql: SqlStorage;
  readonly #deps: RepairDeps;
  #running: Promise<RepairResult> | undefined;

  constructor(sql: SqlStorage, deps: RepairDeps) {
    this.#sql = sql;
    this.#deps = deps;
  }

  /**
   * Repairs once for all who ask meanwhile.
   * @throws `rate_limited` within a minute of the last one, `unavailable` while D1 does not answer,
   *   `unauthenticated` once the account is deleted
   */
  run(): Promise<RepairResult> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<RepairResult> {
    this.#requireCooledDown();
    const { list } = this.#deps;
    const round: Round = { concurrent: new ConcurrentUpdates(), pinned: new Map() };
    list.note(round.concurrent);
    try {
      return await this.#all(round);
    } finally {
      list.note(null);
    }
  }

  async #all(round: Round): Promise<RepairResult> {
    const { directory, list, cursors, sockets, userId } = this.#deps;
    for await (const page of membershipPages(directory, userId())) {
      for (const { conversationId, pinned } of page) round.pinned.set(conversationId, pinned);
    }
    this.#requireAccount();
    const done = { repaired: 0, unreachable: 0 };
    const until = Date.now() + this.#deps.timing.listRepair.budgetMs;
    // Also what D1 does not know: it may be behind, and the conversation has the last word.
    const ids = [...new Set([...round.pinned.keys(), ...list.ids()])];
    // From anywhere: for whom the time is too short, the next repair does not begin with the same ones.
    const from = Math.floor(Math.random() * ids.length);
    await forEachConcurrent(MAX_CONCURRENT, [...ids.slice(from), ...ids.slice(0, from)], async (id) => {
      const isReached = Date.now() < until && (await this.#reach(id, round));
      done[isReached ? "repaired" : "unreachable"]++;
    });
    this.#requireAccount();
    cursors.rewrite(new Set(sockets.open().map(({ id }) => id)));
    this.#deps.lookAtSockets();
    this.#sql.exec("UPDATE presence SET repaired_at = ?", Date.now());
    return done;
  }

  /** @returns whether the conversation has answered in time */
  async #reach(id: ConversationId, round: Round): Promise<boolean> {
    const { feed: deviceFeed, isDeleted: isGone, timing } = this.#deps;
    const { callTimeoutMs } = timing.listRepair;
    let isAwaited = true;
    const turn = deviceFeed.inTurn(id, async () => {
      if (!isAwaited || isGone()) return;
      const truth = await withDeadline(this.#ask(id), callTimeoutMs);
      if (isAwaited && !isGone()) this.#replace(id, truth, round);
    });
    try {
      await withDeadline(turn, callTimeoutMs);
      return true;
    } catch (error) {
      log("warn", "conversation_not_repaired", { conversation: id, ...errorFields(error) });
      return false;
    } finally {
      isAwaited = false;
    }
  }

  /** Null where the user never was in it. */
  #ask(id: ConversationId): Promise<RepairSnapshot | null> {
    const { conversations, sockets, userId } = this.#deps;
    return conversations
      .snapshotForRepair(id, { userId: userId(), hasDevices: sockets.isOpen() })
      .catch(unlessNever);
  }

  #replace(id: ConversationId, truth: RepairSnapshot | null, round: Round): void {
    const { list, cursors, sockets } = this.#deps;
    const update = round.concurrent.newest(id, truth?.update ?? null);
    if (update) this.#put(update, truth, round);
    else list.forget(id);
    const isWrong = (cursor: SyncPosition | undefined) =>
      cursor && (!update || isAhead(cursor, placeOf(update)));
    if (sockets.open().some((socket) => isWrong(cursors.get(socket.id, id)))) this.#beginAnew();
    // Where he is not, no socket stands.
    if (!list.known(id)?.delivered) for (const socket of sockets.open()) cursors.delete(socket.id, id);
  }

  #put(update: InboxUpdate, truth: RepairSnapshot | null, round: Round): void {
    const { list } = this.#deps;
    const id = update.conversationId;
    const pinned = round.concurrent.pinned(id) ?? round.pinned.get(id) ?? false;
    const told = this.#delivered(update, truth);
    // Who has left is in it until his devices have what was his: the bump that sees to that is on its way.
    const isLeaving = told && update.state !== "active" && !truth?.isDelivered;
    list.replace(
      isLeaving ? { ...update, state: "active", version: update.version - 1 } : update,
      pinned,
      told,
    );
  }

  /** Up to where devices know; null: there are none, by now at least, or it is of no more interest. */
  #delivered(update: InboxUpdate, truth: RepairSnapshot | null): SyncPosition | null {
    const { list, sockets } = this.#deps;
    if (!sockets.isOpen()) return null;
    const told = list.known(update.conversationId)?.delivered ?? null;
    if (!told && update.state !== "active") return null;
    const least = truth?.isDelivered ? placeOf(truth.update) : START;
    if (!told || told.seq < least.seq || isAhead(told, placeOf(update))) {
      this.#beginAnew();
      return null;
    }
    return { seq: told.seq, rev: Math.max(told.rev, least.rev) };
  }

  /** What sockets have missed nobody knows: they are closed, and those to come begin where the list stands then. */
  #beginAnew(): void {
    this.#deps.sockets.fail();
    this.#deps.list.beginEpoch();
  }

  #requireCooledDown(): void {
    const { at } = this.#sql.exec<{ at: number }>("SELECT repaired_at AS at FROM presence").one();
    const { cooldownMs } = this.#deps.timing.listRepair;
    const wait = at + cooldownMs - Date.now();
    // A time to come is as wrong as the rest may be.
    if (wait <= 0 || wait > cooldownMs) return;
    const retryAfter = Math.ceil(wait / 1_000);
    throw new CoreError("rate_limited", `This was done just now. Try again in ${retryAfter} seconds.`, {
      retryAfter,
    });
  }

  #requireAccount(): void {
    if (!this.#deps.isDeleted()) return;
    throw new CoreError("unauthenticated", "This account does not exist any more.");
  }
}

function placeOf({ lastSeq, rev }: InboxUpdate): SyncPosition {
  return { seq: lastSeq, rev };
}

/** In a conversation that says so the user never was. */
function unlessNever(error: unknown): null {
  if (error instanceof CoreError && error.code === "not_found") return null;
  throw error;
}
