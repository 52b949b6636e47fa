import type { MiddlewareHandler } from "hono";
import { CoreError, invalid } from "../core/errors.ts";
import { unstorable } from "../core/text.ts";

const MAX_DEPTH = 32;

/**
 * Reads a request's body as JSON whatever `Content-Type` says, checks it and hands it on as
 * `application/json`, so that validators behind this see every body. An empty one is as none: `{}`.
 * @throws `too_large` over `maxBytes`, `validation_failed` for what is not UTF-8, not JSON, nested
 *   deeper than 32 levels, or holds a string which cannot be stored (U+0000, lone surrogates)
 */
export function jsonBody(maxBytes: number): MiddlewareHandler {
  return async (c, next) => {
    const { raw } = c.req;
    const text = raw.body ? decodeUtf8(await readUpTo(raw, maxBytes)) : "";
    const headers = new Headers(raw.headers);
    if (text.trim() === "") {
      // A validator that is told of JSON and finds none throws what is no answer of ours.
      headers.delete("Content-Type");
      c.req.raw = new Request(raw.url, { method: raw.method, headers });
    } else {
      checkJson(text);
      headers.set("Content-Type", "application/json");
      c.req.raw = new Request(raw.url, { method: raw.method, headers, body: text });
    }
    await next();
  };
}

/** The whole body, never holding more than `maxBytes` of it. */
async function readUpTo(request: Request, maxBytes: number): Promise<Uint8Array> {
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

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid("body", "must be UTF-8");
  }
}

/**
 * Parses JSON from a client.
 * @throws `validation_failed` if it is none, is nested too deep, or holds a string that cannot be stored
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("body", "must be JSON");
  }
  // Without an escape no NUL and, after strict UTF-8 decoding, no lone surrogate can be there.
  checkValue(value, "body", text.includes("\\u"), 0);
  return value;
}

function checkJson(text: string): void {
  parseJson(text);
}

function checkValue(value: unknown, path: string, strings: boolean, depth: number): void {
  if (depth > MAX_DEPTH) throw invalid("body", `must not be nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value === "string") {
    const wrong = strings ? unstorable(value) : null;
    if (wrong) throw invalid(path, wrong);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (strings && unstorable(key)) throw invalid(path, "has a key that is not well-formed text");
      checkValue(inner, `${path}.${key}`, strings, depth + 1);
    }
  }
}
