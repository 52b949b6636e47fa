import { Chat, claimsOf, Problem } from "parley-client";
import { stored } from "../stored.ts";

/** A token that ends sooner is renewed before it is used, in ms. */
const MARGIN = 60_000;

/** Makes calls without a session. */
const { api } = new Chat({ url: location.origin, token: () => null });

/** What this browser keeps of a session that an issuer has opened. */
export interface IssuerTokens {
  /** the access token */
  readonly token: string;
  readonly refreshToken: string;
  /** where the session of the issuer ends; empty: nowhere */
  readonly signOutAddress: string;
}

const kept = stored("tokens", (value): IssuerTokens | null => {
  const { token, refreshToken, signOutAddress } = Object(value);
  const all = [token, refreshToken, signOutAddress];
  return all.every((one) => typeof one === "string") ? { token, refreshToken, signOutAddress } : null;
});
/** The same, for a browser without storage. */
let latest: IssuerTokens | null = null;

/** Keeps the tokens of a new session; null: forgets them. */
export function keepTokens(tokens: IssuerTokens | null): void {
  latest = tokens;
  kept.write(tokens);
}

/** The tokens of the session; null: it has ended. */
export function currentTokens(): IssuerTokens | null {
  return kept.read() ?? latest;
}

/** Does what replaces the tokens. Of several tabs one does so at a time. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  // Pages over plain http have no locks.
  return navigator.locks ? navigator.locks.request("parley:tokens", work) : work();
}

/**
 * The access token of the session, renewed if it is about to end, or refused.
 * @returns null: the session has ended
 * @throws Problem the server does not answer
 */
export function renewedToken(refused?: string): Promise<string | null> {
  return alone(() => renewedAlone(refused));
}

/** As `renewedToken`, within `alone`: a refresh token that is used twice ends the session. */
export async function renewedAlone(refused?: string): Promise<string | null> {
  const tokens = currentTokens();
  if (!tokens) return null;
  const { token, refreshToken } = tokens;
  const { exp = 0 } = claimsOf(token);
  // Another tab has renewed the one that is refused.
  if (refused === undefined ? exp * 1_000 > Date.now() + MARGIN : token !== refused) return token;
  try {
    const body = { grant_type: "refresh_token", refresh_token: refreshToken } as const;
    const { access_token, refresh_token = refreshToken } = await api.call("post", "/v1/token", { body });
    keepTokens({ ...tokens, token: access_token, refreshToken: refresh_token });
    return access_token;
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 400 && error.code !== "suspended")) throw error;
    // The storage of a tab may be a moment behind the lock: another tab has replaced them.
    const now = currentTokens();
    if (now && now.refreshToken !== refreshToken) return now.token;
    keepTokens(null);
    return null;
  }
}
