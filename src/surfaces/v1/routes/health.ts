import { createRoute, z } from "@hono/zod-openapi";
import { v1Router } from "../router.ts";

const Health = z.object({ ok: z.literal(true) });

export const health = v1Router().openapi(
  createRoute({
    method: "get",
    path: "/healthz",
    operationId: "checkHealth",
    tags: ["Service"],
    summary: "Whether the server is healthy",
    description: "For probes: 200 if the database answers.",
    responses: {
      200: { description: "The database answers", content: { "application/json": { schema: Health } } },
    },
  }),
  async (c) => {
    const { health, db } = c.var.core;
    await health.run(db);
    return c.json({ ok: true as const }, 200);
  },
);
