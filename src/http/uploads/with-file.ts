import { CoreError, invalid } from "../../domain/errors.ts";
import { ContentType, FileName } from "../../domain/files/file.ts";
import type { Timing } from "../../domain/timing.ts";
import { decodeUtf8 } from "../body.ts";
import { type Fields, jsonFields, listed } from "../fields.ts";
import { type FormFile, type FormPart, formFile, formFiles } from "./form-file.ts";
import { JsonWithFile } from "./json-file.ts";
import { receivedChunks } from "./received-chunks.ts";
import { boundedForm, checkedPart, isForm } from "./upload.ts";

/** Where a call may carry a file, and its limits. */
export interface FilePlace {
  /** in a form: the possible names of the field, the usual one first; `named`: see `formFile` */
  fields: readonly [string, ...string[]] | "named";
  /** in JSON: the keys that lead to the string with the file in base64 */
  path: string[];
  /** bytes of the form, or of the JSON; up to 1 MiB more is read */
  maxBytes: number;
  /** bytes of the parameters beside the file */
  maxBytesBeside: number;
}

/** A file that is being received with the parameters of a call. */
export interface ReceivedFile {
  /** name and type from the part of a form; null in JSON, which has them in its fields */
  form: Pick<FormFile, "name" | "contentType"> | null;
  /** Throws `validation_failed` if the body is malformed or incomplete, `too_large`. */
  bytes: AsyncIterable<Uint8Array>;
}

/** The parameters of a call, and its file if it has one. */
export interface CallWithFile {
  file: ReceivedFile | null;
  /** All fields, once the file's bytes were read to their end. Throws `validation_failed`, `too_large`. */
  fields(): Fields;
}

/**
 * Reads a call up to its file, if it has one: a part of a form, or a string in JSON. The file is never in
 * memory as a whole.
 * @throws `validation_failed` for a malformed body, `too_large`, `unavailable` as `receivedChunks`
 */
export function readWithFile(
  request: Request,
  place: FilePlace,
  timing: Timing["uploads"],
): Promise<CallWithFile> {
  const bytes = boundedForm(receivedChunks(request, timing), place.maxBytes);
  return isForm(request) ? readForm(request, bytes, place) : readJson(bytes, place);
}

async function readForm(
  request: Request,
  chunks: AsyncGenerator<Uint8Array>,
  { fields: names, maxBytesBeside }: FilePlace,
): Promise<CallWithFile> {
  const field = names === "named" ? "file" : names[0];
  const type = request.headers.get("Content-Type") ?? "";
  const form = await formFile(chunks, type, names, maxBytesBeside);
  const fields = () => fieldsBeside(form, maxBytesBeside);
  if (!("bytes" in form)) return { file: null, fields };
  return { file: { form: checkedFile(form, field), bytes: form.bytes }, fields };
}

/**
 * Reads a form with any number of files: each is given to `take`, and none is in memory as a whole.
 * @param limits `maxBytes`: of the form; see `FilePlace`
 * @returns what `take` made of each file, by the field, and the other fields
 * @throws as `readWithFile`, and as `take`
 */
export async function readWithFiles<T>(
  request: Request,
  { maxBytes, maxBytesBeside }: Pick<FilePlace, "maxBytes" | "maxBytesBeside">,
  timing: Timing["uploads"],
  take: (file: Pick<FormPart, "name" | "contentType" | "bytes">) => Promise<T>,
): Promise<{ taken: Map<string, T>; fields: Fields }> {
  const chunks = boundedForm(receivedChunks(request, timing), maxBytes);
  const type = request.headers.get("Content-Type") ?? "";
  const form = await formFiles(chunks, type, maxBytesBeside, ({ field, bytes, ...part }) =>
    take({ ...checkedFile(part, field), bytes }),
  );
  return { taken: form.taken, fields: fieldsBeside(form, maxBytesBeside) };
}

function fieldsBeside({ rest }: Pick<FormFile, "rest">, maxBytesBeside: number): Fields {
  const kept = rest();
  if (!kept) throw new CoreError("too_large", tooLargeBesides(maxBytesBeside));
  return listed(
    kept.map(([key, value]) => [key, decodeUtf8(value)]),
    "body",
  );
}

function checkedFile({ name, contentType }: Pick<FormFile, "name" | "contentType">, field: string) {
  return {
    name: name && checkedPart(FileName, name, `body.${field}.filename`),
    contentType: contentType && checkedPart(ContentType, contentType, `body.${field}.content-type`),
  };
}

async function readJson(
  chunks: AsyncGenerator<Uint8Array>,
  { path, maxBytesBeside }: FilePlace,
): Promise<CallWithFile> {
  const json = new JsonWithFile(path, maxBytesBeside);
  const fields = () => jsonFields(decodeUtf8(json.rest()));
  let firstBytes: Uint8Array[] = [];
  while (!json.hasFile) {
    const { done, value } = await chunks.next();
    if (done) return { file: null, fields };
    firstBytes = await orDrained(chunks, () => json.take(value));
  }
  async function* bytes() {
    try {
      yield* firstBytes;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        const { value } = next;
        yield* await orDrained(chunks, () => json.take(value));
      }
    } finally {
      await chunks.return(undefined);
    }
    if (!json.isWhole) throw invalid("body", "must be JSON");
  }
  return { file: { form: null, bytes: bytes() }, fields };
}

/**
 * Runs `work`. If it throws, the rest of the body is read and dropped before the error is thrown: a client
 * that is still sending would be cut off, and not see the answer.
 */
async function orDrained<T>(chunks: AsyncIterable<Uint8Array>, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    for await (const _ of chunks);
    throw error;
  }
}

function tooLargeBesides(maxBytes: number): string {
  return `What stands beside a file must be at most ${maxBytes} bytes.`;
}
