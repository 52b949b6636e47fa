import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from "jose";

const ALGORITHM = "ES256";

/** A code that nobody has redeemed. */
interface Grant {
  redirectUri: string;
  challenge: string;
  nonce: string;
}

/** What a provider does wrong, for a test of who relies on it. */
export interface Faults {
  /** replaces parameters with which it sends a user back */
  answer?: Record<string, string>;
  /** replaces claims of ID tokens */
  claims?: JWTPayload;
  /** whether it answers nothing but 503 */
  isDown?: boolean;
}

/**
 * A provider of OpenID Connect on this machine: discovery, the authorization code flow with PKCE for one
 * public client, ID tokens, and a sign-out. Its page has a link that signs in, and one that refuses.
 */
export class OpenIdProvider {
  static readonly CLIENT = "parley-page";
  readonly issuer: string;
  /** who signs in: the claims of their ID tokens */
  user: JWTPayload = { sub: randomUUID() };
  faults: Faults = {};
  /** whether discovery names a sign-out */
  hasSignOut = true;
  /** how many users have signed out */
  signedOut = 0;
  readonly #grants = new Map<string, Grant>();
  readonly #keys: CryptoKeyPair;
  readonly #close: () => void;

  private constructor(keys: CryptoKeyPair, port: number, close: () => void) {
    this.issuer = `http://127.0.0.1:${port}`;
    this.#keys = keys;
    this.#close = close;
  }

  static async start(): Promise<OpenIdProvider> {
    const keys = await generateKeyPair(ALGORITHM, { extractable: true });
    let made: OpenIdProvider | undefined;
    const server = createServer((request, response) => {
      if (!made) throw new Error("the provider is not ready");
      made.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("the provider has no port");
    made = new OpenIdProvider(keys, address.port, () => {
      server.closeAllConnections();
      server.close();
    });
    return made;
  }

  close(): void {
    this.#close();
  }

  /** Its entry in `AUTH_ISSUERS`. */
  entry(more: object = {}): object {
    const { issuer } = this;
    const jwks = `${issuer}/keys`;
    return { issuer, audience: OpenIdProvider.CLIENT, jwks, algorithms: [ALGORITHM], ...more };
  }

  /** An ID token. */
  sign(claims: JWTPayload): Promise<string> {
    return new SignJWT({ ...claims, ...this.faults.claims })
      .setProtectedHeader({ alg: ALGORITHM, kid: "1" })
      .setIssuer(this.issuer)
      .setAudience(OpenIdProvider.CLIENT)
      .setIssuedAt()
      .setExpirationTime("5 minutes")
      .sign(this.#keys.privateKey);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.issuer);
    response.setHeader("Access-Control-Allow-Origin", "*");
    if (this.faults.isDown) response.writeHead(503).end();
    else if (url.pathname === "/.well-known/openid-configuration") json(response, 200, this.#discovery());
    else if (url.pathname === "/keys") json(response, 200, { keys: [await this.#key()] });
    else if (url.pathname === "/authorize") this.#authorize(url.searchParams, response);
    else if (url.pathname === "/token") await this.#token(await formOf(request), response);
    else if (url.pathname === "/sign-out") await this.#signOut(url.searchParams, response);
    else response.writeHead(404).end();
  }

  #discovery(): object {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      ...(this.hasSignOut && { end_session_endpoint: `${issuer}/sign-out` }),
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [ALGORITHM],
      code_challenge_methods_supported: ["S256"],
    };
  }

  async #key(): Promise<object> {
    return { ...(await exportJWK(this.#keys.publicKey)), kid: "1", alg: ALGORITHM, use: "sig" };
  }

  /** The page of the provider. */
  #authorize(asked: URLSearchParams, response: ServerResponse): void {
    const get = (name: string) => asked.get(name) ?? "";
    const flaws = [
      get("client_id") !== OpenIdProvider.CLIENT && "client_id",
      get("response_type") !== "code" && "response_type",
      !get("scope").split(" ").includes("openid") && "scope",
      get("code_challenge_method") !== "S256" && "code_challenge_method",
      get("code_challenge").length !== 43 && "code_challenge",
      get("state").length < 20 && "state",
      get("nonce").length < 20 && "nonce",
      !get("redirect_uri").endsWith("/sign-in") && "redirect_uri",
    ].filter((flaw) => flaw !== false);
    if (flaws.length > 0) {
      response.writeHead(400).end(flaws.join());
      return;
    }
    const code = randomUUID();
    const redirectUri = get("redirect_uri");
    this.#grants.set(code, { redirectUri, challenge: get("code_challenge"), nonce: get("nonce") });
    const back = (answer: Record<string, string>) => {
      const url = new URL(redirectUri);
      const all = { ...answer, state: get("state"), ...this.faults.answer };
      for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
      return url.href.replaceAll("&", "&amp;");
    };
    response
      .setHeader("Content-Type", "text/html")
      .end(
        `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,"><h1>Provider</h1><a href="${back({ code })}">Continue</a> <a href="${back({ error: "access_denied" })}">Refuse</a>`,
      );
  }

  async #token(form: URLSearchParams, response: ServerResponse): Promise<void> {
    const code = form.get("code") ?? "";
    const grant = this.#grants.get(code);
    // A code is redeemed once, whether that succeeds or not.
    this.#grants.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isGood =
      grant?.challenge === challenge &&
      grant.redirectUri === form.get("redirect_uri") &&
      form.get("grant_type") === "authorization_code" &&
      form.get("client_id") === OpenIdProvider.CLIENT;
    if (!isGood) return json(response, 400, { error: "invalid_grant" });
    const claims = { ...this.user, nonce: grant.nonce };
    json(response, 200, {
      access_token: randomUUID(),
      token_type: "Bearer",
      expires_in: 300,
      id_token: await this.sign(claims),
    });
  }

  async #signOut(asked: URLSearchParams, response: ServerResponse): Promise<void> {
    const hint = asked.get("id_token_hint") ?? "";
    await jwtVerify(hint, this.#keys.publicKey, { audience: asked.get("client_id") ?? "" });
    this.signedOut++;
    response.writeHead(302, { Location: asked.get("post_logout_redirect_uri") ?? "/" }).end();
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
