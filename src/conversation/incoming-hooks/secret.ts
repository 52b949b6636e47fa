import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { sha256 } from "../../lib/sha256.ts";

/** What an unknown hook is compared with, so that its answer takes as long as that for a wrong secret. */
const NO_HASH = sha256("");

/** Whether a secret is the one of a stored hash, in constant time. @param stored undefined: no hook */
export function isSecretOf(secret: string, stored: string | undefined): boolean {
  const isSame = timingSafeEqual(Buffer.from(sha256(secret)), Buffer.from(stored ?? NO_HASH));
  return isSame && stored !== undefined;
}
