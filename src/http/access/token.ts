import { sign, verify } from "hono/jwt";
import { z } from "zod";
import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError } from "../../domain/errors.ts";
import { SessionId, UserId } from "../../domain/ids.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** The least length of a secret, and the least number of different characters in it. */
const MIN_SECRET = 32;
const MIN_VARIETY = 8;
/** During a rotation there are two secrets, separated by a comma: the new one, which signs, and the old. */
const MAX_SECRETS = 2;
const ALGORITHM = "HS256";

/** The tokens whose verification an isolate remembers, at about 300 bytes each. */
const MAX_VERIFIED = 10_000;

/** `session`: a sign-in with a password. `user_sig`: valid for minutes. Every API accepts both. */
const TokenKind = z.enum(["session", "user_sig"]);
type TokenKind = z.infer<typeof TokenKind>;

/** The claims of a token: user, session, kind, expiry (seconds, as in every JWT). */
const Claims = z.object({
  sub: z.coerce.number().pipe(UserId),
  sid: SessionId,
  kind: TokenKind,
  exp: z.int().positive(),
});

/**
 * The token of a session: a JWT signed with HMAC-SHA-256. Every surface issues and accepts the same tokens.
 * @throws `internal` as `requireSecret`
 */
export function issueToken(
  secret: string | undefined,
  credential: Credential,
  kind: TokenKind = "session",
): Promise<string> {
  const claims = {
    sub: String(credential.userId),
    sid: credential.sessionId,
    kind,
    exp: Math.floor(credential.expiresAt / 1_000),
  };
  const [key] = requireSecret(secret);
  return sign(claims, key, ALGORITHM);
}

/**
 * Reads a token and checks its signature (in constant time) and expiry, without storage. Whether the session
 * has ended is checked by `requireSession`.
 * @throws `unauthenticated` if the signature is invalid or the token has expired; `internal` as
 *   `requireSecret`
 */
export async function readToken(secret: string | undefined, token: string): Promise<Credential> {
  const keys = requireSecret(secret);
  const known = verified.get(token);
  if (known && keys.includes(known.key) && known.credential.expiresAt > Date.now()) return known.credential;
  const found = await verifySignature(keys, token);
  if (!found)
    throw new CoreError("unauthenticated", "The token is not valid. Sign in again.", { token: "invalid" });
  if (found.credential.expiresAt <= Date.now())
    throw new CoreError("unauthenticated", "The token has expired. Sign in again.", { token: "expired" });
  verified.set(token, found);
  return found.credential;
}

/**
 * Reads a token that may have expired: it shows which session its holder once had.
 * @returns null if its signature is invalid
 */
export async function readFormerToken(secret: string | undefined, token: string): Promise<Credential | null> {
  return (await verifySignature(requireSecret(secret), token))?.credential ?? null;
}

/** What an authentic token says, expired or not, with the key that signed it; null for any other token. */
async function verifySignature(keys: string[], token: string) {
  for (const key of keys) {
    const claims = await verify(token, key, { alg: ALGORITHM, exp: false }).catch(() => null);
    const parsed = Claims.safeParse(claims);
    if (!parsed.success) continue;
    const { sub, sid, exp } = parsed.data;
    return { key, credential: { userId: sub, sessionId: sid, expiresAt: exp * 1_000 } };
  }
  return null;
}

/**
 * The tokens that this isolate has verified: to check the signature again would cost a tenth of a send. A
 * token never changes what it says; only its expiry and the secret are compared again.
 */
const verified = new LruMap<string, { key: string; credential: Credential }>(() => MAX_VERIFIED);

type Keys = [string, ...string[]];

/** The good secret that was read last: each call asks for its keys, and an isolate has one. */
let checked: { secret: string | undefined; keys: Keys } | undefined;

/**
 * The keys of `TOKEN_SECRET`: the first one signs, each one verifies.
 * @throws `internal` if it is missing, holds more than two secrets, or one that is too short or too simple
 */
export function requireSecret(secret: string | undefined): Keys {
  if (checked && checked.secret === secret) return checked.keys;
  const [first, ...others] = (secret ?? "").split(",").map((key) => key.trim());
  const keys: Keys = [first ?? "", ...others];
  if (keys.length <= MAX_SECRETS && keys.every(isStrong)) {
    checked = { secret, keys };
    return keys;
  }
  throw new CoreError(
    "internal",
    `This server is not configured: set the secret TOKEN_SECRET to at least ${MIN_SECRET} random characters.`,
  );
}

function isStrong(key: string): boolean {
  return key.length >= MIN_SECRET && new Set(key).size >= MIN_VARIETY;
}
