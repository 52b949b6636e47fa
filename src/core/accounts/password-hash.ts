import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Timing } from "../../domain/timing.ts";

/** scrypt's cost, block size and parallelism. */
type Parameters = Timing["passwordHash"];

const SALT_BYTES = 16;
const KEY_BYTES = 32;
const MAX_MEMORY = 64 * 1024 * 1024;

/** `scrypt$N$r$p$salt$hash`: a hash names its own parameters, so that the cost can rise later. */
const StoredHash = z
  .string()
  .regex(/^scrypt\$\d{1,8}\$\d{1,3}\$\d{1,3}\$[\w-]+\$[\w-]{22,}$/)
  .transform((text) => {
    const [, N, r, p, salt = "", hash = ""] = text.split("$");
    return {
      parameters: { N: Number(N), r: Number(r), p: Number(p) },
      salt: Buffer.from(salt, "base64url"),
      hash: Buffer.from(hash, "base64url"),
    };
  });

/** The hash for unknown accounts: the comparison takes the same time and never matches. */
const UNKNOWN_ACCOUNT = { salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(KEY_BYTES) };

/** The salted hash of a password in its stored form. @param cost of new hashes */
export async function hashPassword(password: string, cost: Parameters): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, KEY_BYTES, cost);
  const { N, r, p } = cost;
  return ["scrypt", N, r, p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/**
 * Whether a password matches a stored hash. For `null` (no such account, or an account without a password) it
 * does the same work and returns false.
 * @param cost of new hashes, which most stored hashes have
 */
export async function passwordMatches(
  password: string,
  stored: string | null,
  cost: Parameters,
): Promise<boolean> {
  const { parameters, salt, hash } =
    stored === null ? { parameters: cost, ...UNKNOWN_ACCOUNT } : StoredHash.parse(stored);
  const derived = await derive(password, salt, hash.byteLength, parameters);
  return timingSafeEqual(derived, hash) && stored !== null;
}

function derive(password: string, salt: Buffer, bytes: number, parameters: Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, { ...parameters, maxmem: MAX_MEMORY }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
