import { env } from "cloudflare:workers";
import { importJWK, jwtVerify } from "jose";
import { expect, inject } from "vitest";
import { z } from "zod";
import type { PushPayload } from "../../../src/domain/push/payload.ts";
import { call, type SignedIn } from "../clients/api.ts";

const Call = z.object({
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  status: z.union([z.int(), z.literal("hang")]),
});
type Call = z.infer<typeof Call>;

const Payload = z.object({
  kind: z.enum(["message", "mention", "edit", "clear"]),
  user_id: z.int(),
  conversation_id: z.int(),
  seq: z.int(),
  title: z.string(),
  text: z.string(),
  badge: z.int(),
}) satisfies z.ZodType<Omit<PushPayload, "user_id" | "conversation_id" | "seq">>;

/** A push as the browser has it, with the headers of its request. */
export type ReceivedPush = z.infer<typeof Payload> & {
  headers: Record<string, string>;
  status: number | "hang";
};

/** A test fails after so long without a push. */
const PATIENCE_MS = 20_000;

/** A browser with a subscription, and its push service, which counts all requests. */
export class PushReceiver {
  readonly endpoint = `${inject("hookOrigin")}/push/${crypto.randomUUID()}`;
  readonly #keys: CryptoKeyPair;
  readonly #auth = crypto.getRandomValues(new Uint8Array(16));
  readonly #point: Uint8Array;
  readonly #pushes: ReceivedPush[] = [];

  private constructor(keys: CryptoKeyPair, point: Uint8Array) {
    this.#keys = keys;
    this.#point = point;
  }

  static async start(): Promise<PushReceiver> {
    const keys = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    if (!("privateKey" in keys)) throw new Error("a pair of keys");
    const point = await crypto.subtle.exportKey("raw", keys.publicKey);
    if (!(point instanceof ArrayBuffer)) throw new Error("a raw key");
    return new PushReceiver(keys, new Uint8Array(point));
  }

  /** A browser that a user has registered. */
  static async of(user: SignedIn, more: object = {}): Promise<PushReceiver> {
    const receiver = await PushReceiver.start();
    await receiver.register(user, more);
    return receiver;
  }

  get subscription() {
    return {
      kind: "webpush",
      endpoint: this.endpoint,
      keys: { p256dh: base64url(this.#point), auth: base64url(this.#auth) },
    } as const;
  }

  /** Registers the browser for a user, under an id of its own. */
  async register({ token }: Pick<SignedIn, "token">, more: object = {}): Promise<string> {
    const id = this.endpoint.slice(-36);
    const answer = await call("PUT", `/v1/push/${id}`, { token, body: { ...this.subscription, ...more } });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return id;
  }

  /** Sets how the service answers the next pushes: a status, or not. Later ones get a 201. */
  async answer(...answers: (number | "hang")[]): Promise<void> {
    await fetch(this.endpoint, { method: "PUT", body: answers.join("\n") });
  }

  /** All pushes so far, decrypted, in their order. */
  all(): Promise<readonly ReceivedPush[]> {
    return this.#read("");
  }

  /** Resolves with all pushes once there are so many. */
  async until(count: number): Promise<readonly ReceivedPush[]> {
    while (this.#pushes.length < count) await this.#read("&wait");
    return this.#pushes;
  }

  /** What the pushes so far were for. */
  async kinds(): Promise<string[]> {
    return (await this.all()).map(({ kind, seq }) => `${kind} ${seq}`);
  }

  async #read(wait: string): Promise<readonly ReceivedPush[]> {
    const url = `${this.endpoint}?from=${this.#pushes.length}${wait}`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    for (const one of z.array(Call).parse(await answer.json())) this.#pushes.push(await this.#opened(one));
    return this.#pushes;
  }

  async #opened({ headers, body, status }: Call): Promise<ReceivedPush> {
    expect(headers).toMatchObject({ "content-encoding": "aes128gcm", ttl: expect.stringMatching(/^\d+$/) });
    await this.#verifySender(headers.authorization ?? "");
    const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
    const text = new TextDecoder().decode(await this.#decrypted(bytes));
    return { ...Payload.parse(JSON.parse(text)), headers, status };
  }

  /** RFC 8292: the token is of the server, for this service. */
  async #verifySender(authorization: string): Promise<void> {
    const [, token = "", key = ""] = /^vapid t=([^,]+), ?k=(.+)$/i.exec(authorization) ?? [];
    expect(key.replace(/=+$/, "")).toBe(env.VAPID_PUBLIC_KEY);
    const point = bytesOf(key);
    const jwk = { kty: "EC", crv: "P-256", x: base64url(point.slice(1, 33)), y: base64url(point.slice(33)) };
    const audience = new URL(this.endpoint).origin.replace("http:", "https:");
    const { payload } = await jwtVerify(token, await importJWK(jwk, "ES256"), { audience });
    expect(payload.sub).toMatch(/^(mailto|https):/);
  }

  /** RFC 8188 and 8291. */
  async #decrypted(record: Uint8Array): Promise<Uint8Array> {
    const salt = record.slice(0, 16);
    const keyLength = record[20] ?? 0;
    const sender = record.slice(21, 21 + keyLength);
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const publicKey = await crypto.subtle.importKey("raw", sender, curve, false, []);
    // The types of workerd name the field otherwise than it is.
    const ecdh = { name: "ECDH", $public: publicKey, public: publicKey };
    const shared = await crypto.subtle.deriveBits(ecdh, this.#keys.privateKey, 256);
    const info = concat(text("WebPush: info\0"), this.#point, sender);
    const secret = await hkdf(this.#auth, new Uint8Array(shared), info, 32);
    const key = await hkdf(salt, secret, text("Content-Encoding: aes128gcm\0"), 16);
    const iv = await hkdf(salt, secret, text("Content-Encoding: nonce\0"), 12);
    const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
    const sealed = record.slice(21 + keyLength);
    const opened = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, aes, sealed));
    return opened.slice(0, opened.lastIndexOf(2));
  }
}

async function hkdf(salt: Uint8Array, secret: Uint8Array, info: Uint8Array, length: number) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, length * 8);
  return new Uint8Array(bits);
}

const text = (value: string) => new TextEncoder().encode(value);

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function base64url(bytes: Uint8Array): string {
  const encoded = btoa(String.fromCharCode(...bytes));
  return encoded.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function bytesOf(encoded: string): Uint8Array {
  const plain = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
