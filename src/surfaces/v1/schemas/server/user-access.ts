import { z } from "@hono/zod-openapi";
import { SessionId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { textUpTo } from "../../../../domain/text.ts";
import { Time } from "../../common.ts";

const { tokenMinS, tokenMaxS } = LIMITS;

export const UserTokenRequest = z
  .object({
    expires_in_s: z
      .int()
      .min(0)
      .max(tokenMaxS)
      .refine(
        (seconds) => seconds === 0 || seconds >= tokenMinS,
        `must be ${tokenMinS} to ${tokenMaxS}, or 0`,
      )
      .optional()
      .openapi({ description: `${tokenMinS} to ${tokenMaxS}; absent: 3600. 0: no end, for bots` }),
    refresh: z.boolean().optional().openapi({
      description:
        "The answer has a refresh token. The session lasts 30 days then, and `expires_in_s` is 3600 at most",
    }),
    session_name: textUpTo(LIMITS.sessionName)
      .optional()
      .openapi({ description: "What the user's list of sessions shows, as `user_agent`" }),
  })
  .openapi("UserTokenRequest", { example: { expires_in_s: 3_600, session_name: "web" } });

export const UserToken = z
  .object({
    token: z.string(),
    expires_at: Time.nullable().openapi({ description: "null: it has no end" }),
    session_id: SessionId,
    refresh_token: z
      .string()
      .optional()
      .openapi({ description: "With `refresh`: for `POST /v1/token`, once" }),
  })
  .openapi("UserToken");

export const SuspensionInput = z
  .object({
    until: Time.optional().openapi({ description: "When it ends by itself; absent: never" }),
    reason: textUpTo(LIMITS.suspensionReason)
      .optional()
      .openapi({ description: "For you: the user is not shown it" }),
    shadow: z.boolean().optional().openapi({
      description:
        "The user stays signed in, and what they send is acknowledged as always. Within a minute, nobody else sees it",
    }),
  })
  .openapi("SuspensionInput", { example: { reason: "spam" } });
