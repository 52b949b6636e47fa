import { z } from "@hono/zod-openapi";
import { makeZip } from "client-zip";
import type { Core } from "../../../core/context.ts";
import { exportConversation, exportDeployment } from "../../../core/data/export.ts";
import { exportUser } from "../../../core/data/own-export.ts";
import { requireServerUser } from "../../../core/server/server-users.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { ServerKeyId } from "../../../domain/server/server-key.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { QueryText } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";
import { ConversationRefParams } from "../server/conversations.ts";
import { UserRefParams } from "../server/users.ts";
import { JSON_LINES, linesOf, RECORDS } from "./json-lines.ts";

const Cursor = QueryText.optional();

const ExportQuery = z.object({
  cursor: Cursor.openapi({ description: "Of the last `end` with `more`: goes on there" }),
  since: Cursor.openapi({
    description: "Of the last `end` without `more`: what is new or changed since that export began",
  }),
});

const ConversationExportQuery = ExportQuery.pick({ cursor: true });

const dataRoute = serverRoutes("data", "whole");

const lines = {
  200: { description: "A part of the export", content: { [JSON_LINES]: { schema: RECORDS } } },
};
const zip = {
  200: {
    description: "A zip with `records.jsonl`",
    headers: {
      "Content-Disposition": {
        required: true,
        description: "The name of the file",
        schema: { type: "string" as const },
      },
    },
    content: { "application/zip": { schema: { type: "string", format: "binary" } as const } },
  },
};

const deploymentRoute = dataRoute("get", "/v1/server/export", {
  operationId: "exportDeployment",
  summary: "All of the deployment",
  description:
    "JSON Lines: users, files, spaces with their roles and members, conversations, then of each conversation messages, members and read positions. A part ends with `end`: with `more` the next part begins at its `cursor`, without it `since` takes the cursor later. A part that broke off is asked for again. The bytes of files are at their `url`.",
  request: { query: ExportQuery },
  responses: { ...lines, ...problems("validation_failed") },
});

const conversationRoute = dataRoute("get", "/v1/server/conversations/{cref}/export", {
  operationId: "exportConversation",
  summary: "All of one conversation",
  description: "As `GET /v1/server/export`, with the users and files that the conversation names.",
  request: { params: ConversationRefParams, query: ConversationExportQuery },
  responses: { ...lines, ...problems("validation_failed", "not_found") },
});

const userRoute = dataRoute("get", "/v1/server/users/{ref}/export", {
  operationId: "exportUser",
  summary: "All of one user",
  description: "As `GET /v1/me/export`, for their request to see or to take along what there is of them.",
  request: { params: UserRefParams },
  responses: { ...zip, ...problems("validation_failed", "not_found") },
});

const ownRoute = callerRoutes("Accounts", weighs("whole"))("get", "/v1/me/export", {
  operationId: "exportMe",
  summary: "All that there is of you",
  description:
    "A zip with `records.jsonl`: your profile, friends and blocks, your files as links, and in each conversation the messages that you have sent and not revoked. Others are named by numbers.",
  responses: zip,
});

export const exports = v1Router()
  .openapi(deploymentRoute, (c) => {
    const records = exportDeployment(c.var.core, c.var.key.id, c.req.valid("query"));
    return answer(linesOf(records, c.var.core.fileOrigins), JSON_LINES);
  })
  .openapi(conversationRoute, async (c) => {
    const { cref } = c.req.valid("param");
    const records = await exportConversation(c.var.core, c.var.key.id, cref, c.req.valid("query"));
    return answer(linesOf(records, c.var.core.fileOrigins), JSON_LINES);
  })
  .openapi(userRoute, async (c) => {
    const { id } = await requireServerUser(c.var.core, c.req.valid("param").ref);
    return zipOf(c.var.core, id, c.var.key.id);
  })
  .openapi(ownRoute, (c) => zipOf(c.var.core, c.var.caller.userId));

/** The records of a user as a zip. */
function zipOf(core: Core, userId: UserId, by?: ServerKeyId): Response {
  const input = linesOf(exportUser(core, userId, by), core.fileOrigins);
  const now = new Date();
  const file = `parley-export-${userId}-${now.toISOString().slice(0, "2026-11-26".length)}.zip`;
  const zipped = makeZip([{ name: "records.jsonl", input, lastModified: now }]);
  return answer(zipped, "application/zip", { "Content-Disposition": `attachment; filename="${file}"` });
}

function answer(stream: ReadableStream, type: string, headers: Record<string, string> = {}): Response {
  return new Response(stream, { headers: { "Content-Type": type, ...headers } });
}
