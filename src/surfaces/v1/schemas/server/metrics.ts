import { z } from "@hono/zod-openapi";
import { LARGE_OBJECT_KINDS } from "../../../../domain/operation/large-object.ts";
import { HookState } from "../../../../domain/server/hook.ts";
import { Time } from "../common.ts";

const Bytes = z.int().nonnegative();

const LargeObject = z
  .object({
    kind: z.enum(LARGE_OBJECT_KINDS),
    id: z.int().openapi({ description: "Of the conversation, or of the user whose inbox it is" }),
    bytes: Bytes.openapi({ description: "Beyond 9.5 GB the object takes nothing more" }),
    reported_at: Time,
  })
  .openapi("LargeObject");

export const ServerMetrics = z
  .object({
    database_bytes: Bytes,
    objects: z.array(LargeObject).openapi({
      description: "The 20 largest objects of 100 MB or more, as each has reported itself, once a day",
    }),
    hooks: z
      .record(HookState, z.int().nonnegative())
      .openapi({ description: "How many hooks are in each state" }),
  })
  .openapi("ServerMetrics");

export type ServerMetrics = z.infer<typeof ServerMetrics>;

export const MetricsText = z.string().openapi({ description: "OpenMetrics 1.0", example: "# EOF\n" });
