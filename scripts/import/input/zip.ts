import type { Readable } from "node:stream";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { ImportFailure, messageOf } from "../failure.ts";
import { isNoise } from "./noise.ts";
import type { Source } from "./source.ts";

/** A zip. Its files are read where they are: nothing is unpacked. */
export class ZipSource implements Source {
  readonly name: string;
  readonly paths: readonly string[];
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(name: string, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.name = name;
    this.#zip = zip;
    this.#entries = entries;
    this.paths = [...entries.keys()].sort();
  }

  static async open(path: string): Promise<ZipSource> {
    try {
      const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
      return new ZipSource(path, zip, await entriesOf(zip));
    } catch (error) {
      throw new ImportFailure(`${path} is no zip that can be read: ${messageOf(error)}. Download it again.`);
    }
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  async open(path: string): Promise<Readable> {
    const entry = this.#entries.get(path);
    if (!entry) throw new ImportFailure(`${this.name} has no file ${path}.`);
    return this.#zip.openReadStreamPromise(entry);
  }

  close(): void {
    this.#zip.close();
  }
}

function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>();
    zip.on("entry", (entry: Entry) => {
      const { fileName } = entry;
      if (!fileName.endsWith("/") && !isNoise(fileName)) entries.set(fileName, entry);
      zip.readEntry();
    });
    zip.on("end", () => resolve(entries));
    zip.on("error", reject);
    zip.readEntry();
  });
}
