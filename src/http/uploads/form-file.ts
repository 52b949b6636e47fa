import { Buffer } from "node:buffer";
import { Dicer } from "@fastify/busboy";
import { z } from "zod";
import { type CoreError, invalid } from "../../domain/errors.ts";
import { isToken, type Parameterized, readParameters } from "./header-parameters.ts";

/** Bytes of the headers of a part: a name of 255 Chinese characters takes 765, and 2,295 by RFC 8187. */
const MAX_HEADERS = 4 * 1024;

/** The most parts of a form: each costs time, however small it is. */
const MAX_PARTS = 100;

const BROKEN = "must be a complete multipart form: it breaks off, or lacks its last boundary";

/** A field of a form other than the file. */
type Field = [name: string, value: Uint8Array];

/** A file of a form, while it is being received. */
export interface FormFile extends Omit<Part, "field"> {
  /**
   * The file's bytes; reads the form to its end. Throws `validation_failed` if it is malformed or incomplete.
   */
  bytes: AsyncIterable<Uint8Array>;
  /** The other fields, complete once `bytes` has ended; null: they are larger than the given limit. */
  rest(): Field[] | null;
}

/** The names of the field with the file. @see formFile; `all`: @see formFiles */
type FileFields = readonly string[] | "named" | "all";

/** One of the files of a form. */
export type FormPart = Part & Pick<FormFile, "bytes">;

/** A form without a file. */
export type WithoutFile = Pick<FormFile, "rest">;

/** The `validation_failed` for a form that lacks its file. @param field the field that should have it */
export function noFile(field: string): CoreError {
  return invalid(`body.${field}`, "must be there: send the file in this field of the form");
}

/**
 * Reads a multipart/form-data body (RFC 7578) up to the file in one of its fields. Only the last chunk is in
 * memory, and up to `keptBytes` of the other fields.
 * @param contentType the request's header, which holds the boundary
 * @param fields the possible names of the field with the file; `named`: it is the first part that has a file
 *   name, and further ones are dropped
 * @param keptBytes bytes of the other fields that are kept; 0: none
 * @returns the file; or, if the form has none, its fields, read to the end
 * @throws `validation_failed` if the body is no such form, or has over 100 parts
 */
export async function formFile(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  fields: Exclude<FileFields, "all">,
  keptBytes = 0,
): Promise<FormFile | WithoutFile> {
  const form = new Form(boundaryOf(contentType), fields, keptBytes);
  const reading = form.read(body);
  if (!(await form.reach(0, reading))) return { rest: () => form.rest };
  const { part, bytes } = form.file(0, reading);
  return {
    name: part.name,
    contentType: part.contentType,
    bytes: ending(bytes, reading),
    rest: () => form.rest,
  };
}

/**
 * Reads a multipart/form-data body with any number of files, which are the parts that have a file name. One
 * after the other is given to `take`; what it leaves of one is dropped.
 * @returns what `take` made of each file, by the field, and the other fields
 * @throws as `formFile`, and as `take`
 */
export async function formFiles<T>(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  keptBytes: number,
  take: (file: FormPart) => Promise<T>,
): Promise<{ taken: Map<string, T> } & Pick<FormFile, "rest">> {
  const form = new Form(boundaryOf(contentType), "all", keptBytes);
  const reading = form.read(body);
  const taken = new Map<string, T>();
  try {
    for (let at = 0; await form.reach(at, reading); at++) {
      const { part, bytes } = form.file(at, reading);
      taken.set(part.field, await take({ ...part, bytes }));
      for await (const _ of form.file(at, reading).bytes);
    }
  } finally {
    await reading.return(undefined);
  }
  return { taken, rest: () => form.rest };
}

/** The bytes of the one file of a form, which is read to its end. */
async function* ending(
  bytes: AsyncIterable<Uint8Array>,
  reading: AsyncGenerator<void>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } finally {
    await reading.return(undefined);
  }
}

/**
 * The boundary in a Content-Type.
 * @throws `validation_failed`
 */
function boundaryOf(contentType: string): string {
  const boundary = readParameters(contentType)?.parameters.get("boundary") ?? "";
  if (/^[\x20-\x7e]{1,70}$/.test(boundary)) return boundary;
  throw invalid("header.content-type", "must name the boundary of the form, of 1 to 70 characters");
}

/** One form, parsed chunk by chunk by Dicer, the parser of busboy. */
class Form {
  /** the files whose headers are read, with the chunks that are parsed and not yielded yet */
  readonly #files: { part: Part; chunks: Uint8Array[] }[] = [];
  /** the other fields received so far, as far as they are kept */
  readonly #others: Field[] = [];
  /** bytes of the other fields, kept or not */
  #otherBytes = 0;
  readonly #fields: FileFields;
  readonly #keptBytes: number;
  readonly #parser: Dicer;
  readonly #end = Promise.withResolvers<void>();
  #parts = 0;
  #error: CoreError | undefined;

  constructor(boundary: string, fields: FileFields, keptBytes: number) {
    this.#fields = fields;
    this.#keptBytes = keptBytes;
    // Dicer's type declares no `maxHeaderSize`: a variable passes where a literal would not.
    const settings = { boundary, maxHeaderSize: MAX_HEADERS };
    this.#parser = new Dicer(settings);
    this.#parser.on("part", (part) => this.#begin(part));
    this.#parser.on("finish", () => this.#end.resolve());
    this.#parser.on("error", () => this.#refuse(invalid("body", BROKEN)));
    // A reader that stops before the end never awaits this promise.
    this.#end.promise.catch(() => undefined);
  }

  /** @see FormFile.rest */
  get rest(): Field[] | null {
    return this.#otherBytes > this.#keptBytes ? null : this.#others;
  }

