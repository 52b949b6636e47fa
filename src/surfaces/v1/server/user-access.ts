import { z } from "@hono/zod-openapi";
import { NO_END } from "../../../core/accounts/sessions.ts";
import {
  deleteServerUser,
  endSuspension,
  openSessionFor,
  signOutEverywhere,
  suspend,
} from "../../../core/server/user-access.ts";
import { SessionId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { firstRefreshToken } from "../../../http/access/refresh-token.ts";
import { issueToken } from "../../../http/access/token.ts";
import { DeletionQuery } from "../accounts/me.ts";
import { Time } from "../common.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, optionalBody, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";
import { UserRefParams } from "./users.ts";

const { tokenMinS, tokenMaxS } = LIMITS;

const UserTokenRequest = z
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

const UserToken = z
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

const tokenRoute = serverRoutes("tokens");
const userRoute = serverRoutes("users");

/** The seconds of a token if the backend does not say. */
const DEFAULT_S = 3_600;

const NO_USER = problems("validation_failed", "not_found");
/** Of the calls that take a role away, or give one back. */
const OF_STAFF = "Of a user with a role it needs the scope `moderate` too.";

const issueRoute = tokenRoute("post", "/v1/server/users/{ref}/tokens", {
  operationId: "createUserToken",
  summary: "A token of a user",
  description:
    "Each is a session of its own. Hand it to the app of this user alone: it works as that of a sign-in. With `refresh` the session lasts 30 days, and the app gets its next tokens by `POST /v1/token`. A suspended user is `suspended`. In a session that a key without the scope `moderate` has opened the user has no role, neither the present one nor a later one: the calls of moderation are `forbidden`.",
  request: { params: UserRefParams, body: optionalBody(UserTokenRequest) },
  responses: {
    201: jsonAnswer("The token", UserToken),
    ...problems("validation_failed", "suspended", "not_found"),
  },
});

const signOutRoute = tokenRoute("delete", "/v1/server/users/{ref}/sessions", {
  operationId: "endUserSessions",
  summary: "End all sessions of a user",
  description: "Their sockets close, over every API. A repeat is no error.",
  request: { params: UserRefParams },
  responses: { 204: { description: "All sessions have ended" }, ...NO_USER },
});

const suspendRoute = userRoute("put", "/v1/server/users/{ref}/suspension", {
  operationId: "suspendUser",
  summary: "Suspend a user",
  description: `All sessions end, and a sign-in is \`suspended\` until the suspension ends. The messages stay. With \`shadow\` no session ends: what the user sends is acknowledged, and nobody else sees it. A repeat replaces the suspension. ${OF_STAFF}`,
  request: { params: UserRefParams, body: optionalBody(SuspensionInput) },
  responses: { 204: { description: "The user is suspended" }, ...NO_USER },
});

const liftRoute = userRoute("delete", "/v1/server/users/{ref}/suspension", {
  operationId: "endSuspension",
  summary: "End a suspension",
  description: `Also where there was none. The user signs in anew. ${OF_STAFF}`,
  request: { params: UserRefParams },
  responses: { 204: { description: "The user is not suspended" }, ...NO_USER },
});

const deleteRoute = userRoute("delete", "/v1/server/users/{ref}", {
  operationId: "deleteServerUser",
  summary: "Delete a user's account",
  description: `The deletion that \`DELETE /v1/me\` is, without a password. The account is deleted with the answer; leaving conversations, and erasing messages with \`messages=erase\`, goes on behind it. While the user owns a group, it is a \`conflict\`. ${OF_STAFF}`,
  request: { params: UserRefParams, query: DeletionQuery },
  responses: {
    202: { description: "The account is deleted" },
    ...problems("validation_failed", "not_found", "conflict"),
  },
});

export const userAccess = v1Router()
  .openapi(issueRoute, async (c) => {
    const { expires_in_s: expiresInS = DEFAULT_S, session_name: sessionName = "" } = c.req.valid("json");
    const mint = (id: SessionId) => firstRefreshToken(c.env.TOKEN_SECRET, id);
    const asked = { expiresInS, sessionName, mint: c.req.valid("json").refresh ? mint : null };
    const { ref } = c.req.valid("param");
    const { credential, refreshToken } = await openSessionFor(c.var.core, c.var.key, ref, asked);
    const { expiresAt, sessionId } = credential;
    const answer = {
      token: await issueToken(c.env.TOKEN_SECRET, credential),
      expires_at: expiresAt === NO_END ? null : expiresAt,
      session_id: sessionId,
      ...(refreshToken !== null && { refresh_token: refreshToken }),
    };
    return c.json(answer, 201);
  })
  .openapi(signOutRoute, async (c) => {
    await signOutEverywhere(c.var.core, c.var.key.id, c.req.valid("param").ref);
    return c.body(null, 204);
  })
  .openapi(suspendRoute, async (c) => {
    const { until = null, reason = "", shadow = false } = c.req.valid("json");
    await suspend(c.var.core, c.var.key, c.req.valid("param").ref, { until, reason, shadow });
    return c.body(null, 204);
  })
  .openapi(liftRoute, async (c) => {
    await endSuspension(c.var.core, c.var.key, c.req.valid("param").ref);
    return c.body(null, 204);
  })
  .openapi(deleteRoute, async (c) => {
    const erases = c.req.valid("query").messages === "erase";
    await deleteServerUser(c.var.core, c.var.key, c.req.valid("param").ref, erases);
    return c.body(null, 202);
  });
