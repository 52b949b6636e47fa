import type { UserId } from "../../domain/ids.ts";
import type { UserDirectory } from "../../domain/ports.ts";
import type { ReleasedFiles } from "../../object/files/released-files.ts";

/** The alarm job of the files of a deleted account. */
interface Scheduler {
  schedule(kind: "own_files", key: string, due: number): void;
}

interface OwnFilesDeps {
  directory: Pick<UserDirectory, "releaseFilesOf">;
  released: Pick<ReleasedFiles, "add">;
  userId(): UserId;
}

/**
 * The files of a user whose account is deleted: those that nothing shows are deleted. Conversations look
 * after what they erase.
 */
export class OwnFiles {
  readonly #jobs: Scheduler;
  readonly #deps: OwnFilesDeps;

  constructor(jobs: Scheduler, deps: OwnFilesDeps) {
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /** Has the alarm look through the files. Call it once D1 has deleted the account. */
  deleteAll(): void {
    this.#jobs.schedule("own_files", "", Date.now());
  }

  /** The `own_files` job, 500 files at once. @param after the file up to which it has come, or `""` */
  async release(after: string): Promise<null> {
    const { directory, released, userId } = this.#deps;
    const page = await directory.releaseFilesOf(userId(), after);
    released.add(page.released);
    if (page.last !== null) this.#jobs.schedule("own_files", page.last, Date.now());
    return null;
  }
}
