import { createHash } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { extname, join } from "node:path";
import type { Readable } from "node:stream";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { FileDraft, FileInput, TakenFile } from "../collected/draft.ts";
import { first } from "../collected/names.ts";
import type { Source } from "../input/source.ts";
import { TemporaryFolder } from "../temporary-folder.ts";
import { type Downloads, download } from "./download.ts";
import { contentTypeOf } from "./media-types.ts";

const MAX_MIB = LIMITS.largeFileBytes / 1024 / 1024;

/** A file whose bytes are at hand. */
interface Held {
  size: number;
  open(): Promise<Readable>;
  /** the temporary file to remove once it was sent */
  temporary?: string;
}

export interface FilesOptions {
  source: Source;
  /** `--files`: a further folder with files, in which downloads stay */
  folder?: { path: string; source: Source } | undefined;
  /** `--no-files` */
  isOff?: boolean | undefined;
  /** nothing is downloaded: what has a URL counts as there */
  isDry?: boolean | undefined;
  downloads: Downloads;
}

/** The bytes of an export's files, from the export, a folder or the web. */
export class Files {
  readonly #options: FilesOptions;
  readonly #held = new Map<string, Held>();
  #temporary: TemporaryFolder | undefined;
  #count = 0;

  constructor(options: FilesOptions) {
    this.#options = options;
  }

  /**
   * The record of a file, once its bytes are at hand.
   * @returns otherwise why it cannot be had, or the URL from which it can be shown
   */
  async take(draft: FileDraft, uploader: string, createdAt: number): Promise<TakenFile> {
    const { id, paths = [], url, missing } = draft;
    const { source, folder, isOff, isDry } = this.#options;
    if (missing !== undefined) return { missing };
    if (isOff) return { missing: "a file, as --no-files says" };
    if ((draft.size ?? 0) > LIMITS.largeFileBytes) return { missing: `a file of more than ${MAX_MIB} MiB` };
    const name = first(draft.name, LIMITS.fileName) || "file";
    const record: FileInput = {
      ...{ external_id: id, name, uploader, created_at: createdAt },
      content_type: contentTypeOf(name, draft.contentType),
    };
    const local =
      (await this.#find(source, paths)) ??
      (folder && (await this.#find(folder.source, [...paths, this.#kept(draft)])));
    if (local) return { ...record, ...local };
    if (url === undefined) return { missing: "a file that is not in the export" };
    if (draft.isPublic && !(URL.canParse(url) && this.#options.downloads.allows(new URL(url))))
      return { link: url };
    if (isDry) return record;
    const path = folder ? join(folder.path, this.#kept(draft)) : this.#temporaryPath(name);
    const why = await download(url, path, LIMITS.largeFileBytes, this.#options.downloads);
    if (why !== null) return { missing: `a file that cannot be downloaded: ${why}` };
    const open = async () => createReadStream(path);
    return { ...record, ...(await this.#hold(open, folder ? undefined : path)) };
  }

  /**
   * The bytes of a file that was taken, or that has its SHA-256 as its name in the export or in `--files`.
   */
  async bytes(sha256: string): Promise<Held | undefined> {
    const { source, folder } = this.#options;
    if (!this.#held.has(sha256)) {
      await this.#find(source, [`files/${sha256}`, sha256]);
      if (folder) await this.#find(folder.source, [sha256]);
    }
    return this.#held.get(sha256);
  }

  /** Forgets a file that was sent, or that the server has. */
  release(sha256: string): void {
    const temporary = this.#held.get(sha256)?.temporary;
    if (temporary === undefined) return;
    rmSync(temporary, { force: true });
    this.#held.delete(sha256);
  }

  close(): void {
    this.#temporary?.remove();
  }

  async #find(
    source: Source,
    paths: readonly string[],
  ): Promise<{ sha256: string; size: number } | undefined> {
    const path = paths.find((one) => source.has(one));
    return path === undefined ? undefined : this.#hold(() => source.open(path));
  }

  async #hold(open: () => Promise<Readable>, temporary?: string): Promise<{ sha256: string; size: number }> {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of await open()) {
      hash.update(chunk);
      size += chunk.length;
    }
    const sha256 = hash.digest("hex");
    if (!this.#held.has(sha256)) this.#held.set(sha256, { size, open, ...(temporary && { temporary }) });
    return { sha256, size };
  }

  /** The name under which a download stays in the folder of `--files`. */
  #kept({ id, name }: FileDraft): string {
    const extension = /^\.[a-z0-9]{1,8}$/i.exec(extname(name))?.[0] ?? "";
    return `${id.replace(/[^\w.-]/g, "_")}${extension}`;
  }

  #temporaryPath(name: string): string {
    this.#temporary ??= new TemporaryFolder("files");
    return join(this.#temporary.path, `${this.#count++}${extname(name)}`);
  }
}
