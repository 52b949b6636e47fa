import { ImportFailure } from "../failure.ts";
import { openText, parseAt } from "./json.ts";
import type { Source } from "./source.ts";

/** A part of a file of JSON, or, at the end, the rest of it: the file with null for each part. */
export type JsonPart =
  | {
      path: readonly string[];
      /** where it begins, from 1 */
      line: number;
      /** Parses it. @throws ImportFailure */
      parse(): unknown;
    }
  | { rest: unknown };

/** The parts of all origins are no deeper. The path of what is deeper is not made. */
const MAX_DEPTH = 4;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = [0x7b, 0x5b];
const CLOSE = [0x7d, 0x5d];
const SPACE = [0x20, 0x09, 0x0a, 0x0d, 0xfeff];

/** An object or array that is open. `key`: of the value at hand */
interface Container {
  isArray: boolean;
  key: string;
  index: number;
}

/**
 * Reads a file of JSON part by part, so that a large one need not be in memory at once: yields what `isPart`
 * says of its path (`["messages", "0"]`), then the rest.
 * @throws ImportFailure that names the file and the line
 */
export async function* readJsonParts(
  source: Source,
  file: string,
  isPart: (path: readonly string[]) => boolean,
): AsyncGenerator<JsonPart> {
  const scanner = new Scanner(file, isPart);
  for await (const chunk of await openText(source, file)) yield* scanner.take(String(chunk));
  yield { rest: scanner.end() };
}

class Scanner {
  readonly #file: string;
  readonly #isPart: (path: readonly string[]) => boolean;
  readonly #open: Container[] = [];
  readonly #rest: string[] = [];
  /** the part at hand: its pieces, and how deep it is */
  #part: { pieces: string[]; depth: number; line: number; path: string[] } | undefined;
  #line = 1;
  #isInString = false;
  #isEscaped = false;
  /** a key is to come */
  #wantsKey = false;
  /** the pieces of the key at hand */
  #key: string[] | undefined;
  /** a value is to come */
  #wantsValue = true;

  constructor(file: string, isPart: (path: readonly string[]) => boolean) {
    this.#file = file;
    this.#isPart = isPart;
  }

  *take(chunk: string): Generator<JsonPart> {
    let from = 0;
    const flush = (to: number) => {
      (this.#part?.pieces ?? this.#rest).push(chunk.slice(from, to));
      from = to;
    };
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at);
      if (this.#isInString) {
        at = this.#string(chunk, at);
        continue;
      }
      if (code === NEWLINE) this.#line++;
      if (SPACE.includes(code)) continue;
      if (code === COMMA || CLOSE.includes(code)) {
        if (this.#part?.depth === this.#open.length) {
          flush(at);
          yield this.#endPart();
        }
        this.#next(code);
      } else if (code === COLON) this.#wantsValue = true;
      else if (this.#wantsKey && code === QUOTE) {
        this.#wantsKey = false;
        this.#key = [];
        this.#isInString = true;
      } else if (this.#wantsValue) {
        this.#wantsValue = false;
        const isDeep = this.#open.length > MAX_DEPTH;
        const path = this.#part || isDeep ? undefined : this.#open.map(({ key }) => key);
        if (path && this.#isPart(path)) {
          flush(at);
          this.#rest.push("null");
          this.#part = { pieces: [], depth: this.#open.length, line: this.#line, path };
        }
        if (code === QUOTE) this.#isInString = true;
        else if (OPEN.includes(code)) this.#enter(code === OPEN[1]);
      }
    }
    flush(chunk.length);
  }

  /** The rest. @throws ImportFailure if the file ends in the middle */
  end(): unknown {
    if (this.#open.length > 0 || this.#isInString)
      throw new ImportFailure(
        `${this.#file}:${this.#line} is the end of the file, in the middle of its data.`,
      );
    return parseAt(this.#file, 1, this.#rest.join(""));
  }

  /** Goes on in a string. Returns where it is now. */
  #string(chunk: string, from: number): number {
    let at = from;
    for (; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) {
        this.#isInString = false;
        break;
      }
    }
    this.#key?.push(chunk.slice(from, at));
    const container = this.#open.at(-1);
    if (!this.#isInString && this.#key && container) {
      container.key = this.#key.join("");
      this.#key = undefined;
    }
    return at;
  }

  #enter(isArray: boolean): void {
    this.#open.push({ isArray, key: "0", index: 0 });
    this.#wantsKey = !isArray;
    this.#wantsValue = isArray;
  }

  /** Behind a comma, or the end of an object or array. */
  #next(code: number): void {
    this.#wantsKey = false;
    this.#wantsValue = false;
    if (code !== COMMA) {
      this.#open.pop();
      return;
    }
    const container = this.#open.at(-1);
    if (!container) return;
    if (container.isArray) {
      container.key = String(++container.index);
      this.#wantsValue = true;
    } else this.#wantsKey = true;
  }

  #endPart(): JsonPart {
    const { pieces, line, path } = this.#part ?? { pieces: [], line: 1, path: [] };
    this.#part = undefined;
    return { path, line, parse: () => parseAt(this.#file, line, pieces.join("")) };
  }
}
