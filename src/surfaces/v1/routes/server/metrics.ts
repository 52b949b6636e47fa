import { accepts } from "hono/accepts";
import { serverMetrics as metricsOf } from "../../../../core/operation/metrics.ts";
import { serverRoutes } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { MetricsText, ServerMetrics } from "../../schemas/server/metrics.ts";
import { openMetrics, serializeMetrics } from "../../serialize/server-metrics.ts";

const OPEN_METRICS = "application/openmetrics-text";
const JSON_TYPE = "application/json";

const route = serverRoutes("metrics")("get", "/v1/server/metrics", {
  operationId: "getMetrics",
  summary: "How full the deployment is, the states of hooks, and what has happened",
  description:
    "For monitors such as Prometheus: OpenMetrics, or JSON with `Accept: application/json`. Sizes and hooks are of the whole deployment; `events.kept_by` says of what the counts of events are.",
  responses: {
    200: {
      description: "The metrics",
      content: { [OPEN_METRICS]: { schema: MetricsText }, [JSON_TYPE]: { schema: ServerMetrics } },
    },
  },
});

export const serverMetrics = v1Router().openapi(route, async (c) => {
  const metrics = await metricsOf(c.var.core);
  const type = accepts(c, {
    header: "Accept",
    supports: [OPEN_METRICS, JSON_TYPE],
    default: OPEN_METRICS,
  });
  if (type === JSON_TYPE) return c.json(serializeMetrics(metrics), 200);
  return c.body(openMetrics(metrics), 200, {
    "Content-Type": `${OPEN_METRICS}; version=1.0.0; charset=utf-8`,
  });
});
