import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { refreshRefused, refreshSession } from "../../../core/server/refresh.ts";
import { exchangeToken } from "../../../core/server/token-exchange.ts";
import type { Credential } from "../../../domain/accounts/session.ts";
import type { User as DomainUser } from "../../../domain/accounts/user.ts";
import { CoreError } from "../../../domain/errors.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { limitedByAddress } from "../../../http/access/rate-limit.ts";
import { firstRefreshToken, readRefreshToken } from "../../../http/access/refresh-token.ts";
import { issueToken } from "../../../http/access/token.ts";
import { decodeUtf8, readUpTo } from "../../../http/body.ts";
import type { AppEnv } from "../../../http/env.ts";
import { parseJson, requireSound } from "../../../http/json.ts";
import { canIssueTokens } from "../auth.ts";
import { problems } from "../problems.ts";
import { v1Router } from "../router.ts";
import { serializeUser, User } from "./users.ts";

/** A grant of RFC 8693: a token of an issuer for one of Parley's. */
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";
const ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token";
const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token" as const;

/** The parameters of an exchange. Further ones are ignored, as RFC 6749 says. */
const Exchange = z.object({
  grant_type: z.literal(EXCHANGE),
  subject_token: z.string().min(1),
  subject_token_type: z.enum([JWT_TYPE, ID_TOKEN_TYPE]),
  requested_token_type: z.literal(ACCESS_TOKEN_TYPE).optional(),
});

const Refresh = z.object({
  grant_type: z.literal("refresh_token"),
  refresh_token: z.string().min(1),
});

/** The body of `POST /v1/token`, as the document has it: the route answers flaws as RFC 6749 says. */
const TokenRequest = z
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

const TokenAnswer = z
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
const TokenFailure = z
  .object({
    error: z.enum(["invalid_request", "invalid_grant", "unsupported_grant_type"]),
    error_description: z.string().openapi({ description: "For people" }),
  })
  .openapi("TokenFailure", {
    example: { error: "invalid_grant", error_description: "The refresh token is refused." },
  });

type Failure = z.infer<typeof TokenFailure>;

/** What the document has of the body. The route reads it itself: a flaw of it is no problem of RFC 9457. */
const REQUEST = { $ref: "#/components/schemas/TokenRequest" };

const tokenRoute = createRoute({
  method: "post",
  path: "/v1/token",
  operationId: "exchangeToken",
  tags: ["Accounts"],
  summary: "Sign in by a token of your issuer, or by a refresh token",
  description:
    "RFC 8693, with a form or JSON. The issuers are a setting of the server, `AUTH_ISSUERS`. All tokens of one sign-in at the issuer (`sid`, else `jti`) give one session. A refresh token is used once; used again, it ends its session, but not within 30 s. A 503 means that the issuer does not answer.",
  middleware: [canIssueTokens, limitedByAddress] as const,
  request: {
    body: {
      required: true,
      content: {
        "application/json": { schema: REQUEST },
        "application/x-www-form-urlencoded": { schema: REQUEST },
      },
    },
  },
  responses: {
    200: { description: "Signed in", content: { "application/json": { schema: TokenAnswer } } },
    400: {
      description: "Refused (RFC 6749, section 5.2)",
      content: { "application/json": { schema: TokenFailure } },
    },
    ...problems("forbidden", "suspended", "too_large", "rate_limited"),
  },
});

const router = v1Router();
router.openAPIRegistry.register("TokenRequest", TokenRequest);

export const token = router.openapi(tokenRoute, async (c) => {
  const parameters = await parametersOf(c.req.raw);
  if (!parameters.ok) return refusal(c, parameters.failure);
  const { grant_type: grant } = parameters.value;
  if (grant === EXCHANGE) {
    const parsed = Exchange.safeParse(parameters.value);
    return parsed.success ? exchange(c, parsed.data) : refusal(c, flawOf(parsed.error));
  }
  if (grant === "refresh_token") {
    const parsed = Refresh.safeParse(parameters.value);
    return parsed.success ? refresh(c, parsed.data) : refusal(c, flawOf(parsed.error));
  }
  if (grant === undefined)
    return refusal(c, { error: "invalid_request", error_description: "grant_type: is missing." });
  const description = `grant_type: must be ${EXCHANGE} or refresh_token.`;
  return refusal(c, { error: "unsupported_grant_type", error_description: description });
});

