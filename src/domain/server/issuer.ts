import { z } from "zod";
import { addressFlaw } from "../../lib/outgoing/address.ts";

/** The algorithms of signatures that a key set verifies: their keys are public. */
const PUBLIC_KEY_ALGORITHMS = [
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "EdDSA", "Ed25519"] as const),
] as const;
/** The algorithms of a secret that the issuer and this server share. */
const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"] as const;

const MAX_ISSUERS = 20;

const Text = z.string().min(1).max(512);
/** The name of a claim, at the top of a token. */
const ClaimName = z.string().min(1).max(256);

/** What every issuer has, however its tokens are verified. */
const Shared = {
  /** what its tokens have as `iss`, letter by letter */
  issuer: Text,
  /** what its tokens have in `aud` */
  audience: Text,
  /** the claim with the external id of a user */
  external_id: ClaimName.default("sub"),
  /** comes before each external id; issuers whose users are not the same ones have different prefixes */
  external_id_prefix: z.string().max(64).optional(),
  /** the claim with the username that a new user gets if it is free; absent: it is generated */
  username: ClaimName.optional(),
  nickname: ClaimName.default("name"),
  avatar: ClaimName.default("picture"),
  /** whether an unknown user is made at their first sign-in, or refused */
  provision: z.enum(["first_use", "never"]).default("first_use"),
  /** `locked`: nickname and avatar are those of the newest token; `seed`: only a new user gets them */
  profile: z.enum(["locked", "seed"]).default("locked"),
};

/** An issuer whose public keys are at a URL. */
function issuerWithKeySet(allowsLoopback: boolean) {
  const jwks = z.string().superRefine((text, context) => {
    const flaw = addressFlaw(text, allowsLoopback);
    if (flaw !== null) context.addIssue(`\`jwks\` must ${flaw}`);
  });
  return z.strictObject({ ...Shared, jwks, algorithms: z.array(z.enum(PUBLIC_KEY_ALGORITHMS)).min(1) });
}

/** An issuer that shares a secret of the Worker. */
function issuerWithSecret(own: ReadonlySet<string>) {
  const secret = z
    .string()
    .regex(/^\w{1,64}$/, "`secret` must be the name of a secret")
    .refine((name) => !own.has(name), "`secret` must be no setting of Parley's own");
  return z.strictObject({ ...Shared, secret, algorithms: z.array(z.enum(SECRET_ALGORITHMS)).min(1) });
}

/** An issuer of the team's, which signs users in by JWTs. */
export type Issuer =
  | z.infer<ReturnType<typeof issuerWithKeySet>>
  | z.infer<ReturnType<typeof issuerWithSecret>>;

/**
 * The issuers of a setting: a JSON list.
 * @param allowsLoopback key sets may be at `http://localhost`
 * @param own the names of Parley's own settings and secrets: others may know them, so no issuer signs by one
 */
export function issuerList(allowsLoopback: boolean, own: ReadonlySet<string>) {
  const WithKeySet = issuerWithKeySet(allowsLoopback);
  const WithSecret = issuerWithSecret(own);
  const OneIssuer = z.unknown().transform((value, context): Issuer => {
    const parsed = (hasSecret(value) ? WithSecret : WithKeySet).safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    context.addIssue([...(issue?.path ?? []), issue?.message].join(": "));
    return z.NEVER;
  });
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue("must be JSON");
        return z.NEVER;
      }
    })
    .pipe(z.array(OneIssuer).max(MAX_ISSUERS))
    .refine((list) => new Set(list.map(placeOf)).size === list.length, {
      error: "names an issuer with one audience twice",
    })
    .refine((list) => !mayMixUsers(list), {
      error:
        "has two issuers for which one `external_id` would be one user: give each an `external_id_prefix`, the same one if they share their users",
    });
}

/** Whether two issuers may name one user, though the list does not say that they share their users. */
function mayMixUsers(list: readonly Issuer[]): boolean {
  return list.some(({ issuer, external_id_prefix: prefix }) =>
    list.some(
      (other) => other.issuer !== issuer && prefix === undefined && (other.external_id_prefix ?? "") === "",
    ),
  );
}

/** Where users of the page sign in, by OpenID Connect. */
export interface PageIssuer {
  /** its URL, below which its `.well-known/openid-configuration` is */
  issuer: string;
  clientId: string;
}

/**
 * The issuer at which the page is a client: an ID token has the client's id as its audience.
 * @param allowsLoopback it may be at `http://localhost`
 * @returns null: no issuer has this audience, a key set, and a URL that a page may ask
 */
export function pageIssuer(
  issuers: readonly Issuer[],
  clientId: string,
  allowsLoopback: boolean,
): PageIssuer | null {
  const found = issuers.find(
    (one) => one.audience === clientId && "jwks" in one && addressFlaw(one.issuer, allowsLoopback) === null,
  );
  return found ? { issuer: found.issuer, clientId } : null;
}

function hasSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secret" in value;
}

function placeOf({ issuer, audience }: Issuer): string {
  return JSON.stringify([issuer, audience]);
}
