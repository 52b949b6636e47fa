import { z } from "zod";
import type { ConversationKind } from "../conversations/conversation.ts";
import type { StoredFile } from "../files/file.ts";
import { type ConversationId, Seq, UserId } from "../ids.ts";
import { Kind } from "../messages/content.ts";

export const ReportId = z.int().positive().brand<"ReportId">();
export type ReportId = z.infer<typeof ReportId>;

/** Why a user reports something. */
export const ReportReason = z.enum(["spam", "abuse", "violence", "sexual", "self_harm", "illegal", "other"]);
export type ReportReason = z.infer<typeof ReportReason>;

/** `taken`: one of the staff works on it. */
export const ReportState = z.enum(["open", "taken", "resolved"]);
export type ReportState = z.infer<typeof ReportState>;

/** What became of a report. */
export const Resolution = z.enum(["acted", "dismissed"]);
export type Resolution = z.infer<typeof Resolution>;

/** What a report is about: a message, a user or a conversation. */
export type Reported =
  | { conversationId: ConversationId; seq: Seq; userId: UserId }
  | { conversationId: ConversationId; seq: null; userId: null }
  | { conversationId: null; seq: null; userId: UserId };

/** A message as the reporter saw it. Later edits and a revoke leave it as it is. */
export const KeptMessage = z.object({
  seq: Seq,
  senderId: z.union([UserId, z.literal(0)]),
  kind: Kind,
  body: z.record(z.string(), z.unknown()),
  createdAt: z.int(),
});
export type KeptMessage = z.infer<typeof KeptMessage>;

/** A file of a message that a report keeps. It stays for staff, whatever becomes of the file itself. */
export type KeptFile = Pick<StoredFile, "key" | "name" | "size" | "contentType" | "sha256">;

/** What a report keeps: messages, the reported one last, and their files. */
interface Kept {
  kept: KeptMessage[];
  files: KeptFile[];
}

/** A report. Times are milliseconds since 1970. */
export interface Report {
  id: ReportId;
  reporterId: UserId;
  about: Reported;
  /** whom it is about: of a conversation the other user, or the owner; null: no user */
  subjectId: UserId | null;
  reason: ReportReason;
  note: string;
  createdAt: number;
  state: ReportState;
  /** the one of the staff who works on it, or has resolved it; null: nobody, or a key */
  takenBy: UserId | null;
  resolution: Resolution | null;
  /** of the staff */
  staffNote: string;
  changedAt: number;
}

/** A report with what only a reader of this one report needs. */
export interface KeptReport extends Report, Kept {
  /** null: it is about a user */
  conversationKind: ConversationKind | null;
}
