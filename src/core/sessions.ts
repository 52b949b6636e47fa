import type { Core } from "./core.ts";
import type { SessionId, UserId } from "./ids.ts";

/** Who calls, by a token whose signature and expiry were checked. */
export interface Credential {
  userId: UserId;
  sessionId: SessionId;
  /** milliseconds since 1970 */
  expiresAt: number;
}

/**
 * Lets a session through that has not been ended.
 * @throws `unauthenticated`
 */
export async function requireSession(_core: Core, _caller: Credential): Promise<void> {}
