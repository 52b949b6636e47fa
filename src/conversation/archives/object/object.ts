import { DurableObject } from "cloudflare:workers";
import type { CallMethods } from "../../../object/calls/object-call.ts";
import { serveCalls } from "../../../object/calls/serve-calls.ts";
import { type Migration, migrate } from "../../../object/migrations.ts";
import { ArchiveStore, BODIES_TABLES } from "./archive-store.ts";
import { ARCHIVE_CALLS } from "./calls.ts";

/** The schema of an archive, as steps. Append-only: a released step never changes. */
export const MIGRATIONS: readonly Migration[] = [{ version: 1, minCode: 1, sql: BODIES_TABLES }];

/** Pieces of that work in one alarm, each some milliseconds long. */
const STEPS = 8;

/** The Durable Object of an archive, which has bodies of old messages of one conversation. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `serveCalls` defines the methods of the interface
export abstract class ArchiveObject extends DurableObject<Env> {
  #store: ArchiveStore | undefined;

  static {
    serveCalls(ArchiveObject.prototype, ARCHIVE_CALLS, {
      charge: () => null,
      load: async (object) => object,
      isStored: () => true,
    });
  }

  /** The bodies, made when they are first needed. Conversations alone name archives. */
  get store(): ArchiveStore {
    if (!this.#store) {
      migrate(this.ctx.storage, MIGRATIONS);
      this.#store = new ArchiveStore(this.ctx.storage);
    }
    return this.#store;
  }

  /** Bodies have come or gone: the index has work. */
  async changed(): Promise<void> {
    const { due } = this.store;
    if (due !== null) await this.ctx.storage.setAlarm(due);
  }

  override async alarm(): Promise<void> {
    for (let step = 1; step <= STEPS; step++) this.store.step();
    await this.changed();
  }
}

/** The methods of its calls. */
export interface ArchiveObject extends CallMethods<typeof ARCHIVE_CALLS> {}
