import { Chat, type components } from "parley-client";
import type { Invited } from "../invitation/invited.ts";
import { go } from "../state/router.ts";
import { session } from "../state/session.ts";

/** What signs a user in. */
export interface Credentials {
  username: string;
  password: string;
}

/** How the code of a server's first account begins. */
export const SETUP = "setup-";

/** Makes calls without a session. */
const { api } = new Chat({ url: location.origin, token: () => null });

/** Opens a session of an account. @throws Problem `unauthenticated`: no such account, or another password */
export async function signIn(body: Credentials): Promise<void> {
  begin(await api.call("post", "/v1/login", { body }));
}

/**
 * Makes an account and opens its first session.
 * @param body `invitation`: the code of the link that the user has followed
 * @throws Problem `conflict`: the username is taken
 */
export async function register(
  body: Credentials & { nickname?: string; invitation?: string },
): Promise<void> {
  const made = await api.call("post", "/v1/register", { body });
  // The link leads nowhere then.
  if (body.invitation?.startsWith(SETUP)) go({ view: "home" }, { replace: true });
  begin(made);
}

/** What an invitation is to. @throws Problem `not_found`: it lets nobody in */
export async function invitedTo(code: string): Promise<Invited> {
  return api.call("get", "/v1/invitations/{code}", { path: { code } });
}

/** How users sign in on this server. */
export function signInWays(): Promise<components["schemas"]["SignInWays"]> {
  // A server whose settings are for its own machine refuses other addresses at once, and goes on to.
  return api.call("get", "/v1/login", {}, { retry: isSecureContext });
}

type Tokens = components["schemas"]["TokenAnswer"];

/**
 * Opens a session by an ID token of the server's issuer.
 * @throws Problem `forbidden`: the user has no account here; `suspended`; with the status 400: the server
 *   does not take the token
 */
export async function exchange(idToken: string): Promise<Tokens & { refresh_token: string }> {
  const body = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: idToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
  } as const;
  for (;;) {
    const { refresh_token, ...tokens } = await api.call("post", "/v1/token", { body });
    if (refresh_token !== undefined) return { ...tokens, refresh_token };
    // This sign-in at the issuer has a session whose tokens the browser has lost: a new one takes its place.
    await endSession(tokens.access_token);
  }
}

/** Ends another session than the page's. @param token its token */
export async function endSession(token: string): Promise<void> {
  await new Chat({ url: location.origin, token }).api.call("post", "/v1/logout");
}

function begin({ token, user }: { token: string; user: { id: number } }): void {
  // Where the server does not say how users sign in, the form stands at /sign-in, too.
  if (location.pathname !== "/") history.replaceState(null, "", `/${location.hash}`);
  session.value = { token, userId: user.id };
}
