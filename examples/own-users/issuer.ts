/**
 * The issuer: whatever signs the product's users in, as Auth0, Keycloak or a service of the product's own.
 * This one has two users and asks for no password.
 */
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const { PORT, ISSUER = "" } = process.env;
const NAMES = new Map([
  ["ann", "Ann"],
  ["ben", "Ben"],
]);
const alg = "ES256";
const { privateKey, publicKey } = await generateKeyPair(alg);
const key = { ...(await exportJWK(publicKey)), alg, kid: "1" };

/** Signs a user in: a JWT of five minutes. All those of a session have the same `sid`. */
function sign(user: string, name: string): Promise<string> {
  return new SignJWT({ name, sid: `session of ${user}` })
    .setProtectedHeader({ alg, kid: key.kid })
    .setIssuer(ISSUER)
    .setAudience("chat")
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(privateKey);
}

createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", ISSUER);
  const user = searchParams.get("user") ?? "";
  const name = NAMES.get(user);
  if (pathname === "/keys") response.end(JSON.stringify({ keys: [key] }));
  else if (pathname === "/issuer/jwt" && name) response.end(await sign(user, name));
  else response.writeHead(404).end();
}).listen(PORT);
