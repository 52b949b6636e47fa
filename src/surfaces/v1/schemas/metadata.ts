import "@hono/zod-openapi";
import { Metadata as OwnMetadata } from "../../../domain/server/metadata.ts";

/** The metadata of a team's backend. */
export const Metadata = OwnMetadata.clone().openapi("Metadata", {
  type: "object",
  additionalProperties: true,
  description:
    "What the team's backend keeps here: any JSON object of 4 KiB at most. Parley reads none of it",
  example: { plan: "pro" },
});
