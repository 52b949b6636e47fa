import { Buffer } from "node:buffer";
import { invalid } from "../../domain/errors.ts";

/** The beginning of a `data:` URL. Everything up to its comma is skipped. */
const SCHEME = "data:";
/** The most characters of a `data:` URL before its comma. */
const MAX_PREFIX = 1_024;

/**
 * Decodes base64 (RFC 4648) chunk by chunk. Padding is optional; line breaks and a `data:` URL are accepted,
 * and so is the alphabet for URLs.
 */
export class Base64 {
  readonly #path: string;
  /**
   * text not decoded yet: less than four characters, or the beginning before it is known whether it is a URL
   */
  #pending = "";
  #hasBegun = false;

  /** @param path of the value in errors */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Decodes the next chunk.
   * @returns the bytes that are complete.
   * @throws `validation_failed` for malformed base64
   */
  decode(text: Uint8Array): Uint8Array {
    this.#pending += Buffer.from(text).toString("latin1").replace(/\s/g, "");
    if (!this.#hasBegun && !this.#skipPrefix()) return new Uint8Array();
    return this.#take(this.#pending.length - (this.#pending.length % 4));
  }

  /**
   * Ends the text.
   * @returns the last bytes
   * @throws `validation_failed`
   */
  end(): Uint8Array {
    if (!this.#hasBegun && this.#pending.startsWith(SCHEME)) throw this.#malformed();
    return this.#take(this.#pending.length);
  }

  /**
   * Skips the beginning of a `data:` URL.
   * @returns whether the data has begun; false: more text is needed to know
   */
  #skipPrefix(): boolean {
    const isUrl = this.#pending.startsWith(SCHEME);
    const comma = isUrl ? this.#pending.indexOf(",") : -1;
    if (comma >= 0) this.#pending = this.#pending.slice(comma + 1);
    else if (isUrl && this.#pending.length > MAX_PREFIX) throw this.#malformed();
    this.#hasBegun = comma >= 0 || !(isUrl || SCHEME.startsWith(this.#pending));
    return this.#hasBegun;
  }

  #take(length: number): Uint8Array {
    const text = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    // Nothing may follow padding, and a single character is less than a byte.
    const isWhole = /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) && text.replaceAll("=", "").length % 4 !== 1;
    if (!isWhole || (text.endsWith("=") && this.#pending !== "")) throw this.#malformed();
    if (text.endsWith("=")) this.#pending = "=";
    return Buffer.from(text.replaceAll("=", ""), "base64");
  }

  #malformed() {
    return invalid(this.#path, "must be base64");
  }
}
