import { createRoute, z } from "@hono/zod-openapi";
import { awaitsSetup } from "../../../core/accounts/admission.ts";
import { canBePassword, PASSWORD } from "../../../core/accounts/password-rules.ts";
import { login, register, type SignedIn as SignIn } from "../../../core/accounts/registration.ts";
import { logout } from "../../../core/accounts/sessions.ts";
import { OwnUsername, ProfileFields, Username } from "../../../domain/accounts/user.ts";
import { Registration } from "../../../domain/settings.ts";
import { bearer } from "../../../http/access/bearer.ts";
import { deviceOf } from "../../../http/access/device.ts";
import { limitedByAddress } from "../../../http/access/rate-limit.ts";
import { issueToken } from "../../../http/access/token.ts";
import { canIssueTokens } from "../auth.ts";
import { Time } from "../common.ts";
import { problems } from "../problems.ts";
import { ownRoutes, v1Body } from "../route.ts";
import { v1Router } from "../router.ts";
import { serializeUser, User } from "./users.ts";

export const NewPassword = z
  .string()
  .refine(canBePassword, { message: `must be ${PASSWORD.min} to ${PASSWORD.max} characters` })
  .openapi({ minLength: PASSWORD.min, maxLength: PASSWORD.max });

/** Longer than any code. */
const MAX_CODE = 200;

const NewAccount = z
  .object({
    username: OwnUsername,
    password: NewPassword,
    email: ProfileFields.shape.email.optional(),
    nickname: ProfileFields.shape.nickname.optional(),
    invitation: z.string().max(MAX_CODE).optional().openapi({
      description:
        "The code of an invitation to a group, which `REGISTRATION=invited` asks for; or the `SETUP_CODE` of the server: if nobody has a role yet, the account is an admin's",
    }),
  })
  .openapi("Registration", { example: { username: "ann", password: "correct horse" } });

/** Any password is accepted as input: the answer must not reveal whether it could be valid. */
const Login = z
  .object({ username: Username, password: z.string() })
  .openapi("Login", { example: { username: "ann", password: "correct horse" } });

const SignedIn = z.object({ token: z.string(), expires_at: Time, user: User }).openapi("SignedIn");

const ownRoute = ownRoutes("Accounts");

const signedIn = { "application/json": { schema: SignedIn } };

const registerRoute = createRoute({
  method: "post",
  path: "/v1/register",
  operationId: "register",
  tags: ["Accounts"],
  summary: "Create an account and sign in",
  description:
    "A username that is taken, or that looks like another user's, is a `conflict`. The password must not be one of the most common ones, nor the username or the e-mail address. With the setting `REGISTRATION=closed` the call is `forbidden`; with `invited` it takes an `invitation`, and without one is `forbidden`. An invitation that lets nobody in is `not_found`.",
  middleware: [canIssueTokens, limitedByAddress, v1Body] as const,
  request: { body: { required: true, content: { "application/json": { schema: NewAccount } } } },
  responses: {
    201: { description: "The account is created and signed in", content: signedIn },
    ...problems(
      "validation_failed",
      "forbidden",
      "not_found",
      "refused",
      "conflict",
      "too_large",
      "rate_limited",
    ),
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

async function answer(secret: string | undefined, { user, credential }: SignIn) {
  return {
    token: await issueToken(secret, credential),
    expires_at: credential.expiresAt,
    user: serializeUser(user),
  };
}

const SignInWays = z
  .object({
    registration: z.enum(Registration.options).openapi({
      description: "Who can create an account with a password: everybody, whoever is invited, or nobody",
    }),
    setup: z.boolean().openapi({
      description: "Whether the server waits for its first account, which its operator has a code for",
    }),
    issuer: z
      .object({
        issuer: z.string().openapi({ description: "Its URL, for the discovery of OpenID Connect" }),
        client_id: z.string(),
      })
      .nullable()
      .openapi({ description: "Where users of the web client sign in; null: with a password alone" }),
  })
  .openapi("SignInWays");

export const signInWays = v1Router().openapi(
  createRoute({
    method: "get",
    path: "/v1/login",
    operationId: "getSignInWays",
    tags: ["Accounts"],
    summary: "How users sign in here",
    description:
      "For pages, before they ask for a password. `POST /v1/token` takes the ID tokens of the issuer; other issuers of the server are not shown.",
    responses: {
      200: { description: "The ways", content: { "application/json": { schema: SignInWays } } },
    },
  }),
  async (c) => {
    const { registration, pageIssuer } = c.var.core.settings;
    const issuer = pageIssuer && { issuer: pageIssuer.issuer, client_id: pageIssuer.clientId };
    return c.json({ registration, setup: await awaitsSetup(c.var.core), issuer }, 200);
  },
);
