import { CoreError } from "../domain/errors.ts";
import type { ByteRange, StoredFile } from "../domain/files/file.ts";
import { withoutHidden } from "../domain/names/characters.ts";

/**
 * The types that a browser may show: bitmaps, audio, video. Types that could run scripts in this origin (SVG,
 * HTML, any XML) are always downloaded.
 */
const INLINE = /^(image\/(png|jpe?g|gif|webp|avif|bmp)|(audio|video)\/[a-z0-9.-]+)$/;

/** What an answer says of a file. */
type ServedFile = Pick<StoredFile, "name" | "size" | "contentType" | "sha256">;

/**
 * Answers GET and HEAD for a file (RFC 9110): 200 with the whole file, 206 with a range, or 304. A request
 * for several ranges, or with a malformed range, gets the whole file. `If-Match` is ignored: a file never
 * changes.
 * @param open opens the bytes, or a range of them; not called if the answer has no body
 * @throws `range_not_satisfiable`, and the errors of `open`
 */
export async function serveFile(
  request: Request,
  file: ServedFile,
  open: (range?: ByteRange) => Promise<ReadableStream>,
): Promise<Response> {
  const etag = `"${file.sha256}"`;
  const headers = headersOf(file, etag);
  if (matches(request.headers.get("If-None-Match"), etag)) {
    // A 304 has no content, so it carries no headers that describe content.
    for (const name of ["Content-Type", "Content-Disposition"]) headers.delete(name);
    return new Response(null, { status: 304, headers });
  }
  const range = request.method === "GET" ? requestedRange(request.headers, file.size, etag) : undefined;
  headers.set("Content-Length", String(range?.length ?? file.size));
  if (request.method === "HEAD") return new Response(null, { headers });
  if (!range) return new Response(await open(), { headers });
  const { offset, length } = range;
  headers.set("Content-Range", `bytes ${offset}-${offset + length - 1}/${file.size}`);
  return new Response(await open(range), { status: 206, headers });
}

/** Whether a client has a file already, as its `If-None-Match` says. */
export function isKnown(request: Request, { sha256 }: Pick<ServedFile, "sha256">): boolean {
  return matches(request.headers.get("If-None-Match"), `"${sha256}"`);
}

function headersOf({ name, contentType }: ServedFile, etag: string): Headers {
  const essence = contentType.replace(/;.*/s, "").trimEnd().toLowerCase();
  return new Headers({
    "Accept-Ranges": "bytes",
    // A file never changes, but may be deleted: a cache asks each minute, with its ETag.
    "Cache-Control": "public, max-age=60, must-revalidate",
    "Content-Disposition": disposition(INLINE.test(essence) ? "inline" : "attachment", name),
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Type": contentType,
    "Cross-Origin-Resource-Policy": "cross-origin",
    ETag: etag,
    "X-Content-Type-Options": "nosniff",
  });
}

/** The header of RFC 6266: the name reduced to ASCII for old clients, and in full (RFC 8187). */
function disposition(type: "inline" | "attachment", storedName: string): string {
  const name = withoutHidden(storedName);
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/**
 * Whether the list of If-None-Match has this entity tag. Weak tags count, as RFC 9110 demands for this
 * header.
 */
function matches(list: string | null, etag: string): boolean {
  if (list === null) return false;
  if (list.trim() === "*") return true;
  return list.match(/"[^"]*"/g)?.includes(etag) ?? false;
}

/**
 * The requested range; undefined: the whole file.
 * @throws `range_not_satisfiable` if the file has no byte of it
 */
function requestedRange(headers: Headers, size: number, etag: string): ByteRange | undefined {
  const condition = headers.get("If-Range");
  // A date never matches, since no answer has a `Last-Modified`. A weak tag must not match.
  if (condition !== null && condition.trim() !== etag) return undefined;
  const [, first = "", last = ""] =
    headers.get("Range")?.match(/^bytes[ \t]*=[ \t]*(\d*)-(\d*)[ \t]*$/i) ?? [];
  if (first === "" && last === "") return undefined;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (from <= to) return { offset: from, length: to - from + 1 };
  throw new CoreError("range_not_satisfiable", `The file has ${size} bytes; none of them is in this range.`, {
    size,
  });
}
