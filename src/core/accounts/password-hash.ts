import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Timing } from "../../domain/timing.ts";

/** scrypt's cost, block size and parallelism. */
type Parameters = Timing["passwordHash"];

const SALT_BYTES = 16;
const KEY_BYTES = 32;
const MAX_MEMORY = 64 * 1024 * 1024;

/** `scrypt$N$r$p$salt$hash`: a hash names what it was made with, so that the cost can rise later. */
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

/** What an unknown account's password is compared with: the same work for the same time, never right. */
const NOBODY = { salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(KEY_BYTES) };

/** The salted hash of a password, as it is stored. @param cost of new hashes */
export async function hashPassword(password: string, cost: Parameters): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, KEY_BYTES, cost);
  const { N, r, p } = cost;
  return ["scrypt", N, r, p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/**
 * Whether a password is the one behind a stored hash. Without one (`null`: no such account, or it has
 * no password) it is not, after the same work.
 * @param cost of new hashes, which is that of most stored ones
 */
export async function passwordMatches(
  password: string,
  stored: string | null,
  cost: Parameters,
): Promise<boolean> {
  const { parameters, salt, hash } =
    stored === null ? { parameters: cost, ...NOBODY } : StoredHash.parse(stored);
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
