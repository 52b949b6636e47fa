import type { components } from "parley-client";

/** Where the users of this server sign in, as `GET /v1/login` says. */
export type PageIssuer = NonNullable<components["schemas"]["SignInWays"]["issuer"]>;

/** The path of the page that may ask the issuer, and to which the issuer sends its users back. */
export const SIGN_IN_PATH = "/sign-in";

/** The name by which people know an issuer. */
export function hostOf({ issuer }: PageIssuer): string {
  return URL.parse(issuer)?.host ?? issuer;
}
