import type { Readable } from "node:stream";

/** The files of an export: a folder, a zip, or one file with what is beside it. */
export interface Source {
  /** as the operator named it */
  readonly name: string;
  /** the paths of its files, with `/`, in their order; of one file that was named: this one alone */
  readonly paths: readonly string[];
  /** whether there is such a file, also beside the one that was named; a path that leads out of it: no */
  has(path: string): boolean;
  /** The bytes of a file. @throws ImportFailure if there is none */
  open(path: string): Promise<Readable>;
  close(): void;
}
