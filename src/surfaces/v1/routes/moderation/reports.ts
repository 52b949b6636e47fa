import { readFile } from "../../../../core/files/files.ts";
import {
  handleReport,
  pageOfReports,
  readReport,
  readReportFile,
  report,
} from "../../../../core/moderation/reports.ts";
import { serveFile } from "../../../../http/serve-file.ts";
import {
  BYTES,
  FileHeaders,
  KEPT_HEADERS,
  NOT_CACHED,
  RANGE_HEADERS,
  WHOLE_HEADERS,
} from "../../files/files.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import {
  KeptReport,
  OwnReport,
  Report,
  ReportChange,
  ReportFileParams,
  ReportInput,
  ReportPage,
  ReportParams,
  ReportsQuery,
} from "../../schemas/moderation/reports.ts";
import { serializeKeptReport, serializeOwnReport, serializeReport } from "../../serialize/moderation.ts";
import { staffRoute } from "../../staff.ts";

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
