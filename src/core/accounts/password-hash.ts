import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Timing } from "../../domain/timing.ts";
import { storedForm } from "../../lib/text-forms.ts";
import type { Core } from "../context.ts";

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

/** What hashing needs of the core: its cost, and the turns of the isolate. */
type Hashing = Pick<Core, "timing" | "hashTurns">;

/**
 * What is hashed of a password: the OpaqueString of RFC 8265, section 4.2, so that it is the same from each
 * keyboard. NFC, with U+0020 for each other space; the case counts.
 */
export function opaquePassword(typed: string): string {
  return storedForm(typed.replace(/\p{Zs}/gu, " "));
}

/**
 * The salted hash of a password as it is stored, of its `opaquePassword`. @throws `unavailable` as
 * `HashTurns.run`
 */
export async function hashPassword(core: Hashing, password: string): Promise<string> {
  const cost = core.timing.passwordHash;
  const salt = randomBytes(SALT_BYTES);
  const hash = await core.hashTurns.run(() => derive(opaquePassword(password), salt, KEY_BYTES, cost));
  const { N, r, p } = cost;
  return ["scrypt", N, r, p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/**
 * Whether a stored hash is of this password, in its `opaquePassword`. For `null` (no such account, or an
 * account without a password) it does the work of a new hash and returns false.
 * @throws `unavailable` as `HashTurns.run`
 */
export async function passwordMatches(
  core: Hashing,
  password: string,
  stored: string | null,
): Promise<boolean> {
  const { parameters, salt, hash } =
    stored === null ? { parameters: core.timing.passwordHash, ...UNKNOWN_ACCOUNT } : StoredHash.parse(stored);
  const derived = await core.hashTurns.run(() =>
    derive(opaquePassword(password), salt, hash.byteLength, parameters),
  );
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
