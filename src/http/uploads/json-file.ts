import { CoreError, invalid } from "../../domain/errors.ts";
import { Base64 } from "./base64.ts";

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [BEGIN_OBJECT, END_OBJECT, BEGIN_LIST, END_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** What an escape stands for that may be in base64; others do not stand in it. */
const ESCAPES = new Map(
  Object.entries({ "/": "/", n: "\n", r: "\r", t: "\t" }).map(([a, b]) => [a.charCodeAt(0), b.charCodeAt(0)]),
);

/** JSON with nesting beyond this is not read. */
const MAX_DEPTH = 64;

/**
 * JSON in which one string is a file in base64: its bytes are given as they come, and never held; the rest is kept, with
 * an empty string in the place of that one. It need not be JSON, which whoever parses the rest will see.
 */
export class JsonWithFile {
  readonly #path: string[];
  readonly #most: number;
  readonly #base64: Base64;
  /** the rest, as it comes */
  readonly #kept: Uint8Array[] = [];
  #bytes = 0;
  /** the keys that lead to where the text is; null in a list, or before the first key */
  readonly #keys: (string | null)[] = [];
  readonly #isObject: boolean[] = [];
  #state: "outside" | "string" | "file" = "outside";
  #escaped = false;
  /** of the string that is read: whether it may be a key, and how it begins */
  #isKey = false;
  #key = "";
  #expectsKey = false;
  /** whether the file's string has begun */
  hasFile = false;

  /**
   * @param path of the string with the file, by keys
   * @param most bytes which the rest may have
   */
  constructor(path: string[], most: number) {
    this.#path = path;
    this.#most = most;
    this.#base64 = new Base64(path.join("."));
  }

  /**
   * Takes the next bytes. @returns what they have of the file
   * @throws `too_large` where the rest is, `validation_failed` for what is no base64, or a second file
   */
  take(chunk: Uint8Array): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (let at = 0; at < chunk.length; ) {
      at = this.#state === "file" ? this.#takeFile(chunk, at, found) : this.#takeText(chunk, at);
    }
    return found;
  }

  /** Whether the file's string has come to its end. */
  get isWhole(): boolean {
    return this.hasFile && this.#state !== "file";
  }

  /** The rest, once all is taken. */
  rest(): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#kept) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** @returns up to where the chunk was taken: to its end, or behind the quote with which the file ends */
  #takeFile(chunk: Uint8Array, from: number, found: Uint8Array[]): number {
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
    found.push(this.#base64.decode(text.subarray(0, length)));
    if (this.#state === "outside") {
      found.push(this.#base64.end());
      this.#keep(chunk.subarray(at - 1, at));
    }
    return at;
  }

  #unescaped(byte: number): number {
    this.#escaped = false;
    const found = ESCAPES.get(byte);
    if (found === undefined) throw invalid(this.#path.join("."), "must be base64");
    return found;
  }

  /** @returns up to where the chunk was taken: to its end, or behind the quote with which the file begins */
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
    // A key that is longer is none that is looked for.
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
    if (this.#bytes > this.#most)
      throw new CoreError("too_large", `The body must be at most ${this.#most} bytes besides its file.`);
    // A chunk's memory is not ours to hold.
    if (part.length > 0) this.#kept.push(part.slice());
  }
}
