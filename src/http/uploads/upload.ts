import { CoreError, invalid } from "../../domain/errors.ts";
import { ContentType, FileName, type Upload } from "../../domain/files/file.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Timing } from "../../domain/timing.ts";
import { formFile, noFile } from "./form-file.ts";
import { receivedChunks } from "./received-chunks.ts";

/** Bytes that a form may have besides its file. */
const MAX_BESIDES_FILE = 1024 * 1024;

/**
 * Reads an upload: a multipart/form-data form with the file in one of its fields, or the file itself as the
 * body, with its `Content-Type`. Only the last chunk is in memory.
 * @param options `field`: of the form; `name`: the name of a bare body, a `FileName`
 * @throws `validation_failed`; `too_large` for a form with more than 1 MiB besides its file; `unavailable` as
 *   `receivedChunks`
 */
export async function readUpload(
  request: Request,
  { field, name }: { field: string; name: string | undefined },
  timing: Timing["uploads"],
): Promise<Upload> {
  if (isForm(request)) return readFormUpload(request, field, timing);
  const size = declaredSize(request);
  const type = request.headers.get("Content-Type") ?? undefined;
  const contentType = type && checkedPart(ContentType, type.trim(), "header.content-type");
  const bytes = receivedChunks(request, timing);
  if (size === undefined) return { name, contentType, size, bytes };
  return { name, contentType, size, bytes: ofExactSize(size, bytes) };
}

/**
 * Reads a bare body, whatever its `Content-Type`.
 * @returns its bytes, and their number if the client declares it
 */
export function readBareBody(request: Request, timing: Timing["uploads"]): Pick<Upload, "size" | "bytes"> {
  return { size: declaredSize(request), bytes: receivedChunks(request, timing) };
}

/**
 * Reads an upload that must be a form.
 * @throws as `readUpload`; `validation_failed` for any other body, too
 */
export async function readFormUpload(
  request: Request,
  field: string,
  timing: Timing["uploads"],
): Promise<Upload> {
  if (!isForm(request))
    throw invalid(`body.${field}`, "must be there: send the file in this field of a form");
  const maxFileBytes = LIMITS.fileBytes;
  requireForm(declaredSize(request) ?? 0, maxFileBytes);
  const type = request.headers.get("Content-Type") ?? "";
  const file = await formFile(boundedForm(receivedChunks(request, timing), maxFileBytes), type, [field]);
  if (!("bytes" in file)) throw noFile(field);
  return {
    name: file.name && checkedPart(FileName, file.name, `body.${field}.filename`),
    contentType: file.contentType && checkedPart(ContentType, file.contentType, `body.${field}.content-type`),
    size: undefined,
    bytes: file.bytes,
  };
}

/** Whether the body is multipart/form-data, by its `Content-Type`. */
export function isForm({ headers }: Request): boolean {
  return /^multipart\/form-data[ \t]*(;|$)/i.test(headers.get("Content-Type") ?? "");
}

function declaredSize({ headers }: Request): number | undefined {
  const declared = headers.get("Content-Length") ?? "";
  return /^\d{1,15}$/.test(declared) ? Number(declared) : undefined;
}

/**
 * The bytes, checked against their declared length. HTTP enforces `Content-Length`; a caller that constructs
 * the request might not.
 */
async function* ofExactSize(size: number, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let remaining = size;
  for await (const chunk of bytes) {
    remaining -= chunk.byteLength;
    if (remaining < 0) break;
    yield chunk;
  }
  if (remaining !== 0) throw invalid("body", "must be as long as Content-Length says");
}

/**
 * The bytes of a form, which may be `maxFileBytes` and 1 MiB long.
 * @throws `too_large`
 */
export async function* boundedForm(
  bytes: AsyncIterable<Uint8Array>,
  maxFileBytes: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    requireForm(size, maxFileBytes);
    yield chunk;
  }
}

function requireForm(size: number, maxFileBytes: number): void {
  if (size <= maxFileBytes + MAX_BESIDES_FILE) return;
  const file = `A file must be at most ${maxFileBytes / 1_048_576} MiB`;
  throw new CoreError("too_large", `${file}, and what else its form holds 1 MiB.`);
}

/**
 * A file name or content type, parsed by its schema.
 * @param path in the error.
 * @throws `validation_failed`
 */
export function checkedPart(
  schema: typeof FileName | typeof ContentType,
  value: string,
  path: string,
): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(path, parsed.error.issues.map(({ message }) => message).join("; "));
}
