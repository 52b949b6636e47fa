import type { MiddlewareHandler } from "hono";
import { CoreError, invalid } from "../domain/errors.ts";
import { parseJson, requireSound } from "./json.ts";

/**
 * Reads a request's body as JSON whatever `Content-Type` says, checks it and hands it on as
 * `application/json`, so that validators behind this see every body. An empty one is as none: `{}`.
 * @throws `too_large` over `maxBytes`, `validation_failed` for what is not UTF-8, not JSON, nested
 *   deeper than 32 levels, or holds a string which cannot be stored (U+0000, lone surrogates)
 */
export function jsonBody(maxBytes: number): MiddlewareHandler {
  return async (c, next) => {
    const { raw } = c.req;
    const text = decodeUtf8(await readUpTo(raw, maxBytes));
    const headers = new Headers(raw.headers);
    if (text.trim() === "") {
      // A validator that is told of JSON and finds none throws what is no answer of ours.
      headers.delete("Content-Type");
      c.req.raw = new Request(raw.url, { method: raw.method, headers });
    } else {
      requireSound(parseJson(text, "body"), "body");
      headers.set("Content-Type", "application/json");
      c.req.raw = new Request(raw.url, { method: raw.method, headers, body: text });
    }
    await next();
  };
}

/** The whole body, never holding more than `maxBytes` of it. @throws `too_large` */
export async function readUpTo(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new CoreError("too_large", `The body must be at most ${maxBytes} bytes.`);
  if (Number(request.headers.get("Content-Length") ?? 0) > maxBytes) throw tooLarge();
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

/** @throws `validation_failed` for what is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid("body", "must be UTF-8");
  }
}
