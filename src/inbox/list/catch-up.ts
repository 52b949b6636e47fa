import { nullIfNotFound } from "../../domain/errors.ts";
import { ConversationId } from "../../domain/ids.ts";
import type { MemberSnapshot, Subscription } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { DeviceFeed } from "../devices/device-feed.ts";
import type { ConversationList } from "./conversation-list.ts";

/** The most large groups that are asked. Snapshots of further ones are a minute old at most. */
const MAX_LARGE = 100;
/** The most conversations that are asked as they have just sent an update. */
const MAX_HEARD = 50;
/** The most others that are asked before a list. */
const MAX_ASKED = 100;

/** The conversations that a crash has lost updates of are alarm jobs: their key is the conversation. */
interface LostUpdates {
  schedule(kind: "lost_updates", key: string, due: number): void;
  cancel(kind: "lost_updates", key: string): void;
  keys(kind: "lost_updates"): string[];
}

/** When a conversation was last subscribed to (ms), and for what. */
interface LastSubscription extends Subscription {
  at: number;
}

/** What catching up needs from the inbox. */
interface CatchUpDeps {
  jobs: LostUpdates;
  list: Pick<ConversationList, "holdingBack" | "lostByCrash">;
  /** asks a conversation, and subscribes to it */
  ask(id: ConversationId, subscribes: Subscription | undefined): Promise<MemberSnapshot>;
  feed: Pick<DeviceFeed, "storeSnapshot">;
  timing: Pick<Timing, "largeGroup" | "list" | "recent" | "subscription">;
}

/**
 * Asks conversations for snapshots where the list may lack the newest update:
 * - *heard* ones have just sent an update: a further one may wait out its cooldown there. They may also have
 *   stored that no device is connected, so the first device subscribes to them.
 * - *large* groups defer updates. The inbox subscribes to them when the list is read or a device connects:
 *   they deliver without delay for the length of a lease.
 * - *lost* ones: a crash may have lost an update that was in memory. A job asks them, or an earlier reader of
 *   the list. They stay lost until a snapshot is stored that was asked for after the crash.
 */
export class CatchUp {
  readonly #deps: CatchUpDeps;
  readonly #last = new Map<ConversationId, LastSubscription>();
  #isStarting = true;

  constructor(deps: CatchUpDeps) {
    this.#deps = deps;
  }

  /**
   * For each event but the end of a device socket. The first one after a start finds out whether the object
   * has crashed. The end of a socket tells that it has slept: a crash closes sockets without an event.
   */
  afterStart(): void {
    if (!this.#isStarting) return;
    this.#isStarting = false;
    const { jobs, list } = this.#deps;
    for (const id of list.lostByCrash()) jobs.schedule("lost_updates", String(id), Date.now());
  }

  /**
   * Before the list is read. The row of a conversation that does not answer in time stays as it is.
   * @param hasDevices devices are connected: a subscription that was lost when they connected is repeated
   */
  async beforeList(hasDevices: boolean): Promise<void> {
    const { heard, large } = this.#holdingBack(this.#deps.timing.recent.listMs);
    const others = [...new Set([...heard, ...this.#lost()])].slice(0, MAX_ASKED);
    const due = this.#due(large, hasDevices);
    await Promise.all([
      this.#subscribe(due, hasDevices),
      this.#ask(others.filter((id) => !due.includes(id))),
    ]);
  }

  /**
   * Before a device socket opens. Never rejects.
   * @param isFirst no other socket is open
   * @param focused conversations that all other sockets leave to room sockets
   */
  async beforeDevice(isFirst: boolean, focused: ConversationId[]): Promise<void> {
    const { heard, large } = this.#holdingBack(this.#deps.timing.recent.subscribeMs);
    const due = this.#due([...large, ...(isFirst ? [...heard, ...this.#lost()] : [])], true);
    await this.#subscribe([...new Set([...due, ...focused])], true);
  }

  /**
   * The `lost_updates` job. @throws if the conversation does not answer: the job tries again after a pause
   */
  async recover(key: string, calls: CallBudget): Promise<null> {
    calls.take(1);
    const { recoveryTimeoutMs } = this.#deps.timing.list;
    const [failure] = await this.#ask([ConversationId.parse(Number(key))], undefined, recoveryTimeoutMs);
    if (failure !== undefined) throw failure.reason;
    return null;
  }

  /** Stores a snapshot that a conversation has just answered. */
  store(snapshot: InboxUpdate): void {
    this.#deps.feed.storeSnapshot(snapshot);
    this.#recovered(snapshot.conversationId);
  }

  #holdingBack(ms: number): ReturnType<ConversationList["holdingBack"]> {
    const { list, timing } = this.#deps;
    const { heard, large } = list.holdingBack(Date.now() - ms, timing.largeGroup.aboveMembers);
    return { heard: heard.slice(0, MAX_HEARD), large: large.slice(0, MAX_LARGE) };
  }

  #lost(): ConversationId[] {
    return this.#deps.jobs.keys("lost_updates").map((key) => ConversationId.parse(Number(key)));
  }

  #recovered(id: ConversationId): void {
    this.#deps.jobs.cancel("lost_updates", String(id));
  }

  /**
   * @returns those to which the inbox has not subscribed for `renewMs`; with devices also those to which it
   *   has subscribed without
   */
  #due(ids: ConversationId[], hasDevices: boolean): ConversationId[] {
    const since = Date.now() - this.#deps.timing.subscription.renewMs;
    for (const [id, { at }] of this.#last) if (at <= since) this.#last.delete(id);
    return ids.filter((id) => {
      const last = this.#last.get(id);
      return !last || (hasDevices && !last.hasDevices);
    });
  }

  async #subscribe(ids: ConversationId[], hasDevices: boolean): Promise<void> {
    for (const id of ids) this.#last.set(id, { at: Date.now(), hasDevices });
    const failures = await this.#ask(ids, { hasDevices });
    // The next call subscribes again.
    for (const { id } of failures) this.#last.delete(id);
  }

  /**
   * Asks conversations, and stores their answers in one turn, so that they are one commit.
   * @returns those that did not answer in time, and why
   */
  async #ask(
    ids: ConversationId[],
    subscribes?: Subscription,
    timeoutMs = this.#deps.timing.list.snapshotTimeoutMs,
  ): Promise<{ id: ConversationId; reason: unknown }[]> {
    const failures: { id: ConversationId; reason: unknown }[] = [];
    const asked = ids.map(async (id) => {
      // A conversation that the user never was in has no snapshot, and has lost nothing.
      const answer = this.#deps.ask(id, subscribes).catch(nullIfNotFound);
      try {
        return { id, snapshot: await withDeadline(answer, timeoutMs) };
      } catch (reason) {
        failures.push({ id, reason });
        return null;
      }
    });
    for (const answer of await Promise.all(asked)) {
      if (answer?.snapshot) this.store(answer.snapshot.update);
      else if (answer) this.#recovered(answer.id);
    }
    return failures;
  }
}
