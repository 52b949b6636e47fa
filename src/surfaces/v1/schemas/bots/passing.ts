import { z } from "@hono/zod-openapi";
import { PassingId as DomainPassingId } from "../../../../domain/bots/passing.ts";

export const PassingId = DomainPassingId.meta({
  description: "Of the passing message",
  example: "passing-4f1c09a2-b7de-4011-8a3f-48264f1c09a2",
});

/** The answer to a send with `only_for`. */
export const PassingAnswer = z.object({ passing_id: PassingId }).openapi("PassingAnswer");
