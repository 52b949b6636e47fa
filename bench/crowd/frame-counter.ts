/** What the second byte of a header says: https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const LENGTH_IN_TWO_BYTES = 126;
const LENGTH_IN_EIGHT_BYTES = 127;

/** Counts the frames that one socket gets, by the lengths in their headers, and the marks in them. */
export class FrameCounter {
  readonly #mark: number | undefined;
  frames = 0;
  marks = 0;
  /** the bytes of the header so far, and the length of the payload as far as they say it */
  #header = 0;
  #length = 0;
  #headerBytes = 2;
  /** the bytes of the payload that are still to come */
  #rest = 0;

  /** @param mark a byte that each message has once; undefined: no payload is read */
  constructor(mark: number | undefined) {
    this.#mark = mark;
  }

  read(buffer: Buffer, end: number): void {
    for (let at = 0; at < end; ) {
      if (this.#rest === 0) {
        this.#readHeader(buffer[at++] ?? 0);
        continue;
      }
      const part = Math.min(this.#rest, end - at);
      if (this.#mark !== undefined) this.marks += countOf(buffer.subarray(at, at + part), this.#mark);
      at += part;
      this.#rest -= part;
      if (this.#rest === 0) this.frames++;
    }
  }

  #readHeader(byte: number): void {
    const index = this.#header++;
    if (index === 0) return;
    if (index > 1) this.#length = this.#length * 256 + byte;
    else {
      this.#headerBytes = byte === LENGTH_IN_TWO_BYTES ? 4 : byte === LENGTH_IN_EIGHT_BYTES ? 10 : 2;
      this.#length = this.#headerBytes === 2 ? byte : 0;
    }
    if (this.#header < this.#headerBytes) return;
    this.#rest = this.#length;
    this.#header = 0;
  }
}

function countOf(bytes: Buffer, mark: number): number {
  let count = 0;
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) count++;
  return count;
}
