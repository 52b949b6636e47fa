import type { ObjectKind, ObjectRows } from "../../domain/backup/parts.ts";
import { CoreError } from "../../domain/errors.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { isDatabaseEmpty, writeDatabase } from "../../storage/backup/database-rows.ts";
import { fromR2, sendStream } from "../../storage/files/blobs.ts";
import { type BackupCore, callsOf, fileKey } from "./deployment-source.ts";

/** Objects that are written at once. */
const CONCURRENT = 6;
/** The key in the bucket of files that names the backup which is being restored. It is no file's key. */
const MARKER = "restore-in-progress";

const LOADED = " loaded";

/** This deployment, as a backup is restored into it. It serves nobody meanwhile: the setting `RESTORE`. */
export class DeploymentTarget {
  readonly #core: BackupCore;

  constructor(core: BackupCore) {
    this.#core = core;
  }

  /** @see RestoreTarget.begin */
  async begin(backup: string): Promise<{ isLoaded: boolean }> {
    const { db, files } = this.#core;
    const marker = await fromR2(files.get(MARKER));
    const begun = marker && (await fromR2(marker.text()));
    if (begun === backup + LOADED) return { isLoaded: true };
    if (begun !== null && begun !== backup)
      throw new CoreError(
        "conflict",
        "A restore of another backup has broken off here: finish it, or begin with an empty deployment.",
      );
    if (begun === null && !(await isDatabaseEmpty(db)))
      throw new CoreError(
        "conflict",
        "This deployment has users or conversations: restore into an empty one.",
      );
    await fromR2(files.put(MARKER, backup));
    return { isLoaded: false };
  }

  /** @returns whether everything is written @throws `conflict` unless a restore is under way */
  async requireBegun(): Promise<boolean> {
    const marker = await fromR2(this.#core.files.get(MARKER));
    if (!marker) throw new CoreError("conflict", "No restore is under way: begin one first.");
    return (await fromR2(marker.text())).endsWith(LOADED);
  }

  /** @see RestoreTarget.loaded */
  async loaded(): Promise<void> {
    const marker = await fromR2(this.#core.files.get(MARKER));
    const begun = (marker && (await fromR2(marker.text()))) ?? "";
    if (!begun.endsWith(LOADED)) await fromR2(this.#core.files.put(MARKER, begun + LOADED));
  }

  /** Writes rows of objects. Rows of one object are written in their order. */
  async objects(rows: readonly ObjectRows[]): Promise<void> {
    const byObject = Map.groupBy(rows, ({ kind, id }) => `${kind} ${id}`);
    await forEachConcurrent(CONCURRENT, [...byObject.values()], async (ofOne) => {
      for (const { kind, id, ...part } of ofOne) await callsOf(this.#core, kind, id).loadRows(part);
    });
  }

  async database(rows: string): Promise<void> {
    await writeDatabase(this.#core.db, rows);
  }

  /** Stores the bytes of a file, of a known size. */
  async file(key: string, bytes: AsyncIterable<Uint8Array>, size: number): Promise<void> {
    const named = fileKey(key);
    await sendStream(bytes, size, (stream) => this.#core.files.put(named, stream));
  }

  /** Has objects answer. */
  async finish(kind: ObjectKind, ids: readonly string[]): Promise<void> {
    await forEachConcurrent(CONCURRENT, ids, async (id) => {
      await callsOf(this.#core, kind, id).finishRestore();
    });
  }

  async end(): Promise<void> {
    await fromR2(this.#core.files.delete(MARKER));
  }
}
