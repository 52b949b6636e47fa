import { createRoute } from "@hono/zod-openapi";
import { type SignedIn as DomainSignedIn, login, register } from "../../../../core/accounts/registration.ts";
import { logout } from "../../../../core/accounts/sessions.ts";
import { bearer } from "../../../../http/access/bearer.ts";
import { deviceOf } from "../../../../http/access/device.ts";
import { limitedByAddress } from "../../../../http/access/rate-limit.ts";
import { issueToken } from "../../../../http/access/token.ts";
import { canIssueTokens } from "../../auth.ts";
import { problems } from "../../problems.ts";
import { ownRoutes, v1Body } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { Login, Registration, SignedIn } from "../../schemas/accounts.ts";
import { serializeUser } from "../../serialize/users.ts";

const ownRoute = ownRoutes("Accounts");

const signedIn = { "application/json": { schema: SignedIn } };

const registerRoute = createRoute({
  method: "post",
  path: "/v1/register",
  operationId: "register",
  tags: ["Accounts"],
  summary: "Create an account and sign in",
  description:
    "A username that is taken, or that looks like another user's, is a `conflict`. The password must not be one of the most common ones, nor the username or the e-mail address. On a server with the setting `REGISTRATION=closed` the call is `forbidden`.",
  middleware: [canIssueTokens, limitedByAddress, v1Body] as const,
  request: { body: { required: true, content: { "application/json": { schema: Registration } } } },
  responses: {
    201: { description: "The account is created and signed in", content: signedIn },
    ...problems("validation_failed", "forbidden", "refused", "conflict", "too_large", "rate_limited"),
  },
});

const loginRoute = createRoute({
  method: "post",
  path: "/v1/login",
  operationId: "login",
  tags: ["Accounts"],
  summary: "Sign in",
  description:
    "Each sign-in is a session. After ten wrong passwords from an address the account is `locked` for that address for ten minutes. A former token as `Authorization` shows that the device has signed in before. A user whom the team's backend has suspended is `suspended`.",
  middleware: [canIssueTokens, limitedByAddress, v1Body] as const,
  request: { body: { required: true, content: { "application/json": { schema: Login } } } },
  responses: {
    200: { description: "Signed in", content: signedIn },
    ...problems(
      "validation_failed",
      "unauthenticated",
      "suspended",
      "too_large",
      "rate_limited",
      "quota",
      "locked",
    ),
  },
});

const logoutRoute = ownRoute("post", "/v1/logout", {
  operationId: "logout",
  summary: "End this session",
  description: "The sockets of the session close.",
  responses: { 204: { description: "The session has ended" }, ...problems("forbidden") },
});

export const accounts = v1Router()
  .openapi(registerRoute, async (c) => {
    const result = await register(c.var.core, c.req.valid("json"), await deviceOf(c, undefined));
    return c.json(await answer(c.env.TOKEN_SECRET, result), 201);
  })
  .openapi(loginRoute, async (c) => {
    const device = await deviceOf(c, bearer(c.req.header("Authorization")));
    const result = await login(c.var.core, c.req.valid("json"), device);
    return c.json(await answer(c.env.TOKEN_SECRET, result), 200);
  })
  .openapi(logoutRoute, async (c) => {
    await logout(c.var.core, c.var.caller);
    return c.body(null, 204);
  });

async function answer(secret: string | undefined, { user, credential }: DomainSignedIn) {
  return {
    token: await issueToken(secret, credential),
    expires_at: credential.expiresAt,
    user: serializeUser(user),
  };
}
