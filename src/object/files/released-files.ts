import { z } from "zod";
import { FileKey } from "../../domain/ids.ts";
import type { ReleasedFileDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";

/** Files of one job, whose key names them. */
const AT_ONCE = 100;

const Keys = z.array(FileKey);

/** The alarm jobs of released files. */
interface Scheduler {
  schedule(kind: "released_files", key: string, due: number): void;
}

/**
 * Deletes files that their uploaders have taken back, once their time is over and unless something shows them
 * then. Others may have been about to show a file: they have had time to tell D1 of it.
 */
export class ReleasedFiles {
  readonly #jobs: Scheduler;
  readonly #directory: ReleasedFileDirectory;
  readonly #timing: Timing["files"];

  constructor(jobs: Scheduler, directory: ReleasedFileDirectory, timing: Timing["files"]) {
    this.#jobs = jobs;
    this.#directory = directory;
    this.#timing = timing;
  }

  /**
   * Has the alarm delete files that expire after `expiryMs`. Call it in the turn in which D1 has answered:
   * the job is then in the same commit as the caller's note.
   */
  add(keys: readonly FileKey[]): void {
    const due = Date.now() + this.#timing.expiryMs + this.#timing.deletionMs;
    for (let at = 0; at < keys.length; at += AT_ONCE)
      this.#jobs.schedule("released_files", JSON.stringify(keys.slice(at, at + AT_ONCE)), due);
  }

  /**
   * The `released_files` job.
   * @param key the files
   * @param tries how often it has failed
   * @returns when it runs again (ms since 1970), or null
   */
  async run(key: string, tries: number): Promise<number | null> {
    const keys = Keys.parse(JSON.parse(key));
    if (tries === 0) return this.#directory.deleteReleasedFiles(keys);
    // D1 did not answer: others could not tell it of what they show, and have their time from now on.
    await this.#directory.postponeDeletion(keys);
    return Date.now() + this.#timing.deletionMs;
  }
}
