import "fake-indexeddb/auto";
import { setImmediate as turn } from "node:timers/promises";
import { Cache } from "../../../src/cache/cache.ts";
import type { OutboxRecord, TimelineRecord } from "../../../src/cache/database.ts";
import type { Keeper } from "../../../src/cache/keeper.ts";
import { contents } from "../../cache/raw.ts";
import { Disk, MemoryKeeper } from "../../support/memory-keeper.ts";
import type { Random } from "./random.ts";

/** A save that is under way when a page ends has gone on for so many turns at most. */
const MAX_TURNS = 12;

/** What the client before has left. */
export interface Kept {
  /** the ids of the sends that wait, in order */
  readonly outbox: readonly string[];
  /** the position of each conversation */
  readonly positions: ReadonlyMap<number, number>;
}

/** Where a device keeps its state between two starts. */
export interface Storage {
  /** Begins a client, for which it is the cache. */
  begin(): Keeper;
  /** Keeps what has changed by now. */
  save(): void;
  /** The client ends without a word, as a page that the system kills. */
  crash(random: Random): Promise<Kept>;
}

/** A copy in memory, of the moments that the story chooses. */
export class MemoryStorage implements Storage {
  readonly #disk = new Disk();
  #keeper = new MemoryKeeper(this.#disk);

  begin(): Keeper {
    this.#keeper = new MemoryKeeper(this.#disk);
    return this.#keeper;
  }

  save(): void {
    this.#keeper.save();
  }

  async crash(): Promise<Kept> {
    this.#keeper.crash();
    const { outbox, timelines } = this.#disk;
    return {
      outbox: outbox.map(({ client_msg_id: id }) => id),
      positions: new Map([...timelines].map(([id, { seq }]) => [id, seq])),
    };
  }
}

/** The cache of the product, in an IndexedDB. Storages of one name are tabs of one browser. */
export class DatabaseStorage implements Storage {
  readonly #name: string;
  #cache: MortalCache;

  constructor(name: string) {
    this.#name = name;
    this.#cache = new MortalCache(name);
  }

  begin(): Keeper {
    this.#cache = new MortalCache(this.#name);
    return this.#cache;
  }

  save(): void {
    void this.#cache.flush();
  }

  async crash(random: Random): Promise<Kept> {
    if (random.chance(0.7)) this.save();
    for (let turns = random.whole(0, MAX_TURNS); turns > 0; turns--) await turn();
    await this.#cache.die();
    const outbox = await contents<OutboxRecord>(this.#name, "outbox");
    const timelines = await contents<TimelineRecord>(this.#name, "timelines");
    return {
      outbox: outbox.toSorted((a, b) => a.place - b.place).map(({ id }) => id),
      positions: new Map(timelines.map(({ id, seq }) => [id, seq])),
    };
  }
}

/** A cache that begins no write any more once its page is dead; the browser then ends its locks. */
class MortalCache extends Cache {
  #isDead = false;

  constructor(name: string) {
    super(`parley:${name}`);
  }

  override outboxChanged(...change: Parameters<Cache["outboxChanged"]>): void {
    if (!this.#isDead) super.outboxChanged(...change);
  }

  override async flush(): Promise<void> {
    if (!this.#isDead) await super.flush();
  }

  async die(): Promise<void> {
    this.#isDead = true;
    await this.close();
  }
}
