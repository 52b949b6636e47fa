import { Buffer } from "node:buffer";
import { exportSPKI, type JWTPayload, SignJWT } from "jose";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { AUDIENCE, exchange, newKey, setIssuers, TestIssuer, tokensOf } from "../../support/issuer/issuer.ts";

/** An issuer with keys of two algorithms, of which it may use one, and another issuer. */
interface Scene {
  issuer: TestIssuer;
  other: TestIssuer;
  rsaPublic: string;
}
let scene: Scene;

beforeAll(async () => {
  const [issuer, other] = [await TestIssuer.start("RS256"), await TestIssuer.start()];
  const [rsa] = issuer.keys;
  if (!rsa) throw new Error("no key");
  await issuer.addKey("PS256");
  await issuer.serve();
  scene = { issuer, other, rsaPublic: await exportSPKI(rsa.publicKey) };
  return setIssuers(issuer.entry({ algorithms: ["RS256"] }), other.entry());
});

const now = () => Math.floor(Date.now() / 1_000);
const b64 = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

type Forge = (scene: Scene) => Promise<string> | string;

const sign = (claims: JWTPayload, { issuer }: Scene) => issuer.sign(claims, issuer.keys[0]);
/** A good signature under other claims; `undefined` removes one. */
const claiming =
  (claims: () => Record<string, unknown>): Forge =>
  (at) =>
    sign(claims() satisfies JWTPayload, at);
/** A good token of which a part is replaced. */
const changed =
  (change: (parts: [string, string, string]) => string[]): Forge =>
  async (at) => {
    const [header = "", payload = "", signature = ""] = (await sign({}, at)).split(".");
    return change([header, payload, signature]).join(".");
  };
const Header = z.record(z.string(), z.unknown());
const header = (text: string) => Header.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
/** A good token with further fields of the header, signed with them. */
const headed =
  (fields: (at: Scene) => object, alg = "RS256"): Forge =>
  (at) => {
    const [key] = at.issuer.keys;
    if (!key) throw new Error("no key");
    return new SignJWT(at.issuer.claims())
      .setProtectedHeader({ alg, kid: key.kid, ...fields(at) })
      .sign(key.privateKey);
  };
const unsecured =
  (alg: string): Forge =>
  ({ issuer }) =>
    `${b64({ alg })}.${b64(issuer.claims())}.`;

