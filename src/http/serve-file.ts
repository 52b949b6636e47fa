import { CoreError } from "../domain/errors.ts";
import type { ByteRange, StoredFile } from "../domain/files/file.ts";

/**
 * Pictures of pixels, sound and film are shown by a browser; what could run in the page of this origin
 * (SVG, HTML, anything of XML) is only ever downloaded.
 */
const INLINE = /^(image\/(png|jpe?g|gif|webp|avif|bmp)|(audio|video)\/[a-z0-9.-]+)$/;

/**
 * Answers GET and HEAD for a file: whole, a range of it, or that the client has it already (RFC 9110).
 * A request for several ranges, or for one that is malformed, gets the whole. `If-Match` is not looked at:
 * a file never changes.
 * @param open gives the bytes, or some of them; not called where none are sent
 * @throws `range_not_satisfiable`, and what `open` throws
 */
export async function serveFile(
  request: Request,
  file: StoredFile,
  open: (range?: ByteRange) => Promise<ReadableStream>,
): Promise<Response> {
  const etag = `"${file.sha256}"`;
  const headers = headersOf(file, etag);
  if (matches(request.headers.get("If-None-Match"), etag)) {
    // What describes bytes is for answers that have some.
    for (const name of ["Content-Type", "Content-Disposition"]) headers.delete(name);
    return new Response(null, { status: 304, headers });
  }
  const range = request.method === "GET" ? wantedRange(request.headers, file.size, etag) : undefined;
  headers.set("Content-Length", String(range?.length ?? file.size));
  if (request.method === "HEAD") return new Response(null, { headers });
  if (!range) return new Response(await open(), { headers });
  const { offset, length } = range;
  headers.set("Content-Range", `bytes ${offset}-${offset + length - 1}/${file.size}`);
  return new Response(await open(range), { status: 206, headers });
}

function headersOf({ name, contentType }: StoredFile, etag: string): Headers {
  const essence = contentType.replace(/[ \t]*;.*$/s, "").toLowerCase();
  return new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Disposition": disposition(INLINE.test(essence) ? "inline" : "attachment", name),
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Type": contentType,
    "Cross-Origin-Resource-Policy": "cross-origin",
    ETag: etag,
    "X-Content-Type-Options": "nosniff",
  });
}

/** RFC 6266: the name in ASCII for who reads no more, and as it is (RFC 8187). */
function disposition(type: "inline" | "attachment", name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** Whether a list of entity tags has this one; weak ones count too, as If-None-Match has it. */
function matches(list: string | null, etag: string): boolean {
  if (list === null) return false;
  if (list.trim() === "*") return true;
  return list.match(/"[^"]*"/g)?.includes(etag) ?? false;
}

/** Which bytes a GET wants; undefined: all. @throws `range_not_satisfiable` where there are none of them */
function wantedRange(headers: Headers, size: number, etag: string): ByteRange | undefined {
  const condition = headers.get("If-Range");
  // A date matches nothing, since no answer names one, and a weak tag must not.
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
