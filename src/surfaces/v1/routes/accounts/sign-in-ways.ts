import { createRoute, z } from "@hono/zod-openapi";
import { v1Router } from "../../router.ts";

const SignInWays = z
  .object({
    registration: z
      .enum(["open", "closed"])
      .openapi({ description: "Whether everybody or nobody can create an account with a password" }),
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
  (c) => {
    const { registration, pageIssuer } = c.var.core.settings;
    const issuer = pageIssuer && { issuer: pageIssuer.issuer, client_id: pageIssuer.clientId };
    return c.json({ registration, issuer }, 200);
  },
);
