import { CoreError, invalid } from "../core/errors.ts";
import { ContentType, FileName, type Upload } from "../core/files.ts";
import { LIMITS } from "../core/limits.ts";
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
  const declared = request.headers.get("Content-Length");
  const size = declared !== null && /^\d{1,15}$/.test(declared) ? Number(declared) : undefined;
  const type = request.headers.get("Content-Type") ?? undefined;
  if (type === undefined || !/^multipart\/form-data[ \t]*(;|$)/i.test(type)) {
    const contentType = type && checked(ContentType, type.trim(), "header.content-type");
    if (size === undefined) return { name, contentType, size, bytes: arriving(request) };
    return { name, contentType, size, bytes: exactly(size, arriving(request)) };
  }
  requireForm(size ?? 0);
  const file = await formFile(bounded(arriving(request)), type, field);
  return {
    name: file.name && checked(FileName, file.name, `body.${field}.filename`),
    contentType: file.contentType && checked(ContentType, file.contentType, `body.${field}.content-type`),
    size: undefined,
    bytes: file.bytes,
  };
}

/** The body as it comes. */
async function* arriving({ body }: Request): AsyncGenerator<Uint8Array> {
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

async function* bounded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    requireForm(size);
    yield chunk;
  }
}

function requireForm(size: number): void {
  if (size <= LIMITS.fileBytes + REST_OF_FORM) return;
  throw new CoreError("too_large", "A file must be at most 20 MiB, and what else its form holds 1 MiB.");
}

/** @throws `validation_failed` */
function checked(schema: typeof FileName | typeof ContentType, value: string, path: string): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(path, parsed.error.issues.map(({ message }) => message).join("; "));
}
