import { z } from "zod";
import type { ConversationId, Seq, UserId } from "../ids.ts";
import type { ServerKeyId } from "../server/server-key.ts";
import type { ReportId } from "./report.ts";

/** What staff has done, or has looked at. */
export const AuditAction = z.enum([
  "reports_listed",
  "report_read",
  "report_file_read",
  "report_taken",
  "report_reopened",
  "report_resolved",
  "users_searched",
  "user_read",
  "messages_read",
  "user_suspended",
  "suspension_lifted",
  "user_messages_revoked",
  "message_revoked",
  "group_dissolved",
  "role_changed",
  "rules_changed",
  "held_read",
  "held_accepted",
  "held_refused",
]);
export type AuditAction = z.infer<typeof AuditAction>;

/** What an action was about; absent: nothing of that kind. */
export interface AuditSubject {
  userId?: UserId | undefined;
  conversationId?: ConversationId | undefined;
  seq?: Seq | undefined;
  reportId?: ReportId | undefined;
}

/** A row of the audit log. Rows are only ever added. */
export interface AuditEntry {
  id: number;
  /** ms since 1970 */
  at: number;
  /** null: a key did it */
  userId: UserId | null;
  key: ServerKeyId | null;
  /** the address block of the call; null: unknown */
  from: string | null;
  action: AuditAction;
  subject: AuditSubject;
  /** what was given as the reason; "": nothing */
  reason: string;
}
