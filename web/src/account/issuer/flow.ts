import * as oauth from "oauth4webapi";
import { type PageIssuer, SIGN_IN_PATH } from "./place.ts";

/** The time in which the issuer has to answer, in ms. */
const PATIENCE = 15_000;
const KEY = "parley:sign-in";

/**
 * Why the issuer has signed nobody in: `unreachable`: it does not answer · `denied`: the user, or the issuer,
 * did not want to · `stale`: the answer is to no sign-in of this tab · `wrong`: the answer is not right ·
 * `another`: not the user who was asked to sign in once more
 */
export type FlowFault = "unreachable" | "denied" | "stale" | "wrong" | "another";

export class FlowError extends Error {
  readonly fault: FlowFault;

  constructor(fault: FlowFault, cause?: unknown) {
    super(cause instanceof Error ? cause.message : "", { cause });
    this.fault = fault;
  }
}

/** What this tab remembers of a sign-in while the user is at the issuer. */
interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** the part of the address from `#` on that the user wanted */
  readonly hash: string;
  /** a user who has a session shows once more who they are */
  readonly isAgain: boolean;
}

/** What the issuer has answered. */
export interface IssuerAnswer {
  readonly idToken: string;
  /** where the session of the issuer ends; empty: nowhere */
  readonly signOutAddress: string;
}

const redirectUri = () => location.origin + SIGN_IN_PATH;

/**
 * Begins a sign-in.
 * @param hash where to go after it
 * @param isAgain a user who has a session shows once more who they are: the issuer asks, also if it knows
 *   them still
 * @returns the address at the issuer to which the user goes
 * @throws FlowError
 */
export async function begin(issuer: PageIssuer, hash: string, isAgain: boolean): Promise<string> {
  const { authorization_endpoint: endpoint } = await discover(issuer);
  if (endpoint === undefined) throw new FlowError("wrong", new Error("authorization_endpoint"));
  const pending: Pending = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    hash,
    isAgain,
  };
  sessionStorage.setItem(KEY, JSON.stringify(pending));
  const address = new URL(endpoint);
  const parameters = {
    response_type: "code",
    client_id: issuer.client_id,
    redirect_uri: redirectUri(),
    scope: "openid profile email",
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: "S256",
    ...(isAgain && { prompt: "login" }),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return address.href;
}

/** Takes what this tab remembers of its sign-in: an answer counts once. */
export function takePending(): Pending | null {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const { state, nonce, verifier, hash, isAgain } = Object(text === null ? null : JSON.parse(text));
  const all = [state, nonce, verifier, hash];
  if (!all.every((one) => typeof one === "string")) return null;
  return { state, nonce, verifier, hash, isAgain: isAgain === true };
}

/**
 * Takes the answer of the issuer, and asks for the ID token.
 * @param answer the parameters with which the issuer has sent the user back
 * @throws FlowError
 */
export async function finish(
  issuer: PageIssuer,
  answer: URLSearchParams,
  pending: Pending | null,
): Promise<IssuerAnswer> {
  if (!pending || answer.get("state") !== pending.state) throw new FlowError("stale");
  const server = await discover(issuer);
  const client = { client_id: issuer.client_id };
  return orFault(async () => {
    const checked = oauth.validateAuthResponse(server, client, answer, pending.state);
    const response = await oauth.authorizationCodeGrantRequest(
      ...([server, client, oauth.None(), checked, redirectUri(), pending.verifier] as const),
      optionsFor(issuer),
    );
    const { id_token: idToken = "" } = await oauth.processAuthorizationCodeResponse(
      server,
      client,
      response,
      {
        expectedNonce: pending.nonce,
        requireIdToken: true,
      },
    );
    return { idToken, signOutAddress: signOutAddress(server, issuer, idToken) };
  });
}

function signOutAddress(
  { end_session_endpoint: endpoint }: oauth.AuthorizationServer,
  issuer: PageIssuer,
  idToken: string,
): string {
  const address = URL.parse(endpoint ?? "");
  // What discovery says is a link that the user follows.
  if (!address || !/^https?:$/.test(address.protocol)) return "";
  const parameters = { id_token_hint: idToken, client_id: issuer.client_id };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  address.searchParams.set("post_logout_redirect_uri", `${location.origin}/`);
  return address.href;
}

/** Asks the issuer for its endpoints. */
function discover(issuer: PageIssuer): Promise<oauth.AuthorizationServer> {
  return orFault(async () => {
    const url = new URL(issuer.issuer);
    const response = await oauth.discoveryRequest(url, optionsFor(issuer));
    if (!response.ok) throw new FlowError("unreachable");
    return oauth.processDiscoveryResponse(url, response);
  });
}

function optionsFor({ issuer }: PageIssuer) {
  return {
    signal: AbortSignal.timeout(PATIENCE),
    // The server takes an issuer over http in development alone.
    [oauth.allowInsecureRequests]: issuer.startsWith("http:"),
  };
}

async function orFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FlowError) throw error;
    if (error instanceof oauth.AuthorizationResponseError)
      throw new FlowError(error.error === "access_denied" ? "denied" : "wrong", error);
    // `fetch` has no answer, or none in time.
    const isUnreachable = error instanceof TypeError || error instanceof DOMException;
    throw new FlowError(isUnreachable ? "unreachable" : "wrong", error);
  }
}
