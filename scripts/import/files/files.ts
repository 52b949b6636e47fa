import { createHash } from "node:crypto";
import { createReadStream, renameSync, rmSync } from "node:fs";
import { extname, join } from "node:path";
import type { Readable } from "node:stream";
import { httpUrl } from "../../../src/domain/http-url.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { FileDraft, FileInput, TakenFile } from "../collected/draft.ts";
import { first } from "../collected/names.ts";
import type { Source } from "../input/source.ts";
import { ScratchFolder } from "../scratch-folder.ts";
import { type Downloads, download } from "./download.ts";
import { contentTypeOf } from "./media-types.ts";

const NO_URL = `a file whose address is no http(s) URL of at most ${LIMITS.url.toLocaleString("en")} characters`;
const TOO_LARGE = `a file of more than ${LIMITS.largeFileBytes / 1024 / 1024} MiB`;
const FileUrl = httpUrl(LIMITS.url, NO_URL);

type Open = () => Promise<Readable>;

/** Bytes at hand. */
interface Held {
  size: number;
  open: Open;
  /** how many files that were taken have these bytes, and are not released yet */
  uses: number;
  /** the temporary file to remove with the last use */
  temporary: string | undefined;
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
  #temporary: ScratchFolder | undefined;
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
    if ((draft.size ?? 0) > LIMITS.largeFileBytes) return { missing: TOO_LARGE };
    const name = first(draft.name, LIMITS.fileName) || "file";
    const record: FileInput = {
      ...{ external_id: id, name, uploader, created_at: createdAt },
      content_type: contentTypeOf(name, draft.contentType),
    };
    const kept = this.#kept(draft);
    const local = find(source, paths) ?? (folder && find(folder.source, [...paths, kept]));
    if (local) {
      const held = await this.#hold(local);
      return held ? { ...record, ...held } : { missing: TOO_LARGE };
    }
    if (url === undefined) return { missing: "a file that is not in the export" };
    if (!FileUrl.safeParse(url).success) return { missing: NO_URL };
    if (draft.isPublic && !this.#options.downloads.allows(new URL(url))) return { link: url };
    if (isDry) return record;
    const temporary = this.#temporaryPath(name);
    const why = await download(url, temporary, LIMITS.largeFileBytes, this.#options.downloads);
    if (why !== null) return { missing: `a file that cannot be downloaded: ${why}` };
    const path = folder ? join(folder.path, kept) : temporary;
    // Only a whole download has the name under which the next run looks for it.
    if (folder) renameSync(temporary, path);
    const held = await this.#hold(async () => createReadStream(path), folder ? undefined : temporary);
    return { ...record, ...held };
  }

  /**
   * The bytes of a file that was taken, or that has its SHA-256 as its name in the export or in `--files`.
   */
  async bytes(sha256: string): Promise<Held | undefined> {
    const { source, folder } = this.#options;
    if (!this.#held.has(sha256)) {
      const local = find(source, [`files/${sha256}`, sha256]) ?? (folder && find(folder.source, [sha256]));
      if (local) await this.#hold(local);
    }
    return this.#held.get(sha256);
  }

  /** Ends one use of bytes: they were sent, or the server has them. The last use forgets them. */
  release(sha256: string): void {
    const held = this.#held.get(sha256);
    if (!held || --held.uses > 0) return;
    this.#held.delete(sha256);
    if (held.temporary !== undefined) rmSync(held.temporary, { force: true });
  }

  close(): void {
    this.#temporary?.remove();
  }

  /** Hashes bytes and holds them. @returns undefined if they are too many */
  async #hold(open: Open, temporary?: string): Promise<{ sha256: string; size: number } | undefined> {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of await open()) {
      hash.update(chunk);
      size += chunk.length;
      if (size > LIMITS.largeFileBytes) return undefined;
    }
    const sha256 = hash.digest("hex");
    const held = this.#held.get(sha256);
    if (!held) this.#held.set(sha256, { size, open, uses: 1, temporary });
    else {
      held.uses++;
      if (temporary !== undefined) rmSync(temporary, { force: true });
    }
    return { sha256, size };
  }

  /** The name under which a download stays in the folder of `--files`. */
  #kept({ id, name }: FileDraft): string {
    const extension = /^\.[a-z0-9]{1,8}$/i.exec(extname(name))?.[0] ?? "";
    return `${id.replace(/[^\w.-]/g, "_")}${extension}`;
  }

  #temporaryPath(name: string): string {
    // In the folder of --files, so that a rename need not copy.
    this.#temporary ??= new ScratchFolder("files", this.#options.folder?.path);
    return join(this.#temporary.path, `${this.#count++}${extname(name)}`);
  }
}

/** Opens the first of some paths that a source has. */
function find(source: Source, paths: readonly string[]): Open | undefined {
  const path = paths.find((one) => source.has(one));
  return path === undefined ? undefined : () => source.open(path);
}
