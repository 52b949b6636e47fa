import { CoreError, invalid } from "../../domain/errors.ts";
import { Base64 } from "./base64.ts";

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [BEGIN_OBJECT, END_OBJECT, BEGIN_LIST, END_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The JSON escapes that may occur in base64, and the characters they stand for. */
const ESCAPES = new Map(
  Object.entries({ "/": "/", n: "\n", r: "\r", t: "\t" }).map(([a, b]) => [a.charCodeAt(0), b.charCodeAt(0)]),
);

/** The deepest nesting that is read. */
const MAX_DEPTH = 64;

/**
 * Scans JSON in which one string is a file in base64, chunk by chunk. The file's bytes are returned as they
 * are decoded and not kept. The other text is kept, with an empty string in place of the file. The scanner
 * does not validate JSON: parsing the kept text does.
 */
export class JsonWithFile {
  readonly #path: string[];
  readonly #maxBytes: number;
  readonly #base64: Base64;
  /** the text besides the file, in chunks */
  readonly #kept: Uint8Array[] = [];
  #bytes = 0;
  /** the keys that lead to the current position; null in a list, or before the first key */
  readonly #keys: (string | null)[] = [];
  readonly #isObject: boolean[] = [];
  #state: "outside" | "string" | "file" = "outside";
  #escaped = false;
  /** of the current string: whether it is a key, and its first 64 characters */
  #isKey = false;
  #key = "";
  #expectsKey = false;
  /** whether the file's string has begun */
  hasFile = false;

  /**
   * @param path the keys that lead to the string with the file
   * @param maxBytes of the text besides the file
   */
  constructor(path: string[], maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#base64 = new Base64(path.join("."));
  }

  /**
   * Scans the next chunk.
   * @returns the decoded bytes of the file in it
   * @throws `too_large` if the text besides the file is; `validation_failed` for malformed base64, or a
   *   second file
   */
  take(chunk: Uint8Array): Uint8Array[] {
    const decoded: Uint8Array[] = [];
    for (let at = 0; at < chunk.length; ) {
      at = this.#state === "file" ? this.#takeFile(chunk, at, decoded) : this.#takeText(chunk, at);
    }
    return decoded;
  }

  /** Whether the file's string has ended. */
  get isWhole(): boolean {
    return this.hasFile && this.#state !== "file";
  }

  /** The text besides the file; complete once all chunks were taken. */
  rest(): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#kept) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /**
   * Scans the file's string.
   * @returns the offset where scanning goes on: the chunk's end, or after the closing quote
   */
  #takeFile(chunk: Uint8Array, from: number, decoded: Uint8Array[]): number {
    const text = new Uint8Array(chunk.length - from);
    let length = 0;
    let at = from;
    while (at < chunk.length && this.#state === "file") {
      const byte = chunk[at++] ?? 0;
      if (this.#escaped) text[length++] = this.#unescaped(byte);
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#state = "outside";
      else text[length++] = byte;
    }
    decoded.push(this.#base64.decode(text.subarray(0, length)));
    if (this.#state === "outside") {
      decoded.push(this.#base64.end());
      this.#keep(chunk.subarray(at - 1, at));
    }
    return at;
  }

  #unescaped(byte: number): number {
    this.#escaped = false;
    const decoded = ESCAPES.get(byte);
    if (decoded === undefined) throw invalid(this.#path.join("."), "must be base64");
    return decoded;
  }

  /**
   * Scans other text.
   * @returns the offset where scanning goes on: the chunk's end, or after the file's opening quote
   */
  #takeText(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && this.#state !== "file") {
      const byte = chunk[at++] ?? 0;
      if (this.#state === "string") this.#inString(byte);
      else this.#outside(byte);
    }
    this.#keep(chunk.subarray(from, at));
    return at;
  }

  #inString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#state = "outside";
      if (this.#isKey) this.#keys[this.#keys.length - 1] = this.#key;
      return;
    }
    // Longer keys are cut: no key of a path is that long.
    if (this.#isKey && this.#key.length < 64) this.#key += String.fromCharCode(byte);
  }

  #outside(byte: number): void {
    if (byte === QUOTE) this.#beginString();
    else if (byte === BEGIN_OBJECT || byte === BEGIN_LIST) {
      if (this.#keys.length === MAX_DEPTH) throw invalid("body", "is nested too deep");
      this.#keys.push(null);
      this.#isObject.push(byte === BEGIN_OBJECT);
      this.#expectsKey = byte === BEGIN_OBJECT;
    } else if (byte === END_OBJECT || byte === END_LIST) {
      this.#keys.pop();
      this.#isObject.pop();
    } else if (byte === COMMA) this.#expectsKey = this.#isObject.at(-1) === true;
    else if (byte === COLON) this.#expectsKey = false;
  }

  #beginString(): void {
    this.#isKey = this.#expectsKey;
    this.#key = "";
    this.#state = "string";
    const isFile =
      !this.#isKey &&
      this.#keys.length === this.#path.length &&
      this.#path.every((key, i) => key === this.#keys[i]);
    if (!isFile) return;
    if (this.hasFile) throw invalid(this.#path.join("."), "must be there once");
    this.hasFile = true;
    this.#state = "file";
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes)
      throw new CoreError("too_large", `The body must be at most ${this.#maxBytes} bytes besides its file.`);
    // Copied: a subarray would keep the whole chunk in memory.
    if (part.length > 0) this.#kept.push(part.slice());
  }
}
