import { serverMetrics } from "../../../../core/operation/metrics.ts";
import { jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { ServerMetrics } from "../../schemas/server/metrics.ts";
import { serializeMetrics } from "../../serialize/server-metrics.ts";
import { staffRoute } from "../../staff.ts";

const route = staffRoute("get", "/v1/moderation/metrics", {
  operationId: "getModerationMetrics",
  summary: "How full the deployment is, and what has happened",
  description:
    "The same as `GET /v1/server/metrics`. Nobody's name or text is in it, so the audit log has no row.",
  responses: { 200: jsonAnswer("The metrics", ServerMetrics) },
});

export const moderationMetrics = v1Router().openapi(route, async (c) =>
  c.json(serializeMetrics(await serverMetrics(c.var.core)), 200),
);
