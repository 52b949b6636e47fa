import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { CoreError } from "../../domain/errors.ts";
import type { Issuer } from "../../domain/server/issuer.ts";
import { log } from "../../lib/logger.ts";
import type { Core } from "../context.ts";

/** Access tokens with many groups have some 8 KiB. */
const MAX_LENGTH = 16 * 1024;
/** Below it a secret can be guessed from one token. */
const MIN_SECRET_BYTES = 32;

/** A token of an issuer whose signature, audience and times were checked. */
export interface SubjectToken {
  issuer: Issuer;
  claims: JWTPayload;
}

/**
 * Verifies a JWT by the issuer of `AUTH_ISSUERS` that it names.
 * @throws `unauthenticated` for a token that no issuer's key has signed for its audience and for now;
 *   `unavailable` if its issuer does not answer
 */
export async function verifySubjectToken(core: Core, token: string): Promise<SubjectToken> {
  if (token.length > MAX_LENGTH) throw refused(`it has more than ${MAX_LENGTH} characters`);
  const issuer = issuerOf(core, token);
  const claims = await verified(core, issuer, token);
  const nowS = Date.now() / 1_000;
  // The leeway is for clocks that differ: it lengthens no token.
  if ((claims.exp ?? 0) <= nowS) throw refused("it has expired");
  if (claims.iat !== undefined && claims.iat > nowS + core.timing.keySets.leewayMs / 1_000)
    throw refused("it is from the future");
  if (isForAnother(core, issuer, claims)) throw refused("its claim `azp` is missing or wrong");
  return { issuer, claims };
}

/**
 * Whether an ID token is for another client than the page. One with several audiences says for whom it is
 * (OpenID Connect Core 3.1.3.7). An access token has the client in `azp`, and the API as its audience.
 */
function isForAnother({ settings }: Core, { audience }: Issuer, { aud, azp }: JWTPayload): boolean {
  if (audience !== settings.pageIssuer?.clientId) return false;
  return azp === undefined ? [aud].flat().length > 1 : azp !== audience;
}

/** The issuer that a token names, with the audience that it names, where one issuer has several. */
function issuerOf(core: Core, token: string): Issuer {
  const { iss, aud } = unverifiedClaims(token);
  const named = core.settings.issuers.filter(({ issuer }) => issuer === iss);
  const audiences = new Set([aud].flat());
  const found = named.find(({ audience }) => audiences.has(audience)) ?? named[0];
  if (!found) throw refused("`iss` is no issuer of this server");
  return found;
}

function unverifiedClaims(token: string): JWTPayload {
  try {
    // jose looks for a key of this name, whatever its type.
    const { kid = "" } = decodeProtectedHeader(token);
    if (typeof kid !== "string") throw refused("its `kid` is no text");
    return decodeJwt(token);
  } catch (error) {
    // jose has a TypeError for a header that is none.
    const isNoJwt = error instanceof errors.JOSEError || error instanceof TypeError;
    throw isNoJwt ? refused("it is no signed JWT") : error;
  }
}

async function verified(core: Core, issuer: Issuer, token: string): Promise<JWTPayload> {
  if ("secret" in issuer) return check(core, issuer, token, () => secretOf(core, issuer.secret));
  const request = {
    wayOut: core.settings.wayOut,
    waitUntil: (work: Promise<unknown>) => core.waitUntil(work),
  };
  const keys = await core.keySets.get(issuer.jwks, request);
  if (!keys) throw unreachable(core, issuer);
  try {
    return await check(core, issuer, token, keys);
  } catch (error) {
    if (!(error instanceof UnknownKey)) throw error;
  }
  // A wrong token may have had the keys loaded just before the issuer took others.
  const renewed = await core.keySets.renew(issuer.jwks, keys, request);
  if (!renewed) throw unreachable(core, issuer);
  try {
    return await check(core, issuer, token, renewed);
  } catch (error) {
    throw error instanceof UnknownKey ? refused("its key is not known") : error;
  }
}

/** A token names a key that is not in the set. */
class UnknownKey extends Error {}

type Key = JWTVerifyGetKey | (() => Uint8Array);

/** @throws `UnknownKey`, `unauthenticated` */
async function check(core: Core, issuer: Issuer, token: string, key: Key): Promise<JWTPayload> {
  const options = {
    issuer: issuer.issuer,
    audience: issuer.audience,
    algorithms: [...issuer.algorithms],
    requiredClaims: ["exp", issuer.external_id],
    clockTolerance: core.timing.keySets.leewayMs / 1_000,
    currentDate: new Date(Date.now()),
  };
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) throw new UnknownKey();
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      // The token names no key. One of those of its algorithm may have signed it.
      for await (const one of error) {
        const payload = await jwtVerify(token, one, options).then(
          (result) => result.payload,
          (failure: unknown) => {
            if (failure instanceof errors.JWSSignatureVerificationFailed) return null;
            throw wordsOf(failure);
          },
        );
        if (payload) return payload;
      }
      throw refused("its signature is wrong");
    }
    throw wordsOf(error);
  }
}

/** @throws `internal` for a secret that is missing or too short */
function secretOf(core: Core, name: string): Uint8Array {
  const secret = new TextEncoder().encode(core.secretOf(name) ?? "");
  if (secret.length >= MIN_SECRET_BYTES) return secret;
  log("error", "issuer_secret_unfit", {
    secret: name,
    detail: `AUTH_ISSUERS names it: set it to at least ${MIN_SECRET_BYTES} random characters.`,
  });
  throw new CoreError("internal", "This server is not configured: the secret of this issuer is missing.");
}

/** The refusal for what jose has found. Other errors are bugs, or a key of the issuer's that is no key. */
function wordsOf(error: unknown): unknown {
  if (error instanceof CoreError || !(error instanceof errors.JOSEError)) return error;
  if (error instanceof errors.JWTExpired) return refused("it has expired");
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(`its claim \`${error.claim}\` is missing or wrong`);
  if (error instanceof errors.JOSEAlgNotAllowed) return refused("its algorithm is not allowed");
  return refused("its signature is wrong");
}

/** The `unauthenticated` for a token of an issuer. */
export function refused(reason: string): CoreError {
  return new CoreError("unauthenticated", `The subject token is refused: ${reason}.`, { token: "invalid" });
}

function unreachable({ timing }: Core, { issuer }: Issuer): CoreError {
  return new CoreError("unavailable", `The keys of ${issuer} cannot be loaded right now. Try again.`, {
    retryAfter: Math.ceil(timing.keySets.retryMs / 1_000),
  });
}
