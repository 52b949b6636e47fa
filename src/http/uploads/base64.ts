import { Buffer } from "node:buffer";
import { invalid } from "../../domain/errors.ts";

/** A URL of this scheme begins so; what it says up to its comma is passed over. */
const SCHEME = "data:";
/** What stands before the comma of one is no longer. */
const LONGEST_BEGINNING = 1_024;

/** Base64 (RFC 4648), decoded as it comes: with padding or without, in lines, or in a `data:` URL. */
export class Base64 {
  readonly #path: string;
  /** what has come and is not decoded: until it is known whether it is a URL, or less than four characters */
  #rest = "";
  #hasBegun = false;

  /** @param path how the value is called in errors */
  constructor(path: string) {
    this.#path = path;
  }

  /** The bytes of what has come. @throws `validation_failed` for what is no base64 */
  decode(text: Uint8Array): Uint8Array {
    this.#rest += Buffer.from(text).toString("latin1").replace(/\s/g, "");
    if (!this.#hasBegun && !this.#begins()) return new Uint8Array();
    return this.#take(this.#rest.length - (this.#rest.length % 4));
  }

  /** The end of the text. @returns the last bytes. @throws `validation_failed` */
  end(): Uint8Array {
    if (!this.#hasBegun && this.#rest.startsWith(SCHEME)) throw this.#wrong();
    return this.#take(this.#rest.length);
  }

  /** Takes the beginning of a URL away. @returns whether it is known by now that there is none any more */
  #begins(): boolean {
    const isUrl = this.#rest.startsWith(SCHEME);
    const comma = isUrl ? this.#rest.indexOf(",") : -1;
    if (comma >= 0) this.#rest = this.#rest.slice(comma + 1);
    else if (isUrl && this.#rest.length > LONGEST_BEGINNING) throw this.#wrong();
    this.#hasBegun = comma >= 0 || !(isUrl || SCHEME.startsWith(this.#rest));
    return this.#hasBegun;
  }

  #take(length: number): Uint8Array {
    const text = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    // Behind padding there is nothing, and a single character is less than a byte.
    const isWhole = /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) && text.replace(/=+$/, "").length % 4 !== 1;
    if (!isWhole || (text.endsWith("=") && this.#rest !== "")) throw this.#wrong();
    if (text.endsWith("=")) this.#rest = "=";
    return Buffer.from(text.replaceAll("=", ""), "base64");
  }

  #wrong() {
    return invalid(this.#path, "must be base64");
  }
}
