import { onTestFinished, vi } from "vitest";
import type { FanoutSource } from "../../../src/conversation/delivery/device-tracker.ts";
import { Fanout } from "../../../src/conversation/delivery/fanout.ts";
import { ConversationId, Position, UserId } from "../../../src/domain/ids.ts";
import type { Inboxes } from "../../../src/domain/ports.ts";
import type { DeliveredPosition, InboxUpdate } from "../../../src/domain/sync/inbox-update.ts";
import { range } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

type Note = ConstructorParameters<typeof Fanout>[2];

/** Longer than any test has to wait, on the clock of a world. */
const LONG_MS = 120_000;

/** More links than the chains of promises have here. */
const LINKS = 50;

/** Lets go on what waits for no timer. */
async function settle(): Promise<void> {
  for (let link = 0; link < LINKS; link++) await null;
}

/**
 * A conversation, the inboxes of its members and the note in storage, all in memory. Its clock and timers move by
 * `until` and `during` alone, from one timer to the next: no pause takes time, and no machine is too slow.
 */
export class World {
  version = 0;
  noteStands = false;
  readonly ids: UserId[];
  /** the newest version each inbox has */
  readonly has = new Map<UserId, number>();
  readonly calls: { id: UserId; ver: number }[] = [];
  readonly underWay = new Map<UserId, number>();
  mostAtOnce = 0;
  mostForOne = 0;
  isLarge = false;
  /** whose devices the conversation takes to be there, or not */
  readonly devices = new Map<UserId, boolean>();
  /** who is to hear of something besides */
  readonly passing = new Set<UserId>();
  /** whose devices have a socket open */
  readonly online = new Set<UserId>();
  readonly broken = new Set<UserId>();
  /** inboxes which answer once this is resolved */
  readonly held = new Map<UserId, Promise<void>>();
  /** members whose snapshot cannot be made */
  readonly unmade = new Set<UserId>();

  constructor(members: number) {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    this.ids = range(100_000, 100_000 + members - 1).map((id) => UserId.parse(id));
  }

  fanout(): Fanout {
    const membership: FanoutSource = {
      conversationId: ConversationId.parse(1),
      ids: () => this.ids,
      version: () => this.version,
      update: (id) => this.#bump(id),
      isLarge: () => this.isLarge,
      deliveredPosition: () => ({ seq: Position.parse(this.version), rev: 0 }),
      hasDevices: (id) => this.devices.get(id) ?? null,
      setDevices: (id, hasDevices) => void this.devices.set(id, hasDevices),
      hasEphemeral: (id) => this.passing.has(id),
      delivered: (id) => void this.passing.delete(id),
    };
    const inboxes: Inboxes = {
      applyUpdate: (id, bump) => this.#take(id, bump),
      notify: () => Promise.reject(new Error("not asked here")),
      register: () => Promise.reject(new Error("not asked here")),
      unregister: () => Promise.reject(new Error("not asked here")),
    };
    const note: Note = {
      isSet: () => this.noteStands,
      set: () => {
        this.noteStands = true;
      },
      clear: () => {
        this.noteStands = false;
      },
    };
    return new Fanout(membership, inboxes, note, timing);
  }

  /** Lets time pass from timer to timer until `holds`. @throws where nothing is to come any more, or for too long */
  async until(holds: () => boolean): Promise<void> {
    const end = Date.now() + LONG_MS;
    for (await settle(); !holds(); await settle()) {
      // No timeout of the test would go off: nothing else runs meanwhile.
      if (vi.getTimerCount() === 0 || Date.now() > end) throw new Error("this never holds");
      vi.advanceTimersToNextTimer();
    }
  }

  /** Lets time pass while the work is under way. @returns what it gives */
  async during<T>(work: Promise<T>): Promise<T> {
    let isUnderWay = true;
    const ended = work.finally(() => {
      isUnderWay = false;
    });
    await Promise.all([ended, this.until(() => !isUnderWay)]);
    return ended;
  }

  /** Whether all but the broken know the newest. */
  get allKnow(): boolean {
    return this.ids.every((id) => this.broken.has(id) || this.has.get(id) === this.version);
  }

  #bump(id: UserId): InboxUpdate {
    if (this.unmade.has(id)) {
      this.calls.push({ id, ver: -1 });
      throw new Error("this snapshot cannot be made");
    }
    const zero = Position.parse(0);
    const standing = {
      visibleFrom: zero,
      newFrom: zero,
      lastSeq: zero,
      lastCount: 0,
      readSeq: zero,
      readCount: 0,
      memberCount: 1,
      deletedForMe: false,
      rev: 0,
      ephemeral: [],
    };
    const conversationId = ConversationId.parse(1);
    return {
      conversationId,
      version: this.version,
      state: "active",
      ...standing,
      preview: null,
      updatedAt: 0,
    };
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
    await (this.held.get(id) ?? new Promise((resolve) => setTimeout(resolve, 0)));
    this.underWay.set(id, (this.underWay.get(id) ?? 0) - 1);
    if (this.broken.has(id)) throw new Error("this inbox is not reached");
    this.has.set(id, Math.max(ver, this.has.get(id) ?? -1));
    return this.online.has(id) ? { seq: Position.parse(ver), rev: 0 } : null;
  }
}
