import { createHmac, timingSafeEqual } from "node:crypto";
import { SessionId } from "../../domain/ids.ts";
import { randomHex } from "../../lib/random.ts";
import { sha256 } from "../../lib/sha256.ts";
import { requireSecret } from "./token.ts";

/** A refresh token as a client is sent it, and the hash of it that is stored. */
export interface RefreshToken {
  text: string;
  hash: string;
}

/** A refresh token that this server has made, whether it is still valid or not. */
export interface ShownRefreshToken {
  sessionId: SessionId;
  hash: string;
  /** The token after it: always the same, so that a repeat after a lost answer gives what was lost. */
  next: RefreshToken;
}

const FORM = /^prt_([0-9a-f]{32})_([0-9a-f]{32})_([0-9a-f]{32})$/;

/** The first refresh token of a session. @throws `internal` as `requireSecret` */
export function firstRefreshToken(secret: string | undefined, sessionId: SessionId): RefreshToken {
  return tokenOf(requireSecret(secret)[0], sessionId, randomHex());
}

/**
 * Reads a refresh token. Its signature shows that it was once given to a client of the session, so a token
 * that is not the valid one was used before.
 * @returns null: this server has not made it
 * @throws `internal` as `requireSecret`
 */
export function readRefreshToken(secret: string | undefined, text: string): ShownRefreshToken | null {
  const [, id, random, signature] = FORM.exec(text) ?? [];
  if (id === undefined || random === undefined || signature === undefined) return null;
  const sessionId = SessionId.parse(id);
  const keys = requireSecret(secret);
  const isOurs = keys.some((key) =>
    timingSafeEqual(Buffer.from(signatureOf(key, sessionId, random)), Buffer.from(signature)),
  );
  if (!isOurs) return null;
  const next = tokenOf(keys[0], sessionId, hmac(keys[0], `next refresh token\n${sessionId}\n${random}`));
  return { sessionId, hash: sha256(text), next };
}

function tokenOf(key: string, sessionId: SessionId, random: string): RefreshToken {
  const text = `prt_${sessionId}_${random}_${signatureOf(key, sessionId, random)}`;
  return { text, hash: sha256(text) };
}

function signatureOf(key: string, sessionId: SessionId, random: string): string {
  return hmac(key, `refresh token\n${sessionId}\n${random}`);
}

/** 128 bits, in hexadecimal digits. */
function hmac(key: string, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex").slice(0, 32);
}
