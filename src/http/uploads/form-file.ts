import { Buffer } from "node:buffer";
import { Dicer } from "@fastify/busboy";
import { z } from "zod";
import { type CoreError, invalid } from "../../domain/errors.ts";
import { type Parameterized, readParameters } from "./header-parameters.ts";

/** Bytes of the headers of one part. */
const MAX_HEADERS = 16 * 1024;

/** Each part costs time, however small it is. */
const MAX_PARTS = 100;

const BROKEN = "must be a complete multipart form: it breaks off, or lacks its last boundary";

/** The headers of a part, by lower-case name; each character stands for a byte. */
const Headers = z.record(z.string(), z.array(z.string()));

/** What a part of a form says of itself. */
interface Part {
  field: string;
  /** of the file, as the client calls it */
  name: string | undefined;
  contentType: string | undefined;
}

/** Another field of a form, its value as its bytes. */
type Field = [name: string, value: Uint8Array];

/** A file of a form, while it comes in. */
export interface FormFile extends Omit<Part, "field"> {
  /** Reads on, to the end of the form. Throws `validation_failed` where it is malformed or ends too early. */
  bytes: AsyncIterable<Uint8Array>;
  /** What stands in the other fields, of all once `bytes` are through; null: that is more than was to be kept. */
  rest(): Field[] | null;
}

/**
 * Reads a multipart/form-data body (RFC 7578) up to the file in one of its fields. Nothing is held but the chunk
 * which came last, and the other fields where they are wanted.
 * @param contentType the request's header, which tells the boundary
 * @param keeps so many bytes of the other fields at most
 * @throws `validation_failed` for what is no such form or has over 100 parts, and where the field is missing
 */
export async function formFile(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  field: string,
  keeps = 0,
): Promise<FormFile> {
  const form = new Form(boundaryOf(contentType), field, keeps);
  const reading = form.read(body);
  while (!form.file) {
    const { done } = await reading.next();
    if (done) break;
  }
  if (!form.file) throw invalid(`body.${field}`, "must be there: send the file in this field of the form");
  const { name, contentType: type } = form.file;
  return { name, contentType: type, bytes: form.bytes(reading), rest: () => form.rest };
}

function boundaryOf(contentType: string): string {
  const boundary = readParameters(contentType)?.parameters.get("boundary") ?? "";
  if (/^[\x20-\x7e]{1,70}$/.test(boundary)) return boundary;
  throw invalid("header.content-type", "must name the boundary of the form, of 1 to 70 characters");
}

/** One form, fed chunk by chunk to Dicer, the parser of busboy. */
class Form {
  /** set once the headers of the wanted part are read */
  file: Part | undefined;
  /** the other fields that have come, as far as they are kept */
  readonly #others: Field[] = [];
  /** bytes which these have, kept or not */
  #beside = 0;
  readonly #field: string;
  readonly #keeps: number;
  readonly #parser: Dicer;
  /** what has come of the file and was not taken yet */
  readonly #chunks: Uint8Array[] = [];
  readonly #end = Promise.withResolvers<void>();
  #parts = 0;
  #refused: CoreError | undefined;

  constructor(boundary: string, field: string, keeps: number) {
    this.#field = field;
    this.#keeps = keeps;
    // Its type leaves the second setting out.
    const settings = { boundary, maxHeaderSize: MAX_HEADERS };
    this.#parser = new Dicer(settings);
    this.#parser.on("part", (part) => this.#begin(part));
    this.#parser.on("finish", () => this.#end.resolve());
    this.#parser.on("error", () => this.#refuse(invalid("body", BROKEN)));
    // Where the body is left before its end nobody waits for it.
    this.#end.promise.catch(() => undefined);
  }

  /** @see FormFile.rest */
  get rest(): Field[] | null {
    return this.#beside > this.#keeps ? null : this.#others;
  }

  /** Feeds the body; each turn is one chunk of it. */
  async *read(body: AsyncIterable<Uint8Array>): AsyncGenerator<void> {
    for await (const chunk of body) {
      await this.#write(chunk);
      if (this.#refused) throw this.#refused;
      yield;
    }
    if (this.#parser.writable) this.#parser.end();
    await this.#end.promise;
    if (this.#refused) throw this.#refused;
  }

  /** The bytes of the file, and then the form to its end. */
  async *bytes(reading: AsyncGenerator<void>): AsyncGenerator<Uint8Array> {
    let done: boolean | undefined = false;
    try {
      while (!done) {
        yield* this.#chunks.splice(0);
        ({ done } = await reading.next());
      }
      yield* this.#chunks.splice(0);
    } finally {
      await reading.return(undefined);
    }
  }

  /** Resolves once the chunk is parsed, and what it had of the file is in `#chunks`. */
  async #write(chunk: Uint8Array): Promise<void> {
    // What follows the last boundary is no part of the form.
    if (!this.#parser.writable) return;
    await new Promise<void>((resolve) => this.#parser.write(chunk, () => resolve()));
  }

  #begin(part: Dicer.PartStream): void {
    // Without these the stream would wait for a reader, and throw for want of a listener.
    part.on("error", () => undefined);
    part.resume();
    this.#parts++;
    if (this.#parts > MAX_PARTS) this.#refuse(invalid("body", `must have at most ${MAX_PARTS} parts`));
    part.on("header", (header) => {
      const described = describe(header);
      if (!described)
        return this.#refuse(invalid("body", "must be a form of which each part names its field"));
      if (described.field !== this.#field) {
        if (this.#keeps > 0) this.#keep(described.field, part);
        return;
      }
      if (this.file) return this.#refuse(invalid(`body.${this.#field}`, "must be there once"));
      this.file = described;
      part.on("data", (chunk) => this.#chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk));
    });
  }

  #keep(field: string, part: Dicer.PartStream): void {
    const chunks: Uint8Array[] = [];
    part.on("data", (data) => {
      const chunk = typeof data === "string" ? Buffer.from(data) : data;
      this.#beside += chunk.byteLength;
      // What is too much is read to its end, but it may be a hundred times what an isolate has room for.
      if (this.#beside <= this.#keeps) chunks.push(chunk);
    });
    part.on("end", () => this.#others.push([field, Buffer.concat(chunks)]));
  }

  #refuse(error: CoreError): void {
    this.#refused ??= error;
    this.#end.reject(this.#refused);
  }
}

/** Which field a part is of, and what file it holds; null where it does not say so in a readable way. */
function describe(header: object): Part | null {
  const headers = Headers.parse(header);
  const disposition = parameterized(headers["content-disposition"]);
  const field = disposition?.parameters.get("name");
  if (disposition?.value !== "form-data" || field === undefined) return null;
  const { parameters } = disposition;
  const name = extended(parameters.get("filename*")) ?? parameters.get("filename");
  // Browsers send an empty name where no file was chosen.
  return { field, name: name || undefined, contentType: headers["content-type"]?.[0]?.trim() };
}

function parameterized(values: string[] | undefined): Parameterized | null {
  const [value, second] = values ?? [];
  if (value === undefined || second !== undefined) return null;
  try {
    const bytes = Buffer.from(value.trim(), "latin1");
    return readParameters(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** A value of RFC 8187: `UTF-8''%E6%9E%97.png`. */
function extended(value: string | undefined): string | undefined {
  const encoded = value?.match(/^utf-8'[^']*'(.*)$/i)?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
