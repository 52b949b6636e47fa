import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DeployFailure } from "../deploy/failure.ts";

/** The least length of a key, in characters: it is taken as random. */
const MIN_KEY = 32;
const CIPHER = "aes-256-gcm";
/** An encrypted file: these bytes, a nonce, the text, and a tag that shows a wrong key and each change. */
const MAGIC = Buffer.from("parley-1");
const NONCE = 12;
const TAG = 16;

/** Whether a file was written with a key. */
export function isEncrypted(bytes: Uint8Array): boolean {
  return MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** The key that the environment has; null: none. @throws a `DeployFailure` for one that can be guessed */
export function backupKeyOf(text: string | undefined): BackupKey | null {
  if (text === undefined || text === "") return null;
  if (text.length < MIN_KEY)
    throw new DeployFailure(
      `BACKUP_KEY takes ${MIN_KEY} random characters or more, as of \`openssl rand -base64 32\`.`,
    );
  return new BackupKey(text);
}

/** Encrypts and decrypts the files of a backup, each with its name: none stands for another one. */
export class BackupKey {
  readonly #key: Buffer;
  /** where decrypted files are, while this process runs */
  #scratch: string | undefined;

  constructor(text: string) {
    this.#key = Buffer.from(hkdfSync("sha256", text, "", "parley backup", 32));
  }

  seal(name: string, bytes: Uint8Array): Buffer {
    const { cipher, head } = this.#cipher(name);
    return Buffer.concat([head, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws an Error for a wrong key, or a file that was changed or is not encrypted */
  open(name: string, bytes: Buffer): Buffer {
    const decipher = this.#decipher(name, bytes.subarray(0, MAGIC.length + NONCE), bytes.subarray(-TAG));
    try {
      const text = bytes.subarray(MAGIC.length + NONCE, -TAG);
      return Buffer.concat([decipher.update(text), decipher.final()]);
    } catch {
      throw unfit(name);
    }
  }

  /** Encrypts what passes. */
  sealing(name: string): Transform {
    const { cipher, head } = this.#cipher(name);
    const sealing = new Transform({
      transform: (chunk: Buffer, _encoding, done) => done(null, cipher.update(chunk)),
      flush: (done) => done(null, Buffer.concat([cipher.final(), cipher.getAuthTag()])),
    });
    sealing.push(head);
    return sealing;
  }

  /** Decrypts a file into a private one, until the next call. @returns its path @throws as `open` */
  async opened(name: string, path: string): Promise<string> {
    if (this.#scratch === undefined) {
      const folder = mkdtempSync(join(tmpdir(), "parley-restore-"));
      process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
      this.#scratch = folder;
    }
    const target = join(this.#scratch, "file");
    const start = MAGIC.length + NONCE;
    await using file = await open(path);
    const { size } = await file.stat();
    if (size < start + TAG) throw unfit(name);
    const part = async (length: number, at: number) =>
      (await file.read(Buffer.alloc(length), 0, length, at)).buffer;
    const decipher = this.#decipher(name, await part(start, 0), await part(TAG, size - TAG));
    // A stream of no bytes cannot be named by its first and last one.
    const source =
      size === start + TAG ? Readable.from([]) : createReadStream(path, { start, end: size - TAG - 1 });
    await pipeline(source, decipher, createWriteStream(target, { mode: 0o600 })).catch((error: unknown) => {
      throw error instanceof Error && "syscall" in error ? error : unfit(name);
    });
    return target;
  }

  #cipher(name: string) {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(name));
    return { cipher, head: Buffer.concat([MAGIC, nonce]) };
  }

  #decipher(name: string, head: Buffer, tag: Buffer) {
    if (!isEncrypted(head) || tag.length !== TAG) throw unfit(name);
    const decipher = createDecipheriv(CIPHER, this.#key, head.subarray(MAGIC.length));
    return decipher.setAAD(Buffer.from(name)).setAuthTag(tag);
  }
}

function unfit(name: string): Error {
  return new Error(`${name} of the backup is of another key than BACKUP_KEY, not encrypted, or damaged.`);
}
