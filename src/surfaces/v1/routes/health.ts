import { createRoute, z } from "@hono/zod-openapi";
import { checkHealth } from "../../../core/health.ts";
import { v1Router } from "../router.ts";

const Health = z.object({ ok: z.literal(true) });

/** Whether this Worker can work, for probes: `{ok: true}` once the database answers, else 503. */
export const health = v1Router().openapi(
  createRoute({
    method: "get",
    path: "/healthz",
    responses: {
      200: { description: "The database answers", content: { "application/json": { schema: Health } } },
    },
  }),
  async (c) => {
    await checkHealth(c.var.core);
    return c.json({ ok: true as const }, 200);
  },
);
