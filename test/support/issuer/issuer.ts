import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { inject } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { type Answer, call } from "../clients/api.ts";
import { undoAtEnd } from "../shared/undo.ts";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT = "urn:ietf:params:oauth:token-type:jwt";
export const AUDIENCE = "parley-tests";
/** The secret of the Worker that issuers of tests may share (vitest.config.mts). */
export const SHARED_SECRET = "TEST_ISSUER_SECRET";

export const Tokens = z.strictObject({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.int(),
  issued_token_type: z.literal("urn:ietf:params:oauth:token-type:access_token"),
  refresh_token: z.string().optional(),
  user: z.strictObject({
    ...{ id: UserId, username: z.string(), nickname: z.string(), avatar: z.string(), online: z.boolean() },
  }),
});
export type Tokens = z.infer<typeof Tokens>;

interface KeyPair {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** How a path of the issuers' server answers. */
type How = "keys" | "hang" | "hang_in_body" | "redirect" | `${number}`;

let issuers = 0;

/** An issuer whose key set is at a server outside of the Worker. */
export class TestIssuer {
  readonly issuer = `https://id-${++issuers}.example/${crypto.randomUUID()}`;
  readonly jwks = `${inject("issuerOrigin")}/${crypto.randomUUID()}/keys`;
  readonly keys: KeyPair[] = [];

  /** Makes an issuer with one key, which it serves. */
  static async start(alg = "ES256"): Promise<TestIssuer> {
    const made = new TestIssuer();
    await made.addKey(alg);
    await made.serve();
    return made;
  }

  /** Makes a further key, which signs from now on. It is not served yet. */
  async addKey(alg = "ES256"): Promise<KeyPair> {
    const pair = { ...(await newKey(alg)), kid: crypto.randomUUID(), alg };
    this.keys.push(pair);
    return pair;
  }

  /** Serves the keys, or something else. */
  async serve(how: How = "keys", body?: string): Promise<void> {
    const keys = this.keys.map(async ({ publicKey, kid, alg }) => ({
      ...(await exportJWK(publicKey)),
      ...{ kid, alg, use: "sig" },
    }));
    const answer = body ?? JSON.stringify({ keys: await Promise.all(keys) });
    await fetch(this.jwks, { method: "PUT", headers: { "X-How": how }, body: answer });
  }

  /** How often the key set was asked for. */
  async asked(): Promise<number> {
    return Number(await (await fetch(`${this.jwks}?asked`)).text());
  }

  /** Its entry in `AUTH_ISSUERS`. */
  entry(more: object = {}): object {
    const { issuer, jwks } = this;
    return { issuer, audience: AUDIENCE, jwks, algorithms: ["ES256"], external_id_prefix: "", ...more };
  }

  /** A token, of the newest key as a rule. */
  sign(claims: JWTPayload = {}, key = this.keys.at(-1), namesKey = true): Promise<string> {
    if (!key) throw new Error("the issuer has no key");
    return new SignJWT(this.claims(claims))
      .setProtectedHeader({ alg: key.alg, ...(namesKey && { kid: key.kid }) })
      .sign(key.privateKey);
  }

  /** The claims of a good token, with these. */
  claims(more: JWTPayload = {}): JWTPayload {
    const now = Math.floor(Date.now() / 1_000);
    const good = { iss: this.issuer, aud: AUDIENCE, sub: crypto.randomUUID(), iat: now, exp: now + 300 };
    return { ...good, ...more };
  }
}

export function newKey(alg: string): Promise<{ privateKey: CryptoKey; publicKey: CryptoKey }> {
  return generateKeyPair(alg, { extractable: true });
}

/** Sets `AUTH_ISSUERS`. @returns restores it */
export function setIssuers(...entries: object[]): () => void {
  const before = env.AUTH_ISSUERS;
  const define = (value: string) =>
    Object.defineProperty(env, "AUTH_ISSUERS", {
      ...{ configurable: true, writable: true, enumerable: true, value },
    });
  define(JSON.stringify(entries));
  return undoAtEnd(() => void define(before));
}

/** Asks for a token, with a form. */
export function askToken(parameters: Record<string, string>): Promise<Answer> {
  return call("POST", "/v1/token", {
    body: String(new URLSearchParams(parameters)),
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  });
}

/** Exchanges a token of an issuer. */
export function exchange(token: string): Promise<Answer> {
  return askToken({ grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT });
}

export function refresh(token = ""): Promise<Answer> {
  return askToken({ grant_type: "refresh_token", refresh_token: token });
}

/** The tokens of an answer. @throws an Error for a refusal */
export function tokensOf({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`);
  return Tokens.parse(body);
}
