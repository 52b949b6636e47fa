import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is removed when the process ends, at the latest: it holds messages and files of people. */
export class ScratchFolder {
  readonly path: string;
  readonly #remove = () => rmSync(this.path, { recursive: true, force: true });

  /** @param parent the folder that it is made in */
  constructor(name: string, parent: string = tmpdir()) {
    this.path = mkdtempSync(join(parent, `parley-${name}-`));
    process.once("exit", this.#remove);
  }

  remove(): void {
    process.off("exit", this.#remove);
    this.#remove();
  }
}
