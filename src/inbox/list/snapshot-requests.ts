import { nullIfNotFound } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { DeviceFeed } from "../devices/device-feed.ts";
import type { ConversationList } from "./conversation-list.ts";
import type { RecentActivity } from "./recent-activity.ts";

/** The most conversations that are asked at once. */
const MAX_ASKED = 100;

/** What snapshot requests need from the inbox. */
interface SnapshotRequestsDeps {
  list: Pick<ConversationList, "lost" | "recovered">;
  recentActivity: Pick<RecentActivity, "forLists" | "forSubscriptions">;
  /** asks a conversation */
  fetch(id: ConversationId): Promise<InboxUpdate>;
  feed: Pick<DeviceFeed, "storeSnapshot">;
  timing: Pick<Timing["list"], "snapshotTimeoutMs" | "recoveryTimeoutMs">;
}

/**
 * Asks conversations for snapshots where the list may lack the newest update:
 * - *recent* conversations, which may hold back an update for a cooldown;
 * - *lost* ones, whose update was in memory when the inbox crashed.
 */
export class SnapshotRequests {
  readonly #deps: SnapshotRequestsDeps;

  constructor(deps: SnapshotRequestsDeps) {
    this.#deps = deps;
  }

  /** The conversations to which the first device subscribes. */
  forFirstDevice(): ConversationId[] {
    const { list, recentActivity } = this.#deps;
    return [...new Set([...recentActivity.forSubscriptions(), ...list.lost])];
  }

  /** Before the list is read. The row of a conversation that does not answer in time stays as it is. */
  async beforeList(): Promise<void> {
    const { list, recentActivity, timing } = this.#deps;
    const ids = [...new Set([...recentActivity.forLists(), ...list.lost])];
    await this.#ask(ids.slice(0, MAX_ASKED), timing.snapshotTimeoutMs);
  }

  /**
   * For the alarm: asks the lost conversations, as far as the calls suffice.
   * @returns when to go on (ms since 1970); null: none is lost any more
   * @throws what one of them threw that did not answer: the job tries again after a pause
   */
  async recoverLost(calls: CallBudget): Promise<number | null> {
    const { list, timing } = this.#deps;
    const ids = list.lost.slice(0, MAX_ASKED);
    const failures = await this.#ask(ids.slice(0, calls.take(ids.length)), timing.recoveryTimeoutMs);
    if (failures.length > 0) throw failures[0];
    return list.lost.length > 0 ? Date.now() : null;
  }

  /** Stores a snapshot that a conversation has just answered. */
  store(snapshot: InboxUpdate): void {
    this.#deps.feed.storeSnapshot(snapshot);
    this.#deps.list.recovered(snapshot.conversationId);
  }

  /**
   * Asks conversations, and stores their answers in one turn, so that they are one commit.
   * @returns the errors of those that did not answer
   */
  async #ask(ids: ConversationId[], timeoutMs: number): Promise<unknown[]> {
    const asked = ids.map(async (id) => {
      // A conversation that the user never was in has no snapshot, and has lost nothing.
      const answer = this.#deps.fetch(id).catch(nullIfNotFound);
      return { id, snapshot: await withDeadline(answer, timeoutMs) };
    });
    const failures: unknown[] = [];
    for (const result of await Promise.allSettled(asked)) {
      if (result.status === "rejected") failures.push(result.reason);
      else if (result.value.snapshot) this.store(result.value.snapshot);
      else this.#deps.list.recovered(result.value.id);
    }
    return failures;
  }
}
