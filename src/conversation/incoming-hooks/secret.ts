import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";

/** What a secret is stored as, and compared by: SHA-256 in hexadecimal digits. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** What an unknown hook is compared with, so that its answer takes as long as that for a wrong secret. */
const NO_HASH = hashOf("");

/** Whether a secret is the one of a stored hash, in constant time. @param stored undefined: no hook */
export function isSecretOf(secret: string, stored: string | undefined): boolean {
  const isSame = timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(stored ?? NO_HASH));
  return isSame && stored !== undefined;
}
