import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

/** The path at which the page signs users in by an issuer, who sends them back there. */
export const SIGN_IN_PATH = "/sign-in";

const POLICY = "Content-Security-Policy";
const OWN = "connect-src 'self'";

/**
 * Answers with the web client, which may also ask the issuer of `OIDC_CLIENT_ID`. At `/` it may not: there
 * it is a file that the Worker does not see. Without such an issuer it leads to `/`.
 */
export async function signInPage(c: Context<AppEnv>): Promise<Response> {
  const { pageIssuer } = c.get("core").settings;
  if (!pageIssuer) return c.redirect("/");
  const page = await c.env.ASSETS.fetch(new URL("/", c.req.url));
  const headers = new Headers(page.headers);
  const policy = headers.get(POLICY) ?? OWN;
  headers.set(POLICY, policy.replace(OWN, `${OWN} ${new URL(pageIssuer.issuer).origin}`));
  // Another issuer is another policy of the same content.
  headers.delete("ETag");
  headers.set("Cache-Control", "no-store");
  return new Response(page.body, { status: page.status, headers });
}