/** RFC 8693, section 2.2.2: a subject token that is refused is an `invalid_request`. */
function exchange(c: Context<AppEnv>, { subject_token: subjectToken }: z.infer<typeof Exchange>) {
  return orRefusal(c, "invalid_request", async () => {
    const userAgent = c.req.header("User-Agent") ?? "";
    const mint = (id: Credential["sessionId"]) => firstRefreshToken(c.env.TOKEN_SECRET, id);
    const { user, credential, refreshToken } = await exchangeToken(
      c.var.core,
      { subjectToken, userAgent },
      mint,
    );
    return answer(c, user, credential, refreshToken);
  });
}

function refresh(c: Context<AppEnv>, { refresh_token: text }: z.infer<typeof Refresh>) {
  return orRefusal(c, "invalid_grant", async () => {
    const shown = readRefreshToken(c.env.TOKEN_SECRET, text);
    if (!shown) throw refreshRefused("this server has not made it");
    const { sessionId, hash, next } = shown;
    const { user, credential } = await refreshSession(c.var.core, { sessionId, hash, nextHash: next.hash });
    return answer(c, user, credential, next.text);
  });
}

/** Answers a refusal of what was shown as this error. @throws any other failure */
async function orRefusal<T>(c: Context<AppEnv>, error: Failure["error"], work: () => Promise<T>) {
  try {
    return await work();
  } catch (failure) {
    if (!(failure instanceof CoreError) || failure.code !== "unauthenticated") throw failure;
    return refusal(c, { error, error_description: failure.message });
  }
}

async function answer(
  c: Context<AppEnv>,
  user: DomainUser,
  credential: Credential,
  refreshToken: string | null,
) {
  const tokens: z.infer<typeof TokenAnswer> = {
    access_token: await issueToken(c.env.TOKEN_SECRET, credential),
    token_type: "Bearer",
    expires_in: Math.max(0, Math.floor((credential.expiresAt - Date.now()) / 1_000)),
    issued_token_type: ACCESS_TOKEN_TYPE,
    ...(refreshToken !== null && { refresh_token: refreshToken }),
    user: serializeUser(user),
  };
  return c.json(tokens, 200);
}

function refusal(c: Context<AppEnv>, failure: Failure) {
  return c.json(failure, 400);
}

function flawOf({ issues: [issue] }: z.ZodError): Failure {
  return { error: "invalid_request", error_description: `${issue?.path.join(".")}: ${issue?.message}.` };
}

type Parameters = { ok: true; value: Record<string, unknown> } | { ok: false; failure: Failure };

/** The parameters of a form or a JSON object. One without a value counts as absent (RFC 6749, 3.2). */
async function parametersOf(request: Request): Promise<Parameters> {
  const bytes = await readUpTo(request, LIMITS.writtenBytes);
  try {
    const text = decodeUtf8(bytes);
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers.get("Content-Type") ?? "");
    const entries = isForm ? formEntries(text) : jsonEntries(text);
    const given = entries.filter(([, value]) => value !== "" && value !== null);
    return { ok: true, value: Object.fromEntries(given) };
  } catch (error) {
    if (!(error instanceof CoreError) || error.code !== "validation_failed") throw error;
    return { ok: false, failure: { error: "invalid_request", error_description: error.message } };
  }
}

/** @throws `validation_failed` for a parameter that is there twice */
function formEntries(text: string): [string, unknown][] {
  const entries = [...new URLSearchParams(text)];
  const names = new Set<string>();
  for (const [name, value] of entries) {
    if (names.has(name)) throw new CoreError("validation_failed", "A parameter is there twice.");
    names.add(name);
    requireSound(value, "body");
  }
  return entries;
}

/** @throws `validation_failed` for anything but a JSON object */
function jsonEntries(text: string): [string, unknown][] {
  const value = parseJson(text, "body");
  requireSound(value, "body");
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CoreError("validation_failed", "The body must be a form or a JSON object.");
  return Object.entries(value);
}