const FORGED: [string, Forge][] = [
  [
    "another key with the kid of the good one",
    async (at) => {
      const { privateKey } = await newKey("RS256");
      return headedWith(at, privateKey);
    },
  ],
  [
    "a key of its own in `jwk`",
    async (at) => {
      const { privateKey } = await newKey("RS256");
      return headedWith(at, privateKey, { jwk: { kty: "RSA", n: "AQAB", e: "AQAB" } });
    },
  ],
  [
    "a key set of its own in `jku`",
    async (at) => {
      const { privateKey } = await newKey("RS256");
      return headedWith(at, privateKey, { jku: "https://evil.example/keys" });
    },
  ],
  ["alg none", unsecured("none")],
  ["alg None", unsecured("None")],
  ["alg NONE", unsecured("NONE")],
  ["alg nOnE with a signature", changed(([h, p, s]) => [b64({ ...header(h), alg: "nOnE" }), p, s])],
  ["no alg", changed(([h, p, s]) => [b64({ ...header(h), alg: undefined }), p, s])],
  ["alg as a list", changed(([h, p, s]) => [b64({ ...header(h), alg: ["RS256"] }), p, s])],
  [
    "HS256 with the public key in PEM",
    ({ issuer, rsaPublic }) =>
      new SignJWT(issuer.claims())
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(rsaPublic)),
  ],
  [
    "HS256 with the public key, and its kid",
    ({ issuer, rsaPublic }) =>
      new SignJWT(issuer.claims())
        .setProtectedHeader({ alg: "HS256", kid: String(issuer.keys[0]?.kid) })
        .sign(new TextEncoder().encode(rsaPublic)),
  ],
  [
    "HS256 with an empty-looking secret",
    ({ issuer }) =>
      new SignJWT(issuer.claims()).setProtectedHeader({ alg: "HS256" }).sign(new Uint8Array(32)),
  ],
  ["a key of the issuer whose algorithm is not in the list", ({ issuer }) => issuer.sign({}, issuer.keys[1])],
  ["the key of another issuer", ({ issuer, other }) => other.sign({ iss: issuer.issuer })],
  ["the key of this issuer for another one", (at) => sign({ iss: at.other.issuer }, at)],
  ["no signature", changed(([h, p]) => [h, p, ""])],
  ["two parts", changed(([h, p]) => [h, p])],
  ["four parts", changed(([h, p, s]) => [h, p, s, s])],
  ["five parts, as an encrypted token has", changed(([h, p, s]) => [h, p, s, s, s])],
  ["a changed signature", changed(([h, p, s]) => [h, p, `${s.startsWith("A") ? "B" : "A"}${s.slice(1)}`])],
  ["half a signature", changed(([h, p, s]) => [h, p, s.slice(0, 100)])],
  ["another payload", changed(([h, p, s]) => [h, b64({ ...header(p), sub: "admin" }), s])],
  ["a payload that is no object", changed(([h, , s]) => [h, b64("[]"), s])],
  ["a payload that is no JSON", changed(([h, , s]) => [h, b64("{"), s])],
  ["a header that is no JSON", changed(([, p, s]) => [b64("{"), p, s])],
  ["an unknown critical field", changed(([h, p, s]) => [b64({ ...header(h), crit: ["x"], x: 1 }), p, s])],
  ["an unencoded payload", changed(([h, p, s]) => [b64({ ...header(h), b64: false, crit: ["b64"] }), p, s])],
  ["a kid that is a path", headed(() => ({ kid: "../../keys" }))],
  ["a kid that is a number", changed(([h, p, s]) => [b64({ ...header(h), kid: 7 }), p, s])],
  ["another audience", claiming(() => ({ aud: "other" }))],
  ["a list without the audience", claiming(() => ({ aud: [`${AUDIENCE}2`, ""] }))],
  ["no audience", claiming(() => ({ aud: undefined }))],
  ["the audience in other letters", claiming(() => ({ aud: AUDIENCE.toUpperCase() }))],
  ["an unknown issuer", claiming(() => ({ iss: "https://evil.example" }))],
  ["the issuer with a slash more", (at) => sign({ iss: `${at.issuer.issuer}/` }, at)],
  ["no issuer", claiming(() => ({ iss: undefined }))],
  ["an issuer that is a list", claiming(() => ({ iss: [scene.issuer.issuer] }))],
  ["an end a second ago", claiming(() => ({ exp: now() - 1 }))],
  ["an end now", claiming(() => ({ exp: now() }))],
  ["an end in 1970", claiming(() => ({ exp: 0 }))],
  ["no end", claiming(() => ({ exp: undefined }))],
  ["an end that is a text", claiming(() => ({ exp: String(now() + 300) }))],
  ["a beginning in 90 s", claiming(() => ({ nbf: now() + 90 }))],
  ["a beginning that is a text", claiming(() => ({ nbf: "soon" }))],
  ["an issue in 90 s", claiming(() => ({ iat: now() + 90 }))],
  ["an issue in ms", claiming(() => ({ iat: Date.now() }))],
  ["no `sub`", claiming(() => ({ sub: undefined }))],
  ["more than 16 KiB", claiming(() => ({ groups: "x".repeat(17_000) }))],
  ["Parley's own form of token", () => `${b64({ alg: "HS256", typ: "JWT" })}.${b64({ sub: "100000" })}.c2ln`],
  ["no JWT", () => "token"],
];

function headedWith({ issuer }: Scene, key: CryptoKey, fields: object = {}): Promise<string> {
  return new SignJWT(issuer.claims())
    .setProtectedHeader({ alg: "RS256", kid: String(issuer.keys[0]?.kid), ...fields })
    .sign(key);
}

test("a good token is taken, also with other audiences and 30 s ahead", async () => {
  tokensOf(await exchange(await sign({}, scene)));
  const ahead = { aud: ["x", AUDIENCE], nbf: now() + 30, iat: now() + 30 };
  tokensOf(await exchange(await sign(ahead, scene)));
});

test.each(FORGED)("a token with %s is refused", async (_, forge) => {
  const { status, body } = await exchange(await forge(scene));
  expect({ status, body }).toEqual({
    status: 400,
    body: { error: "invalid_request", error_description: expect.stringContaining("is refused") },
  });
});
