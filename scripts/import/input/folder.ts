import { createReadStream, readdirSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { Readable } from "node:stream";
import { ImportFailure } from "../failure.ts";
import { isNoise } from "./noise.ts";
import type { Source } from "./source.ts";

/** A folder, or one file of it. */
export class FolderSource implements Source {
  readonly name: string;
  readonly paths: readonly string[];
  readonly #root: string;
  readonly #only: string | undefined;

  /**
   * @param only the one file that was named. It may be in a home directory: an export must not name hidden
   * files there
   */
  constructor(name: string, root: string, only?: string) {
    this.name = name;
    this.#root = realpathSync(root);
    this.#only = only;
    this.paths = only === undefined ? filesOf(root) : [only];
  }

  has(path: string): boolean {
    return this.#inside(path) !== undefined;
  }

  async open(path: string): Promise<Readable> {
    const found = this.#inside(path);
    if (found === undefined) throw new ImportFailure(`${this.name} has no file ${path}.`);
    return createReadStream(found);
  }

  close(): void {}

  /** The place of a file. An export is data from outside: its paths may name no other file of the machine. */
  #inside(path: string): string | undefined {
    const wanted = join(this.#root, path);
    if (!statSync(wanted, { throwIfNoEntry: false })?.isFile()) return undefined;
    const found = realpathSync(wanted);
    if (!found.startsWith(this.#root + sep)) return undefined;
    const parts = found.slice(this.#root.length + 1).split(sep);
    const isHidden = parts.some((part) => part.startsWith("."));
    return this.#only !== undefined && path !== this.#only && isHidden ? undefined : found;
  }
}

function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(root, sep).length).replaceAll(sep, "/"))
    .filter((path) => !isNoise(path))
    .sort();
}
