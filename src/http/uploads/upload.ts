import { CoreError, invalid } from "../../domain/errors.ts";
import { ContentType, FileName, type Upload } from "../../domain/files/file.ts";
import { LIMITS } from "../../domain/limits.ts";
import { formFile } from "./form-file.ts";

/** What a form may hold besides its file, which is passed over. */
const REST_OF_FORM = 1024 * 1024;

/**
 * Reads an upload: a multipart/form-data form with the file in one of its fields, or the file itself as
 * the body, with its `Content-Type`. Nothing of it is held in memory but the chunk which came last.
 * @param field of the form
 * @param name what a bare body is called, a `FileName`
 * @throws `validation_failed`; `too_large` for a form that goes on for a MiB besides its file
 */
export async function readUpload(
  request: Request,
  { field, name }: { field: string; name: string | undefined },
): Promise<Upload> {
  if (isForm(request)) return readFormUpload(request, field);
  const size = declaredSize(request);
  const type = request.headers.get("Content-Type") ?? undefined;
  const contentType = type && checkedPart(ContentType, type.trim(), "header.content-type");
  if (size === undefined) return { name, contentType, size, bytes: arriving(request) };
  return { name, contentType, size, bytes: exactly(size, arriving(request)) };
}

/** The same where only forms will do. @throws as `readUpload`; `validation_failed` for another body too */
export async function readFormUpload(request: Request, field: string): Promise<Upload> {
  if (!isForm(request))
    throw invalid(`body.${field}`, "must be there: send the file in this field of a form");
  const most = LIMITS.fileBytes;
  requireForm(declaredSize(request) ?? 0, most);
  const type = request.headers.get("Content-Type") ?? "";
  const file = await formFile(bounded(arriving(request), most), type, field);
  return {
    name: file.name && checkedPart(FileName, file.name, `body.${field}.filename`),
    contentType: file.contentType && checkedPart(ContentType, file.contentType, `body.${field}.content-type`),
    size: undefined,
    bytes: file.bytes,
  };
}

export function isForm({ headers }: Request): boolean {
  return /^multipart\/form-data[ \t]*(;|$)/i.test(headers.get("Content-Type") ?? "");
}

function declaredSize({ headers }: Request): number | undefined {
  const declared = headers.get("Content-Length") ?? "";
  return /^\d{1,15}$/.test(declared) ? Number(declared) : undefined;
}

/** The body as it comes. */
export async function* arriving({ body }: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch {
    // Nobody reads this but a test: the client is gone.
    throw invalid("body", "must be sent to its end");
  }
}

/** HTTP keeps a body as long as its header says; whoever speaks for it might not. */
async function* exactly(size: number, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const chunk of bytes) {
    left -= chunk.byteLength;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0) throw invalid("body", "must be as long as Content-Length says");
}

/** What may hold a file of so many bytes, and some more beside it. @throws `too_large` */
export async function* bounded(bytes: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    requireForm(size, most);
    yield chunk;
  }
}

function requireForm(size: number, most: number): void {
  if (size <= most + REST_OF_FORM) return;
  const file = `A file must be at most ${most / 1_048_576} MiB`;
  throw new CoreError("too_large", `${file}, and what else its form holds 1 MiB.`);
}

/** @throws `validation_failed` */
export function checkedPart(
  schema: typeof FileName | typeof ContentType,
  value: string,
  path: string,
): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(path, parsed.error.issues.map(({ message }) => message).join("; "));
}
