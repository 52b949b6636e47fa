import { trusted } from "../../client/src/json.ts";
import type { HookEvent } from "./hook-event.ts";

/** A call is taken for this long before and after its timestamp, in seconds. */
const TOLERANCE_S = 300;
/** For each signature the whole body is hashed. The server sends two while it rotates a secret. */
const MAX_SIGNATURES = 8;
const PREFIX = "whsec_";

/** A call of a hook: a `Request`, or its headers and its body as it came, before anything has parsed it. */
export type HookRequest =
  | Request
  | { headers: Headers | Record<string, string | string[] | undefined>; body: string | Uint8Array };

/** Why a call is none of Parley's: answer it with 400. */
export class HookError extends Error {
  override readonly name = "HookError";
  /** `timestamp`: it is older than five minutes, or from the future */
  readonly code: "headers" | "timestamp" | "signature" | "body";

  constructor(code: HookError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Verifies a call of a hook, by Standard Webhooks 1.0.
 * @param secret `whsec_…`, or several of which one must have signed
 * @throws {HookError} the call is not signed by the secret, or not of now
 * @throws a TypeError if a secret is none
 */
export async function verifyHook(
  request: HookRequest,
  secret: string | readonly string[],
): Promise<HookEvent> {
  const header = reader(request.headers);
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
  if (!id || !timestamp || !signatures) throw new HookError("headers", "a header webhook-… is missing");
  const age = Date.now() / 1_000 - (/^\d+$/.test(timestamp) ? Number(timestamp) : Number.NaN);
  // NaN is in no range.
  if (!(Math.abs(age) <= TOLERANCE_S)) throw new HookError("timestamp", "the call is not of now");
  const body = await bodyOf(request);
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), body);
  if (!(await isSigned(signed, signatures, typeof secret === "string" ? [secret] : secret)))
    throw new HookError("signature", "no signature of the call is of the secret");
  // The body is Parley's own, and so is its shape.
  return Object.assign(trusted<HookEvent>(new TextDecoder().decode(body)), { id });
}

function reader(headers: HookRequest["headers"]): (name: string) => string | undefined {
  if (headers instanceof Headers) return (name) => headers.get(name) ?? undefined;
  // Proxies of functions write names as they like; Node writes them small.
  const all = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => [all.get(name)].flat().join(" ");
}

async function bodyOf(request: HookRequest): Promise<Uint8Array> {
  if (request instanceof Request) return new Uint8Array(await request.arrayBuffer());
  const { body } = request;
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  throw new HookError("body", "the body must be text or bytes as they came: a parsed body has no signature");
}

function joined(head: Uint8Array, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all;
}

/** Whether one of the signatures is by one of the secrets. WebCrypto compares in constant time. */
async function isSigned(
  signed: Uint8Array<ArrayBuffer>,
  signatures: string,
  secrets: readonly string[],
): Promise<boolean> {
  const given = signatures
    .split(" ")
    .flatMap((one) => (one.startsWith("v1,") ? [bytes(one.slice(3))] : []))
    .slice(0, MAX_SIGNATURES);
  for (const secret of secrets) {
    const raw = bytes(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);
    if (!raw?.length) throw new TypeError("a secret of a hook is whsec_ and base64");
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["verify"]);
    for (const signature of given)
      if (signature && (await crypto.subtle.verify("HMAC", key, signature, signed))) return true;
  }
  return false;
}

/** @returns undefined for what is no base64 */
function bytes(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
