import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { call } from "../../support/clients/api.ts";
import { wire } from "../../support/clients/wire.ts";
import { AUDIENCE, exchange, setIssuers, TestIssuer } from "../../support/issuer/issuer.ts";
import { undoAtEnd } from "../../support/shared/undo.ts";

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await TestIssuer.start();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes the page a client of an issuer. @returns restores the settings */
function setPage(clientId: string, ...entries: object[]): () => void {
  const restore = setIssuers(...entries);
  const before = env.OIDC_CLIENT_ID;
  const set = (value: string | undefined) =>
    Object.defineProperty(env, "OIDC_CLIENT_ID", {
      ...{ configurable: true, writable: true, enumerable: true, value },
    });
  set(clientId);
  return undoAtEnd(() => {
    set(before);
    restore();
  });
}

test("without an issuer of the page users sign in with passwords, and /sign-in leads to /", async () => {
  const restore = setPage("", issuer.entry());
  expect(await call("GET", "/v1/login")).toMatchObject({
    status: 200,
    body: { registration: "open", setup: false, issuer: null },
  });
  const { status, headers } = await wire({ method: "GET", path: "/sign-in" });
  expect([status, headers.get("Location")]).toEqual([302, "/"]);
  restore();
});

test("the issuer of the page is the one with its client id; only /sign-in may ask it", async () => {
  const restore = setPage(AUDIENCE, issuer.entry({ audience: "another" }), issuer.entry());
  const { body } = await call("GET", "/v1/login");
  expect(body).toEqual({
    registration: "open",
    setup: false,
    issuer: { issuer: issuer.issuer, client_id: AUDIENCE },
  });
  const page = await wire({ method: "GET", path: "/sign-in?code=1&state=2" });
  const policy = page.headers.get("Content-Security-Policy")?.split("; ");
  expect(policy).toContain(`connect-src 'self' ${new URL(issuer.issuer).origin}`);
  expect(policy).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      expect.stringMatching(/^script-src 'self' 'sha256-[^ ]+'$/),
    ]),
  );
  expect([page.status, page.headers.get("Cache-Control")]).toEqual([200, "no-store"]);
  expect(page.headers.get("Referrer-Policy")).toBe("no-referrer");
  restore();
});

test.each([
  [{}, 200],
  [{ azp: AUDIENCE }, 200],
  [{ azp: "another" }, 400],
  [{ aud: [AUDIENCE, "another"] }, 400],
  [{ aud: [AUDIENCE, "another"], azp: "another" }, 400],
  [{ aud: [AUDIENCE, "another"], azp: AUDIENCE }, 200],
])("an ID token with %j, for the page or another client, is %i", async (claims, status) => {
  const restore = setPage(AUDIENCE, issuer.entry());
  expect((await exchange(await issuer.sign(claims))).status).toBe(status);
  restore();
});

test.each([
  ["of no issuer", "unknown", {}],
  ["of an issuer that is no URL", AUDIENCE, { issuer: "backend" }],
  [
    "of an issuer without a key set",
    AUDIENCE,
    { jwks: undefined, secret: "ID_SECRET", algorithms: ["HS256"] },
  ],
])("a client id %s is ignored, and logged", async (_, clientId, more) => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const restore = setPage(clientId, issuer.entry(more));
  expect((await call("GET", "/v1/login")).body).toMatchObject({ issuer: null });
  expect(warned.mock.calls.flat().join()).toContain('"setting":"OIDC_CLIENT_ID"');
  restore();
});
