import { nullIfNotFound } from "../../domain/errors.ts";
import { ConversationId } from "../../domain/ids.ts";
import type { MemberSnapshot, SnapshotRequest, Subscription } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";
import type { DeviceFeed } from "../devices/device-feed.ts";
import type { ConversationList } from "./conversation-list.ts";

/** The most large groups that are asked. Snapshots of further ones are a minute old at most. */
const MAX_LARGE = 100;
/** The most crowds that are asked. */
const MAX_CROWDS = 100;
/** The most conversations that are asked as they have just sent an update. */
const MAX_HEARD = 50;
/** The most others that are asked before a list. */
const MAX_ASKED = 100;

/**
 * The conversations that a crash has lost updates of are alarm jobs: their key is the conversation. One more
 * job asks all crowds.
 */
interface CatchUpJobs {
  schedule(kind: "lost_updates" | "crowds", key: string, due: number): void;
  cancel(kind: "lost_updates", key: string): void;
  keys(kind: "lost_updates"): string[];
  has(kind: "crowds", key: string): boolean;
}

/** When a conversation was last subscribed to (ms), and for what. */
interface LastSubscription extends Subscription {
  at: number;
}

/** What an inbox says of itself when it asks. */
type Question = Pick<SnapshotRequest, "subscribes" | "awaits">;

/** What catching up needs from the inbox. */
interface CatchUpDeps {
  jobs: CatchUpJobs;
  list: Pick<ConversationList, "holdingBack" | "known" | "lostByCrash">;
  /** asks a conversation, and subscribes to it */
  ask(id: ConversationId, request: Question): Promise<MemberSnapshot>;
  /** whether phones or a bot wait for messages */
  awaits(): boolean;
  feed: Pick<DeviceFeed, "storeSnapshot" | "take">;
  /** the number of members up to which a group is no crowd */
  crowdMembers: number;
  timing: Pick<Timing, "crowds" | "largeGroup" | "list" | "recent" | "subscription">;
}

/**
 * Asks conversations for snapshots where the list may lack the newest update:
 * - *heard* ones have just sent an update: a further one may wait out its cooldown there. They may also have
 *   stored that no device is connected, so the first device subscribes to them.
 * - *large* groups defer updates. The inbox subscribes to them when the list is read or a device connects:
 *   they deliver without delay for the length of a lease.
 * - *crowds* tell nobody. They are asked before the list is read, before a device connects, and once a minute
 *   while one is connected.
 * - *lost* ones: a crash may have lost an update that was in memory. A job asks them, or an earlier reader of
 *   the list. They stay lost until a snapshot is stored that was asked for after the crash.
 */
export class CatchUp {
  readonly #deps: CatchUpDeps;
  readonly #last = new Map<ConversationId, LastSubscription>();
  /** the crowds that did not answer when the list was read last */
  #stale: ReadonlySet<ConversationId> = new Set();
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
    const { heard, large, crowds } = this.#holdingBack(this.#deps.timing.recent.listMs);
    const others = [...new Set([...heard, ...this.#lost()])].slice(0, MAX_ASKED);
    const due = this.#due(large, hasDevices);
    await Promise.all([
      this.#subscribe(due, hasDevices),
      this.#ask(others.filter((id) => !due.includes(id))),
      this.#refreshCrowds(crowds),
    ]);
  }

  /**
   * Before a device socket opens. Never rejects.
   * @param isFirst no other socket is open
   * @param focused conversations that all other sockets leave to room sockets
   */
  async beforeDevice(isFirst: boolean, focused: ConversationId[]): Promise<void> {
    const { heard, large, crowds } = this.#holdingBack(this.#deps.timing.recent.subscribeMs);
    const due = this.#due([...large, ...(isFirst ? [...heard, ...this.#lost()] : [])], true);
    await Promise.all([
      this.#subscribe([...new Set([...due, ...focused])], true),
      this.#refreshCrowds(crowds),
    ]);
    if (crowds.length > 0) this.#askCrowdsLater();
  }

  /** An update has come while a device is connected: the first one of a crowd begins the questions. */
  heard({ memberCount, state }: InboxUpdate): void {
    if (memberCount > this.#deps.crowdMembers && state === "active") this.#askCrowdsLater();
  }

  /** Whether the row of a crowd is what it was before the list was read: the crowd has not answered. */
  isStale(id: ConversationId): boolean {
    return this.#stale.has(id);
  }

  /** Has the crowds asked in a minute, unless that is planned. */
  #askCrowdsLater(): void {
    const { jobs, timing } = this.#deps;
    if (!jobs.has("crowds", "")) jobs.schedule("crowds", "", Date.now() + timing.crowds.askMs);
  }

  /**
   * The `crowds` job: devices are told which crowds have something new.
   * @returns when to ask again (ms since 1970); null: the user is in no crowd
   */
  async askCrowds(calls: CallBudget): Promise<number | null> {
    const { ask, feed, list, timing } = this.#deps;
    const { crowds } = this.#holdingBack(timing.recent.listMs);
    if (crowds.length === 0) return null;
    const asked = crowds.slice(0, calls.take(crowds.length)).map(async (id) => {
      const answer = await withDeadline(ask(id, {}), timing.crowds.answerMs);
      const delivered = list.known(id)?.delivered;
      const { lastSeq, rev } = answer.update;
      if (delivered?.seq !== lastSeq || delivered.rev !== rev)
        await feed.take({ ...answer.update, onDemand: true });
    });
    // A crowd that does not answer is asked again in a minute.
    await Promise.allSettled(asked);
    return Date.now() + timing.crowds.askMs;
  }

  /**
   * The `lost_updates` job. @throws if the conversation does not answer: the job tries again after a pause
   */
  async recover(key: string, calls: CallBudget): Promise<null> {
    calls.take(1);
    const { recoveryTimeoutMs } = this.#deps.timing.list;
    const [failure] = await this.#ask([ConversationId.parse(Number(key))], {}, recoveryTimeoutMs);
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
    const { heard, large, crowds } = list.holdingBack(Date.now() - ms, timing.largeGroup.aboveMembers);
    const isCrowd = new Set(crowds);
    return {
      heard: heard.filter((id) => !isCrowd.has(id)).slice(0, MAX_HEARD),
      large: large.slice(0, MAX_LARGE),
      crowds: crowds.slice(0, MAX_CROWDS),
    };
  }

  /** Brings the list up to what these crowds have, as far as they answer in time. */
  async #refreshCrowds(ids: ConversationId[]): Promise<void> {
    const failures = await this.#ask(ids, { awaits: this.#deps.awaits() }, this.#deps.timing.crowds.answerMs);
    this.#stale = new Set(failures.map(({ id }) => id));
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
    const failures = await this.#ask(ids, { subscribes: { hasDevices } });
    // The next call subscribes again.
    for (const { id } of failures) this.#last.delete(id);
  }

  /**
   * Asks conversations, and stores their answers in one turn, so that they are one commit.
   * @returns those that did not answer in time, and why
   */
  async #ask(
    ids: ConversationId[],
    question: Question = {},
    timeoutMs = this.#deps.timing.list.snapshotTimeoutMs,
  ): Promise<{ id: ConversationId; reason: unknown }[]> {
    const failures: { id: ConversationId; reason: unknown }[] = [];
    const asked = ids.map(async (id) => {
      // A conversation that the user never was in has no snapshot, and has lost nothing.
      const answer = this.#deps.ask(id, question).catch(nullIfNotFound);
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
