import type { ObjectKind, ObjectRows, RestoreWrite } from "../../domain/backup/parts.ts";
import { CoreError } from "../../domain/errors.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { isDatabaseEmpty, writeDatabase } from "../../storage/backup/database-rows.ts";
import { fromR2, sendStream } from "../../storage/files/blobs.ts";
import type { Core } from "../context.ts";
import { type BackupCore, callsOf, fileKey } from "./deployment-source.ts";

/**
 * Writes what a call of a restore brings. Each may be repeated.
 * @throws `conflict` while the setting `RESTORE` is off, and as the target does
 * @returns whether everything is written
 */
export async function write(core: Core, write: RestoreWrite): Promise<boolean> {
  const target = restoreTarget(core);
  switch (write.what) {
    case "begin":
      return (await target.begin(write.backup)).isLoaded;
    case "objects":
      await target.objects(write.items);
      return false;
    case "database":
      await target.database(write.rows);
      return false;
    case "loaded":
      await target.loaded();
      return true;
    case "finish":
      await target.finish(write.kind, write.ids);
      return true;
    case "end":
      await target.end();
      return true;
  }
}

/** This deployment, into which a backup may be restored. @throws `conflict` while `RESTORE` is off */
export function restoreTarget(core: Core): DeploymentTarget {
  if (!core.settings.isRestoring)
    throw new CoreError("conflict", 'A backup is restored only while the setting RESTORE is "on".');
  return new DeploymentTarget(core);
}

/** Objects that are written at once. */
const CONCURRENT = 6;
/** The key in the bucket of files that names the backup which is being restored. It is no file's key. */
const MARKER = "restore-in-progress";

const LOADED = " loaded";

/** A restore that is under way. */
interface Begun {
  backup: string;
  /** everything is written */
  isLoaded: boolean;
}

/** This deployment, as a backup is restored into it. It serves nobody meanwhile: the setting `RESTORE`. */
class DeploymentTarget {
  readonly #core: BackupCore;

  constructor(core: BackupCore) {
    this.#core = core;
  }

  /** @see RestoreTarget.begin */
  async begin(backup: string): Promise<{ isLoaded: boolean }> {
    const { db, files } = this.#core;
    const begun = await this.#begun();
    if (begun && begun.backup !== backup)
      throw new CoreError(
        "conflict",
        "A restore of another backup has broken off here: finish it, or begin with an empty deployment.",
      );
    if (begun) return begun;
    if (!(await isDatabaseEmpty(db)))
      throw new CoreError(
        "conflict",
        "This deployment has users or conversations: restore into an empty one.",
      );
    await fromR2(files.put(MARKER, backup));
    return { isLoaded: false };
  }

  /** Writes rows of objects. Rows of one object are written in their order. @throws as `#requireWriting` */
  async objects(rows: readonly ObjectRows[]): Promise<void> {
    await this.#requireWriting();
    const byObject = Map.groupBy(rows, ({ kind, id }) => `${kind} ${id}`);
    await forEachConcurrent(CONCURRENT, [...byObject.values()], async (ofOne) => {
      for (const { kind, id, ...part } of ofOne) await callsOf(this.#core, kind, id).loadRows(part);
    });
  }

  /** @throws as `#requireWriting` */
  async database(rows: string): Promise<void> {
    await this.#requireWriting();
    await writeDatabase(this.#core.db, rows);
  }

  /** Stores the bytes of a file, of a known size. @throws as `#requireWriting` */
  async file(key: string, bytes: AsyncIterable<Uint8Array>, size: number): Promise<void> {
    await this.#requireWriting();
    const named = fileKey(key);
    await sendStream(bytes, size, (stream) => this.#core.files.put(named, stream));
  }

  /** @see RestoreTarget.loaded @throws `conflict` before a restore has begun */
  async loaded(): Promise<void> {
    const { backup, isLoaded } = await this.#requireBegun();
    if (!isLoaded) await fromR2(this.#core.files.put(MARKER, backup + LOADED));
  }

  /** Has objects answer. @throws `conflict` before a restore has begun */
  async finish(kind: ObjectKind, ids: readonly string[]): Promise<void> {
    await this.#requireBegun();
    await forEachConcurrent(CONCURRENT, ids, async (id) => {
      await callsOf(this.#core, kind, id).finishRestore();
    });
  }

  /** Idempotent. */
  async end(): Promise<void> {
    await fromR2(this.#core.files.delete(MARKER));
  }

  /** @throws `conflict` unless a restore is under way that has not written everything yet */
  async #requireWriting(): Promise<void> {
    const { isLoaded } = await this.#requireBegun();
    if (isLoaded) throw new CoreError("conflict", "Everything is written, and objects begin to answer.");
  }

  async #requireBegun(): Promise<Begun> {
    const begun = await this.#begun();
    if (!begun) throw new CoreError("conflict", "No restore is under way: begin one first.");
    return begun;
  }

  /** null: no restore is under way */
  async #begun(): Promise<Begun | null> {
    const marker = await fromR2(this.#core.files.get(MARKER));
    const text = marker && (await fromR2(marker.text()));
    return text ? { backup: text.replace(LOADED, ""), isLoaded: text.endsWith(LOADED) } : null;
  }
}
