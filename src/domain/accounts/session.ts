import type { SessionId, UserId } from "../ids.ts";

/** Who calls, by a token whose signature and expiry were checked. */
export interface Credential {
  userId: UserId;
  sessionId: SessionId;
  /** milliseconds since 1970 */
  expiresAt: number;
}

/** One sign-in of a user on some device. Times are milliseconds since 1970. */
export interface Session {
  id: SessionId;
  userId: UserId;
  /** as the device called itself; `""` if it did not */
  userAgent: string;
  createdAt: number;
  /** at most about five minutes old while the session is in use */
  lastSeenAt: number;
  expiresAt: number;
}
