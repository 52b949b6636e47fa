import { z } from "zod";
import type { Role } from "./conversations/group-kind.ts";
import type { ConversationId, SpaceId, UserId } from "./ids.ts";
import type { ServerKeyId } from "./server/server-key.ts";

/**
 * What a security event says. `sign_in_failed`, `locked` and `wrong_key` are refusals; the others are done
 * when they are recorded.
 */
export const SecurityAction = z.enum([
  "registered",
  "sign_in",
  "sign_in_failed",
  "locked",
  "sig_issued",
  "wrong_key",
  "session_ended",
  "refresh_reused",
  "password_changed",
  "account_deleted",
  "role_changed",
  "rights_changed",
  "ownership_changed",
  "member_removed",
  "banned",
  "ban_lifted",
  "invitation_created",
  "invitation_withdrawn",
  "incoming_hook_created",
  "incoming_hook_rotated",
  "incoming_hook_deleted",
  "group_dissolved",
  "space_dissolved",
  "key_created",
  "key_revoked",
  "token_issued",
  "suspended",
  "suspension_lifted",
  "exported",
]);
export type SecurityAction = z.infer<typeof SecurityAction>;

/** The users of a security event, and what it is about: ids only, never a text that a user typed. */
interface SecurityEvent {
  /** the user whom it concerns; null: nobody, or a name without an account */
  user: UserId | null;
  /** the user who did it; null: a caller who has not shown to be a user, or the holder of the rule key */
  by: UserId | null;
  /** the group in which it happened */
  conversation?: ConversationId;
  /** the space in which it happened */
  space?: SpaceId;
  /** the role that the user has now */
  role?: Role;
  /** the server key that did it, or by which the user was acted for */
  serverKey?: ServerKeyId;
  /** which kind of key was wrong */
  key?: "app" | "rule";
}

/** Where use-cases record security events. It adds what the request shows: address block and request id. */
export interface SecurityLog {
  /** Records an event once it has happened. Never throws. */
  record(action: SecurityAction, event: SecurityEvent): void;
}
