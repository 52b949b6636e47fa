import { onTestFinished, vi } from "vitest";
import { Fanout, type FanoutDeps } from "../../../src/conversation/delivery/fanout.ts";
import type { FanoutCheckpoint } from "../../../src/conversation/delivery/fanout-checkpoint.ts";
import type { FanoutSource } from "../../../src/conversation/delivery/fanout-source.ts";
import type { InboxFailure } from "../../../src/conversation/delivery/inbox-calls/inbox-failures.ts";
import { ConversationId, Position, UserId } from "../../../src/domain/ids.ts";
import type { DeliveredPosition, InboxUpdate } from "../../../src/domain/sync/inbox-update.ts";
import { nextTurn } from "../../support/event-loop.ts";
import { inboxUpdate } from "../../support/objects/inbox-list.ts";
import { range } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

/** More than any test has to wait, on the clock of a world, in ms. */
const LONG_MS = 120_000;

/** More than the length of any chain of promises here. */
const LINKS = 50;

/** Lets promises go on that wait for no timer. */
async function settle(): Promise<void> {
  for (let link = 0; link < LINKS; link++) await null;
}

/**
 * A conversation, its members' inboxes and the stored retry marker, all in memory. `until` and `during` alone
 * move its clock, from one timer to the next: no pause takes real time, and a slow machine does no harm.
 */
export class World {
  version = 0;
  noteStands = false;
  checkpoint: FanoutCheckpoint | null = null;
  /** how often a checkpoint was stored */
  checkpoints = 0;
  readonly ids: UserId[];
  /** the newest version in each inbox */
  readonly has = new Map<UserId, number>();
  readonly calls: { id: UserId; ver: number }[] = [];
  /** behind which position each inbox was last sent messages; null: it was sent none */
  readonly pages = new Map<UserId, DeliveredPosition>();
  readonly underWay = new Map<UserId, number>();
  mostAtOnce = 0;
  mostForOne = 0;
  isLarge = false;
  /** whether a change waits for its announcement */
  hasUnannounced = false;
  /** the most members with devices that are sent every message */
  maxLive = 1_000;
  /** whether the conversation takes a member's devices to be connected */
  readonly devices = new Map<UserId, boolean>();
  /** members with an ephemeral event to deliver */
  readonly passing = new Set<UserId>();
  /** members with an open device socket */
  readonly online = new Set<UserId>();
  /** members whose devices leave the conversation to a room socket */
  readonly focused = new Set<UserId>();
  readonly broken = new Set<UserId>();
  /** inboxes that answer once this is resolved */
  readonly held = new Map<UserId, Promise<void>>();
  /** the stored failures of inboxes */
  readonly failures = new Map<UserId, InboxFailure>();
  /** when the alarm retries failed inboxes */
  retryAt: number | null = null;
  /** members whose snapshot throws */
  readonly unmade = new Set<UserId>();

  constructor(members: number) {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    this.ids = range(100_000, 100_000 + members - 1).map((id) => UserId.parse(id));
  }

  /** These members have devices, and the conversation knows it. */
  connect(...ids: UserId[]): void {
    for (const id of ids) {
      this.devices.set(id, true);
      this.online.add(id);
    }
  }

  /** Something happens in the conversation. */
  change(fanout: Fanout): void {
    this.version++;
    fanout.changed();
  }

  /**
   * Counts the timers that are armed from now on. No `vi.spyOn`: vitest restores a spy once more after the
   * file, and would leave the fake timer to the files that follow.
   */
  countTimers(): { readonly armed: number } {
    const counter = { armed: 0 };
    const fake = globalThis.setTimeout;
    const value = (...args: Parameters<typeof fake>) => {
      counter.armed++;
      return fake(...args);
    };
    Object.defineProperty(globalThis, "setTimeout", { configurable: true, writable: true, value });
    onTestFinished(() => void Object.defineProperty(globalThis, "setTimeout", { value: fake }));
    return counter;
  }

