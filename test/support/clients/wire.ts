import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { app } from "../app.ts";

const ORIGIN = "https://parley.test";

/** A call over any surface. A body that is neither text, form nor bytes is sent as JSON. */
export interface WireCall {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** bindings that replace the server's own */
  settings?: Partial<Env>;
  /** the address of the server; `https://parley.test` if absent */
  origin?: string;
}

export interface WireAnswer {
  status: number;
  headers: Headers;
  /** parsed JSON, else the text, which HEAD has none of */
  body: unknown;
}

/**
 * One HTTP call to the Worker, over any surface.
 * @throws an Error for an answer, but a 101, without a request id
 */
export async function wire({
  method,
  path,
  headers,
  body,
  settings,
  origin = ORIGIN,
}: WireCall): Promise<WireAnswer> {
  const request = new Request(`${origin}${path}`, {
    method,
    headers: new Headers(headers),
    redirect: "manual",
    ...(body !== undefined && { body: raw(body) }),
  });
  const response = await (settings ? fetchWith(settings, request) : exports.default.fetch(request));
  if (response.status !== 101 && !response.headers.has("X-Request-Id"))
    throw new Error(`${method} ${path} answered without a request id`);
  const text = await response.text();
  const type = response.headers.get("Content-Type") ?? "";
  const isJson = text !== "" && type.includes("json") && !type.includes("ndjson");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

async function fetchWith(settings: Partial<Env>, request: Request): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, { ...env, ...settings }, context);
  await waitOnExecutionContext(context);
  return response;
}

function raw(body: unknown): BodyInit {
  if (typeof body === "string") return body;
  if (body instanceof FormData || body instanceof URLSearchParams || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}
