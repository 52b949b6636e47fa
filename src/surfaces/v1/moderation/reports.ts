import { z } from "@hono/zod-openapi";
import { readFile } from "../../../core/files/files.ts";
import {
  handleReport,
  pageOfReports,
  readReport,
  readReportFile,
  report,
} from "../../../core/moderation/reports.ts";
import { ConversationId, FileKey, NOBODY, Seq, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import {
  type Report as DomainReport,
  ReportId as Id,
  type Reported,
  ReportReason,
  ReportState,
  Resolution,
  type KeptReport as StoredReport,
} from "../../../domain/moderation/report.ts";
import { textUpTo } from "../../../domain/text.ts";
import { serveFile } from "../../../http/serve-file.ts";
import { ListQuery, pageShape, Time } from "../common.ts";
import {
  BYTES,
  FileHeaders,
  KEPT_HEADERS,
  NOT_CACHED,
  RANGE_HEADERS,
  WHOLE_HEADERS,
} from "../files/files.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { staffRoute } from "./staff.ts";

const Note = textUpTo(LIMITS.reportNote);
const ReportId = Id.clone().openapi({ example: 7 });

const input = {
  reason: ReportReason,
  note: Note.optional().openapi({ description: "What you want to say about it" }),
};

/** One of three: what is reported. */
const ReportInput = z
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

const OwnReport = z
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

const KeptReport = z
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

const ReportPage = pageShape(Report).openapi("ReportPage");

const ReportsQuery = ListQuery.extend({ state: ReportState.default("open") });

const ReportParams = z.object({
  id: z.coerce.number().pipe(Id).openapi({ type: "integer", minimum: 1, example: 7 }),
});

const ReportFileParams = ReportParams.extend({ key: FileKey });

const ReportChange = z
  .object({
    state: ReportState,
    resolution: Resolution.optional().openapi({ description: "With `resolved`, and with it alone" }),
    note: Note.optional().openapi({ description: "Of the staff; absent: unchanged" }),
  })
  .openapi("ReportChange", { example: { state: "resolved", resolution: "acted" } });

const createRoute = callerRoutes("Moderation")("post", "/v1/reports", {
  operationId: "createReport",
  summary: "Report a message, a user or a conversation",
  description:
    "Of what you can see. Of a message the report keeps what you see of it and of the five before it, for 90 days, whatever is edited or revoked meanwhile. The same again is the first report. 20 a day.",
  request: { body: jsonBody(ReportInput) },
  responses: {
    200: jsonAnswer("You have reported it before", OwnReport),
    201: jsonAnswer("The report", OwnReport),
    ...problems("not_found", "quota"),
  },
});

const listRoute = staffRoute("get", "/v1/moderation/reports", {
  operationId: "listReports",
  summary: "Reports in a state, the newest first",
  description:
    "Without those about the caller: about them, their messages, their bots, a direct conversation with them or a group that they own. The audit log has that a page was read.",
  request: { query: ReportsQuery },
  responses: { 200: jsonAnswer("A page", ReportPage), ...problems("validation_failed") },
});

const readRoute = staffRoute("get", "/v1/moderation/reports/{id}", {
  operationId: "getReport",
  summary: "A report with what it keeps",
  description: "One about the caller is `forbidden`. The audit log has that it was read.",
  request: { params: ReportParams },
  responses: { 200: jsonAnswer("The report", KeptReport), ...problems("validation_failed", "not_found") },
});

const fileRoute = staffRoute("get", "/v1/moderation/reports/{id}/files/{key}", {
  operationId: "getReportFile",
  summary: "The bytes of a file that a report keeps",
  description:
    "For 90 days, whether or not others still read it. The audit log has that it was read. Nothing may cache it.",
  request: { params: ReportFileParams, headers: FileHeaders },
  responses: {
    200: {
      description: "The whole file",
      headers: { ...WHOLE_HEADERS, ...NOT_CACHED },
      content: { "*/*": { schema: BYTES } },
    },
    206: {
      description: "One range of the file",
      headers: { ...RANGE_HEADERS, ...NOT_CACHED },
      content: { "*/*": { schema: BYTES } },
    },
    304: {
      description: "You have the file: `If-None-Match` names its `ETag`",
      headers: { ...KEPT_HEADERS, ...NOT_CACHED },
    },
    ...problems("validation_failed", "not_found", "range_not_satisfiable"),
  },
});

const handleRoute = staffRoute("patch", "/v1/moderation/reports/{id}", {
  operationId: "handleReport",
  summary: "Take a report, resolve it, or open it again",
  description:
    "Of two who take it at once one gets `conflict`. An `admin` takes over what a moderator has taken. The same again changes nothing. Nobody handles a report about themselves; one about a user with a role is for admins and keys.",
  request: { params: ReportParams, body: jsonBody(ReportChange) },
  responses: {
    200: jsonAnswer("The report", Report),
    ...problems("forbidden", "not_found", "conflict"),
  },
});

export const reports = v1Router()
  .openapi(createRoute, async (c) => {
    const { reason, note = "", ...what } = c.req.valid("json");
    const about =
      "message" in what
        ? { conversationId: what.message.conversation_id, seq: what.message.seq }
        : "user_id" in what
          ? { userId: what.user_id }
          : { conversationId: what.conversation_id };
    const made = await report(c.var.core, c.var.caller.userId, { about, reason, note });
    return c.json(serializeOwnReport(made.report), made.isNew ? 201 : 200);
  })
  .openapi(listRoute, async (c) => {
    const { items, nextCursor } = await pageOfReports(c.var.core, c.var.staff, c.req.valid("query"));
    return c.json({ items: items.map(serializeReport), next_cursor: nextCursor }, 200);
  })
  .openapi(readRoute, async (c) => {
    const found = await readReport(c.var.core, c.var.staff, c.req.valid("param").id);
    return c.json(serializeKeptReport(found), 200);
  })
  .openapi(fileRoute, async (c) => {
    const file = await readReportFile(c.var.core, c.var.staff, c.req.valid("param"));
    const answer = await serveFile(c.req.raw, file, (range) => readFile(c.var.core, file, range));
    answer.headers.set("Cache-Control", "no-store");
    return answer;
  })
  .openapi(handleRoute, async (c) => {
    const { state, resolution = null, note } = c.req.valid("json");
    const handling = { state, resolution, note };
    const handled = await handleReport(c.var.core, c.var.staff, c.req.valid("param").id, handling);
    return c.json(serializeReport(handled), 200);
  });

/** What a report is about, as everybody is shown it who may know of the report. */
export function serializeAbout({ conversationId, seq, userId }: Reported) {
  // What an incoming hook has brought is of no user.
  return { conversation_id: conversationId, seq, user_id: userId === NOBODY ? null : userId };
}

/** A report as its reporter is shown it. */
function serializeOwnReport(report: DomainReport): z.infer<typeof OwnReport> {
  const { id, about, reason, note, createdAt } = report;
  return { id, about: serializeAbout(about), reason, note, created_at: createdAt };
}

/** A report as staff is shown it. */
export function serializeReport(report: DomainReport): z.infer<typeof Report> {
  const { reporterId, state, takenBy, resolution, staffNote, changedAt } = report;
  return {
    ...serializeOwnReport(report),
    reporter_id: reporterId,
    ...{ state, taken_by: takenBy, resolution, staff_note: staffNote, changed_at: changedAt },
  };
}

/** The same with what it keeps. */
function serializeKeptReport(report: StoredReport): z.infer<typeof KeptReport> {
  const kept = report.kept.map(({ seq, senderId, kind, body, createdAt }) => ({
    ...{ seq, sender_id: senderId, kind, created_at: createdAt },
    body,
  }));
  const files = report.files.map(({ key, name, size, contentType }) => ({
    ...{ key, path: `/v1/moderation/reports/${report.id}/files/${key}` },
    ...{ name, size, content_type: contentType },
  }));
  return { ...serializeReport(report), conversation_kind: report.conversationKind, kept, files };
}
