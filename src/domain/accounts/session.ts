import type { SessionId, UserId } from "../ids.ts";

/** The identity of a caller, from a token whose signature and expiry were verified. */
export interface Credential {
  userId: UserId;
  sessionId: SessionId;
  /** milliseconds since 1970 */
  expiresAt: number;
}

/** A sign-in of a user on a device. Times are milliseconds since 1970. */
export interface Session {
  id: SessionId;
  userId: UserId;
  /** the User-Agent of the device; `""` if it sent none */
  userAgent: string;
  createdAt: number;
  /** at most about 5 minutes old while the session is in use */
  lastSeenAt: number;
  expiresAt: number;
}