  fanout(): Fanout {
    const membership: FanoutSource = {
      conversationId: ConversationId.parse(1),
      ids: () => this.ids,
      inTurn: () => this.ids,
      version: () => this.version,
      ...{ isCrowd: () => false, isUrgent: () => false },
      ...{
        changed: () => undefined,
        sent: () => undefined,
        restore: () => undefined,
        noteAwaiting: () => undefined,
      },
      mark: () => ({ seq: this.version, changes: 0, touched: 0, rev: 0 }),
      versionAt: (_, mark) => mark.seq,
      update: (id, position, isOnDemand) => {
        this.pages.set(id, position);
        return { ...this.update(id), ...(isOnDemand && { onDemand: true }) };
      },
      isLarge: () => this.isLarge,
      newestPosition: () => ({ seq: Position.parse(this.version), rev: 0 }),
      dueRev: () => 0,
      hasUnannounced: () => this.hasUnannounced,
      hasDevices: (id) => this.devices.get(id) ?? null,
      setDevices: (id, hasDevices) =>
        void (hasDevices === null ? this.devices.delete(id) : this.devices.set(id, hasDevices)),
      hasEphemeral: (id) => this.passing.has(id),
      confirmed: (id) => void this.passing.delete(id),
    };
    const inboxes: FanoutDeps["inboxes"] = { applyUpdate: (id, update) => this.#take(id, update) };
    const marker: FanoutDeps["marker"] = {
      isSet: () => this.noteStands,
      set: () => {
        this.noteStands = true;
      },
    };
    const checkpoint: FanoutDeps["checkpoint"] = {
      read: () => this.checkpoint,
      save: (saved) => {
        this.checkpoint = saved;
        this.checkpoints++;
      },
    };
    const retry: FanoutDeps["retry"] = {
      set: (due) => {
        this.retryAt = due;
      },
      cancel: () => {
        this.retryAt = null;
      },
    };
    const failures: FanoutDeps["failures"] = {
      all: () => [...this.failures.values()],
      save: (failure) => void this.failures.set(failure.user_id, failure),
      delete: (id) => void this.failures.delete(id),
    };
    const onSignOfLife = () => undefined;
    return new Fanout(membership, {
      ...{ inboxes, marker, checkpoint, retry, failures, onSignOfLife, timing },
      maxLiveMembers: this.maxLive,
    });
  }

  /** Runs the alarm's job once. @returns when it wants to run again; null: the marker is cleared */
  async repair(fanout: Fanout): Promise<number | null> {
    const again = await this.during(fanout.repair());
    if (again === null) this.noteStands = false;
    return again;
  }

  /** Runs the alarm's job until the marker is cleared. */
  async repairAll(fanout: Fanout): Promise<void> {
    while ((await this.repair(fanout)) !== null) await this.until(() => this.allKnow);
  }

  /**
   * Advances from timer to timer until `holds` is true.
   * @throws an Error if no timer is left, or after too long
   */
  async until(holds: () => boolean): Promise<void> {
    const end = Date.now() + LONG_MS;
    for (await settle(); !holds(); await settle()) {
      // A test timeout could not fire: nothing else runs meanwhile.
      if (vi.getTimerCount() === 0 || Date.now() > end) throw new Error("this never holds");
      vi.advanceTimersToNextTimer();
    }
  }

  /** Advances while `work` is under way. @returns its result */
  async during<T>(work: Promise<T>): Promise<T> {
    let isUnderWay = true;
    const ended = work.finally(() => {
      isUnderWay = false;
    });
    await Promise.all([ended, this.until(() => !isUnderWay)]);
    return ended;
  }

  /** Whether all inboxes, except the broken ones, have the newest version. */
  get allKnow(): boolean {
    return this.ids.every((id) => this.broken.has(id) || this.has.get(id) === this.version);
  }

  /** The newest update for an inbox. */
  update(id: UserId): InboxUpdate {
    if (this.unmade.has(id)) {
      this.calls.push({ id, ver: -1 });
      throw new Error("this snapshot cannot be made");
    }
    const memberCount = this.isLarge ? timing.largeGroup.aboveMembers + 1 : 1;
    return inboxUpdate(1, this.version, { memberCount });
  }

  async #take(id: UserId, { version: ver }: InboxUpdate): Promise<DeliveredPosition> {
    this.calls.push({ id, ver });
    this.underWay.set(id, (this.underWay.get(id) ?? 0) + 1);
    const all = [...this.underWay.values()];
    this.mostAtOnce = Math.max(
      this.mostAtOnce,
      all.reduce((sum, count) => sum + count, 0),
    );
    this.mostForOne = Math.max(this.mostForOne, ...all);
    await (this.held.get(id) ?? nextTurn());
    this.underWay.set(id, (this.underWay.get(id) ?? 0) - 1);
    if (this.broken.has(id)) throw new Error("this inbox is not reached");
    this.has.set(id, Math.max(ver, this.has.get(id) ?? -1));
    if (!this.online.has(id)) return null;
    return { seq: Position.parse(ver), rev: 0, ...(this.focused.has(id) && { isFocused: true }) };
  }
}
