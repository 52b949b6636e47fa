import { CoreError, invalid } from "../../domain/errors.ts";
import { ContentType, FileName } from "../../domain/files/file.ts";
import { decodeUtf8 } from "../body.ts";
import { type Fields, jsonFields, listed } from "../fields.ts";
import { type FormFile, formFile } from "./form-file.ts";
import { JsonWithFile } from "./json-file.ts";
import { arriving, bounded, checkedPart, isForm } from "./upload.ts";

/** Where a call may have a file. */
export interface FilePlace {
  /** of a form */
  field: string;
  /** of JSON: the keys that lead to the string which is the file in base64 */
  path: string[];
  /** bytes of the largest form, or JSON, that is read at all */
  most: number;
  /** bytes of what stands beside the file */
  mostBeside: number;
}

/** A file that comes in with what a call says. */
export interface ArrivingFile {
  /** a form has it, and says these of it; JSON says what it says in its fields */
  form: Pick<FormFile, "name" | "contentType"> | null;
  /** Throws `validation_failed` where it is malformed or ends too early, `too_large` */
  bytes: AsyncIterable<Uint8Array>;
}

/** What a call says, and a file of it. */
export interface WithFile {
  file: ArrivingFile | null;
  /** All fields, once the file's bytes are through. Throws `validation_failed` */
  fields(): Fields;
}

/**
 * Reads a call up to its file, if it has one: a part of a form, or a string of JSON. Nothing of the file is held.
 * @throws `validation_failed` for what is malformed, `too_large`
 */
export function readWithFile(request: Request, place: FilePlace): Promise<WithFile> {
  return isForm(request) ? readForm(request, place) : readJson(request, place);
}

async function readForm(request: Request, { field, most, mostBeside }: FilePlace): Promise<WithFile> {
  const type = request.headers.get("Content-Type") ?? "";
  const form = await formFile(bounded(arriving(request), most), type, field, mostBeside);
  const name = form.name && checkedPart(FileName, form.name, `body.${field}.filename`);
  const contentType =
    form.contentType && checkedPart(ContentType, form.contentType, `body.${field}.content-type`);
  return {
    file: { form: { name, contentType }, bytes: form.bytes },
    fields: () => {
      const rest = form.rest();
      if (!rest) throw new CoreError("too_large", besides(mostBeside));
      return listed(
        rest.map(([key, value]) => [key, decodeUtf8(value)]),
        "body",
      );
    },
  };
}

async function readJson(request: Request, { path, most, mostBeside }: FilePlace): Promise<WithFile> {
  const json = new JsonWithFile(path, mostBeside);
  const chunks = bounded(arriving(request), most);
  const fields = () => jsonFields(decodeUtf8(json.rest()));
  let begun: Uint8Array[] = [];
  while (!json.hasFile) {
    const { done, value } = await chunks.next();
    if (done) return { file: null, fields };
    begun = await orPassed(chunks, () => json.take(value));
  }
  async function* bytes() {
    try {
      yield* begun;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        const { value } = next;
        yield* await orPassed(chunks, () => json.take(value));
      }
    } finally {
      await chunks.return(undefined);
    }
    if (!json.isWhole) throw invalid("body", "must be JSON");
  }
  return { file: { form: null, bytes: bytes() }, fields };
}

/**
 * Does something with what has come; where that throws, the rest is passed over first: a client that is still sending
 * would be cut off, and not see the answer.
 */
async function orPassed<T>(chunks: AsyncIterable<Uint8Array>, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    for await (const _ of chunks);
    throw error;
  }
}

function besides(most: number): string {
  return `What stands beside a file must be at most ${most} bytes.`;
}
