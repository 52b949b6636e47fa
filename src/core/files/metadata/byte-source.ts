import { Buffer } from "node:buffer";

/** A stream of bytes, taken piece by piece. Only what is peeked at is collected in memory. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** bytes that have come and are not taken yet */
  #bytes: Uint8Array = new Uint8Array();

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** All bytes that have come: at least `length` of them, unless the stream ends before. */
  async buffered(length: number): Promise<Uint8Array> {
    const parts = [this.#bytes];
    for (let size = this.#bytes.length; size < length; ) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      parts.push(value);
      size += value.length;
    }
    if (parts.length > 1) this.#bytes = Buffer.concat(parts);
    return this.#bytes;
  }

  /** The next bytes, which stay: `length` of them, or fewer at the end. */
  async peek(length: number): Promise<Uint8Array> {
    return (await this.buffered(length)).subarray(0, length);
  }

  /** As `peek`, and the bytes are taken. */
  async take(length: number): Promise<Uint8Array> {
    const taken = await this.peek(length);
    this.#bytes = this.#bytes.subarray(taken.length);
    return taken;
  }

  /** Takes `length` bytes, or fewer at the end, in the pieces in which they come. */
  async *pass(length: number): AsyncGenerator<Uint8Array> {
    for (let rest = length; rest > 0 && (await this.buffered(1)).length > 0; ) {
      const piece = await this.take(Math.min(rest, this.#bytes.length));
      rest -= piece.length;
      yield piece;
    }
  }

  /** As `pass`, with 0 for each byte. */
  async *blank(length: number): AsyncGenerator<Uint8Array> {
    for await (const piece of this.pass(length)) yield new Uint8Array(piece.length);
  }

  /** Ends the stream, also before its end. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** Whether bytes have this ASCII text at an offset. */
export function hasText(bytes: Uint8Array, text: string, offset = 0): boolean {
  return bytes.length >= offset + text.length && asText(bytes, offset, text.length) === text;
}

/** A copy of bytes with this ASCII text at an offset. */
export function withText(bytes: Uint8Array, text: string, offset = 0): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let i = 0; i < text.length; i++) copy[offset + i] = text.charCodeAt(i);
  return copy;
}

/** Bytes as text, one character each. */
export function asText(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}
