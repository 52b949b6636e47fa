import { z } from "@hono/zod-openapi";
import { User } from "./accounts.ts";

/** A grant of RFC 8693: a token of an issuer for one of Parley's. */
export const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";
const ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token";
export const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token" as const;

/** The parameters of an exchange. Further ones are ignored, as RFC 6749 says. */
export const Exchange = z.object({
  grant_type: z.literal(EXCHANGE),
  subject_token: z.string().min(1),
  subject_token_type: z.enum([JWT_TYPE, ID_TOKEN_TYPE]),
  requested_token_type: z.literal(ACCESS_TOKEN_TYPE).optional(),
});

export const Refresh = z.object({
  grant_type: z.literal("refresh_token"),
  refresh_token: z.string().min(1),
});

/** The body of `POST /v1/token`, as the document has it: the route answers flaws as RFC 6749 says. */
export const TokenRequest = z
  .object({
    grant_type: z.enum([EXCHANGE, "refresh_token"]),
    subject_token: z.string().optional().openapi({ description: "Of an exchange: the JWT of your issuer" }),
    subject_token_type: z
      .enum([JWT_TYPE, ID_TOKEN_TYPE])
      .optional()
      .openapi({ description: "Of an exchange, required" }),
    requested_token_type: z.literal(ACCESS_TOKEN_TYPE).optional(),
    refresh_token: z.string().optional().openapi({ description: "Of `refresh_token`, required" }),
  })
  .openapi("TokenRequest", {
    example: { grant_type: EXCHANGE, subject_token: "eyJhbGciOi…", subject_token_type: JWT_TYPE },
  });

export const TokenAnswer = z
  .object({
    access_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().nonnegative().openapi({ description: "Seconds", example: 3_600 }),
    issued_token_type: z.literal(ACCESS_TOKEN_TYPE),
    refresh_token: z.string().optional().openapi({
      description: "Absent where the sign-in has a session already: who opened it has its refresh token",
    }),
    user: User,
  })
  .openapi("TokenAnswer");

/** The failures of RFC 6749, section 5.2, that the call answers. */
export const TokenFailure = z
  .object({
    error: z.enum(["invalid_request", "invalid_grant", "unsupported_grant_type"]),
    error_description: z.string().openapi({ description: "For people" }),
  })
  .openapi("TokenFailure", {
    example: { error: "invalid_grant", error_description: "The refresh token is refused." },
  });