  /** Parses the body; yields after each chunk. */
  async *read(body: AsyncIterable<Uint8Array>): AsyncGenerator<void> {
    for await (const chunk of body) {
      await this.#write(chunk);
      if (this.#error) throw this.#error;
      yield;
    }
    if (this.#parser.writable) this.#parser.end();
    await this.#end.promise;
    if (this.#error) throw this.#error;
  }

  /** Reads on to the headers of a file. @returns false: the form has ended before */
  async reach(at: number, reading: AsyncGenerator<void>): Promise<boolean> {
    while (this.#files.length <= at) {
      const { done } = await reading.next();
      if (done) break;
    }
    return this.#files.length > at;
  }

  /** A file that was reached. Its bytes end where the next file begins, or the form ends. */
  file(at: number, reading: AsyncGenerator<void>): { part: Part; bytes: AsyncIterable<Uint8Array> } {
    const file = this.#files[at];
    if (!file) throw new RangeError("The file was not reached.");
    return { part: file.part, bytes: this.#bytes(file.chunks, at, reading) };
  }

  async *#bytes(chunks: Uint8Array[], at: number, reading: AsyncGenerator<void>): AsyncGenerator<Uint8Array> {
    for (;;) {
      yield* chunks.splice(0);
      if (await this.#isOver(at, reading)) break;
    }
    yield* chunks.splice(0);
  }

  /** Reads a chunk more, unless the next file has begun. */
  async #isOver(at: number, reading: AsyncGenerator<void>): Promise<boolean> {
    if (this.#files.length > at + 1) return true;
    const { done } = await reading.next();
    return done === true;
  }

  /** Parses a chunk. Resolves once the bytes of files in it are in `#files`. */
  async #write(chunk: Uint8Array): Promise<void> {
    // Bytes after the last boundary are no part of the form.
    if (!this.#parser.writable) return;
    await new Promise<void>((resolve) => this.#parser.write(chunk, () => resolve()));
  }

  #begin(part: Dicer.PartStream): void {
    // Without `resume` the stream waits for a reader; without a listener it throws its errors.
    part.on("error", () => undefined);
    part.resume();
    this.#parts++;
    if (this.#parts > MAX_PARTS) this.#refuse(invalid("body", `must have at most ${MAX_PARTS} parts`));
    part.on("header", (header) => {
      const parsed = readPart(header);
      if (!parsed) return this.#refuse(invalid("body", "must be a form of which each part names its field"));
      const isNamed = this.#fields === "named" || this.#fields === "all";
      const isFile = isNamed ? parsed.name !== undefined : this.#fields.includes(parsed.field);
      const isFurther = this.#files.length > 0 && this.#fields !== "all";
      if (isFile && isNamed && isFurther) return;
      if (!isFile) {
        if (this.#keptBytes > 0) this.#keep(parsed.field, part);
        return;
      }
      if (isFurther) return this.#refuse(invalid(`body.${parsed.field}`, "must be there once"));
      const chunks: Uint8Array[] = [];
      this.#files.push({ part: parsed, chunks });
      part.on("data", (chunk) => chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk));
    });
  }

  #keep(field: string, part: Dicer.PartStream): void {
    const chunks: Uint8Array[] = [];
    part.on("data", (data) => {
      const chunk = typeof data === "string" ? Buffer.from(data) : data;
      this.#otherBytes += chunk.byteLength;
      // Fields over the limit are read and dropped: they may be far larger than the isolate's memory.
      if (this.#otherBytes <= this.#keptBytes) chunks.push(chunk);
    });
    part.on("end", () => this.#others.push([field, Buffer.concat(chunks)]));
  }

  #refuse(error: CoreError): void {
    this.#error ??= error;
    this.#end.reject(this.#error);
  }
}

/** The headers of a part, by lower-case name; each character stands for a byte. */
const Headers = z.record(z.string(), z.array(z.string()));

/** What the headers of a part say. */
interface Part {
  field: string;
  /** the file name that the client gives */
  name: string | undefined;
  contentType: string | undefined;
}

/**
 * Reads the headers of a part (RFC 7578).
 * @returns null: they are malformed, or name no field
 */
export function readPart(header: object): Part | null {
  const headers = Headers.parse(header);
  const disposition = parseHeader(headers["content-disposition"]?.map(withQuotes));
  const field = disposition?.parameters.get("name");
  if (disposition?.value !== "form-data" || field === undefined) return null;
  const { parameters } = disposition;
  const name = decodeExtended(parameters.get("filename*")) ?? unescaped(parameters.get("filename"));
  // Browsers send an empty name if no file was chosen.
  return { field, name: name || undefined, contentType: headers["content-type"]?.[0]?.trim() };
}

/** grammY writes the file name last, without quotes. */
function withQuotes(disposition: string): string {
  return disposition.replace(/;\s*filename=([^";]+)$/, (whole, name: string) =>
    isToken(name) ? whole : `;filename="${name}"`,
  );
}

/**
 * Browsers escape in a file name what would end it, by the form encoding of WHATWG: quotes and line breaks.
 */
function unescaped(name: string | undefined): string | undefined {
  return name?.replace(/%(?:22|0D|0A)/gi, decodeURIComponent);
}

/** The parsed value of a header that occurs exactly once; null otherwise. */
function parseHeader(values: string[] | undefined): Parameterized | null {
  const [value, second] = values ?? [];
  if (value === undefined || second !== undefined) return null;
  try {
    const bytes = Buffer.from(value.trim(), "latin1");
    return readParameters(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** Decodes a value of RFC 8187, such as `UTF-8''%E6%9E%97.png`; undefined if it is absent or malformed. */
function decodeExtended(value: string | undefined): string | undefined {
  const encoded = value?.match(/^utf-8'[^']*'(.*)$/i)?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
