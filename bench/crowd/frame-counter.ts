/** What the second byte of a header says: https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const LENGTH_IN_TWO_BYTES = 126;

/** Counts the frames that one socket gets, by the lengths in their headers. It reads no payload. */
export class FrameCounter {
  frames = 0;
  /** the bytes of the header so far, and the length of the payload as far as they say it */
  #header = 0;
  #length = 0;
  /** the bytes of the payload that are still to come */
  #rest = 0;

  /** @throws an Error at a frame of 64 KiB or more */
  read(buffer: Buffer, end: number): void {
    for (let at = 0; at < end; ) {
      if (this.#rest === 0) {
        this.#readHeader(buffer[at++] ?? 0);
        continue;
      }
      const part = Math.min(this.#rest, end - at);
      at += part;
      this.#rest -= part;
      if (this.#rest === 0) this.frames++;
    }
  }

  #readHeader(byte: number): void {
    const index = this.#header++;
    if (index === 0) return;
    if (index === 1) {
      if (byte > LENGTH_IN_TWO_BYTES) throw new Error("a frame of 64 KiB or more");
      this.#length = byte === LENGTH_IN_TWO_BYTES ? 0 : byte;
      if (byte === LENGTH_IN_TWO_BYTES) return;
    } else {
      this.#length = this.#length * 256 + byte;
      if (index === 2) return;
    }
    this.#rest = this.#length;
    this.#header = 0;
  }
}
