import { z } from "@hono/zod-openapi";
import { ConversationId, FileKey, Seq, UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import {
  ReportId as Id,
  ReportReason,
  ReportState,
  Resolution,
} from "../../../../domain/moderation/report.ts";
import { textUpTo } from "../../../../domain/text.ts";
import { ListQuery, pageShape, Time } from "../../common.ts";

const Note = textUpTo(LIMITS.reportNote);
const ReportId = Id.clone().openapi({ example: 7 });

const input = {
  reason: ReportReason,
  note: Note.optional().openapi({ description: "What you want to say about it" }),
};

/** One of three: what is reported. */
export const ReportInput = z
  .union([
    z
      .object({ message: z.object({ conversation_id: ConversationId, seq: Seq }), ...input })
      .openapi("MessageReport", {
        example: { message: { conversation_id: 7, seq: 12 }, reason: "spam" },
      }),
    z
      .object({ user_id: UserId, ...input })
      .openapi("UserReport", { example: { user_id: 100_001, reason: "abuse", note: "again and again" } }),
    z
      .object({ conversation_id: ConversationId, ...input })
      .openapi("ConversationReport", { example: { conversation_id: 7, reason: "illegal" } }),
  ])
  .openapi("ReportInput");

const About = z
  .object({
    conversation_id: ConversationId.nullable(),
    seq: Seq.nullable().openapi({ description: "null: no message is reported" }),
    user_id: UserId.nullable().openapi({
      description:
        "The user, or the sender of the message; null: a conversation, or a message of an incoming hook",
    }),
  })
  .openapi("Reported");

export const OwnReport = z
  .object({
    id: ReportId,
    about: z.lazy(() => About),
    reason: ReportReason,
    note: z.string(),
    created_at: Time,
  })
  .openapi("OwnReport");

export const Report = z
  .object({
    id: ReportId,
    reporter_id: UserId,
    about: z.lazy(() => About),
    reason: ReportReason,
    note: z.string().openapi({ description: "Of the reporter" }),
    created_at: Time,
    state: ReportState,
    taken_by: UserId.nullable().openapi({ description: "Who works on it, or has resolved it; null: a key" }),
    resolution: Resolution.nullable(),
    staff_note: z.string(),
    changed_at: Time,
  })
  .openapi("Report");

export const KeptReport = z
  .object({
    ...Report.shape,
    conversation_kind: z
      .enum(["direct", "group"])
      .nullable()
      .openapi({ description: "Of the conversation of the message, or that is reported; null: of a user" }),
    kept: z
      .array(
        z
          .object({
            seq: Seq,
            sender_id: UserId.or(z.literal(0)),
            kind: z.string(),
            body: z.record(z.string(), z.unknown()),
            created_at: Time,
          })
          .openapi("KeptMessage"),
      )
      .openapi({
        description:
          "The message and the five before it, as the reporter saw them, for 90 days; empty without a message",
      }),
    files: z
      .array(
        z
          .object({
            key: FileKey,
            path: z.string().openapi({ description: "Where staff reads it, with their token" }),
            name: z.string(),
            size: z.int().nonnegative().openapi({ description: "Bytes" }),
            content_type: z.string(),
          })
          .openapi("KeptFile"),
      )
      .openapi({ description: "The files of these messages, 100 at most, whatever becomes of them" }),
  })
  .openapi("KeptReport");

export const ReportPage = pageShape(Report).openapi("ReportPage");

export const ReportsQuery = ListQuery.extend({ state: ReportState.default("open") });

export const ReportParams = z.object({
  id: z.coerce.number().pipe(Id).openapi({ type: "integer", minimum: 1, example: 7 }),
});

export const ReportFileParams = ReportParams.extend({ key: FileKey });

export const ReportChange = z
  .object({
    state: ReportState,
    resolution: Resolution.optional().openapi({ description: "With `resolved`, and with it alone" }),
    note: Note.optional().openapi({ description: "Of the staff; absent: unchanged" }),
  })
  .openapi("ReportChange", { example: { state: "resolved", resolution: "acted" } });
