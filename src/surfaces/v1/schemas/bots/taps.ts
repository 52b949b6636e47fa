import { z } from "@hono/zod-openapi";
import { TapId as DomainTapId, TapUrl } from "../../../../domain/bots/tap.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { textUpTo } from "../../../../domain/text.ts";
import { QueryText } from "../../common.ts";

export const TapId = DomainTapId.meta({
  description: "The tap, also in its answer",
  example: "tap_01a1f8e0c0d34f1c09a2b7de0011",
});

export const NewTap = z
  .object({ data: z.string().min(1).openapi({ description: "That of the button", example: "yes" }) })
  .openapi("NewTap");

export const AcceptedTap = z.object({ tap_id: TapId }).openapi("AcceptedTap");

export const TapParams = z.object({ tap_id: QueryText.openapi({ example: TapId.meta()?.example }) });

export const NewTapAnswer = z
  .object({
    text: textUpTo(LIMITS.tapAnswer)
      .optional()
      .openapi({ description: "What the client shows for a moment", example: "Done" }),
    alert: z.boolean().optional().openapi({ description: "True: it is shown until the user closes it" }),
    url: TapUrl.optional().openapi({ description: "A page that the client offers to open" }),
  })
  .openapi("NewTapAnswer", { description: "`{}` says only that the tap was heard" });
