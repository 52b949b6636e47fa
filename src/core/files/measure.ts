import { createHash } from "node:crypto";

/** `size`: bytes; the hashes in hexadecimal digits. */
interface Measured {
  size: number;
  sha256: string;
  md5: string;
}

/** Counts and hashes a stream of bytes. */
export class Measure {
  #size = 0;
  readonly #sha256 = createHash("sha256");
  readonly #md5 = createHash("md5");
  #result: Measured | undefined;

  /** Passes the bytes on unchanged. */
  async *through(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.#size += chunk.byteLength;
      this.#sha256.update(chunk);
      this.#md5.update(chunk);
      yield chunk;
    }
  }

  /** Size and hashes of the stream, which is complete. */
  result(): Measured {
    this.#result ??= {
      size: this.#size,
      sha256: this.#sha256.digest("hex"),
      md5: this.#md5.digest("hex"),
    };
    return this.#result;
  }
}
