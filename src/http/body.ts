import type { MiddlewareHandler } from "hono";
import { CoreError, invalid } from "../domain/errors.ts";
import { parseJson, requireSound } from "./json.ts";

/** The types of which the validators of routes read the body. */
const JSON_TYPE = /^application\/json *(;|$)/i;

/**
 * Middleware that reads a request's body as JSON whatever its `Content-Type`, checks it, and passes it on as
 * `application/json`, so that the validators after it see every body. An empty body counts as no body.
 * A body that says so itself is parsed here alone: to make a second request of it would cost a message over
 * HTTP a fifteenth of its time.
 * @param maxBytes of the body
 * @throws `too_large` over `maxBytes`; `validation_failed` for a body that is not UTF-8, is not JSON, is
 *   nested deeper than 32 levels, or holds a string that cannot be stored (U+0000, lone surrogates)
 */
export function jsonBody(maxBytes: number): MiddlewareHandler {
  return async (c, next) => {
    const { raw } = c.req;
    // hono finds a route twice for a path with the pattern's own text (`:id`): its validators refuse that.
    if (raw.bodyUsed) return next();
    const text = decodeUtf8(await readUpTo(raw, maxBytes));
    if (text.trim() === "") {
      const headers = new Headers(raw.headers);
      // A validator that finds the type JSON and an empty body throws an error of its own, in no surface's
      // envelope.
      headers.delete("Content-Type");
      c.req.raw = new Request(raw.url, { method: raw.method, headers });
    } else {
      const value = parseJson(text, "body");
      requireSound(value, "body");
      if (!JSON_TYPE.test(c.req.header("Content-Type") ?? "")) {
        const headers = new Headers(raw.headers);
        headers.set("Content-Type", "application/json");
        c.req.raw = new Request(raw.url, { method: raw.method, headers });
      }
      Reflect.set(c.req, "json", () => Promise.resolve(value));
    }
    await next();
  };
}

/**
 * The whole body. Never more than `maxBytes` of a body that comes over HTTP are in memory.
 * @throws `too_large`
 */
export async function readUpTo(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new CoreError("too_large", `The body must be at most ${maxBytes} bytes.`);
  // NaN without a valid length: then neither comparison holds, and the stream below counts the bytes.
  const length = Number(request.headers.get("Content-Length") ?? Number.NaN);
  if (length > maxBytes) throw tooLarge();
  if (length <= maxBytes) {
    // To read the body at once takes half the time of a stream. HTTP ends the body at its announced length;
    // a caller that constructs the request might not.
    const whole = new Uint8Array(await request.arrayBuffer());
    if (whole.byteLength > maxBytes) throw tooLarge();
    return whole;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/**
 * The text of a body; a byte order mark is kept.
 * @throws `validation_failed` for bytes that are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid("body", "must be UTF-8");
  }
}
