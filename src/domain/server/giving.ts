import type { ServerKey, ServerScope } from "./server-key.ts";

/**
 * Who gives a right: the holder of a server key; or who opens a session: a user by their password, an issuer,
 * the service that has the rule key of usersig, or the maker of a bot.
 */
export type Giver = Pick<ServerKey, "scopes"> | "password" | "issuer" | "rule_key" | "maker";

/** What is given that not everybody has who can make the call. */
export type Gift = keyof typeof MAY_GIVE;

type Right = { key: ServerScope } & Record<Extract<Giver, string>, boolean>;

/**
 * Who may give what: nobody gives what they do not have. A key needs the scope that is named, besides that of
 * its call. What a key gives to other keys is in `lackedScopes` and `outlives`.
 */
const MAY_GIVE = {
  /** Sets, changes or removes the role of a user. */
  role: { key: "moderate", password: false, issuer: false, rule_key: false, maker: false },
  /** Opens a session in which the user has their role, the present one and each later one. */
  session_with_role: { key: "moderate", password: true, issuer: true, rule_key: false, maker: false },
  /** Suspends or deletes a user with a role, or ends their suspension. */
  standing_of_staff: { key: "moderate", password: false, issuer: false, rule_key: false, maker: false },
} as const satisfies Record<string, Right>;

export function mayGive(giver: Giver, gift: Gift): boolean {
  const right = MAY_GIVE[gift];
  return typeof giver === "string" ? right[giver] : giver.scopes.includes(right.key);
}

/** The scope that a key needs to give something. */
export function scopeToGive(gift: Gift): ServerScope {
  return MAY_GIVE[gift].key;
}

/** The scopes of a key that another one lacks, which therefore neither makes it nor sees or revokes it. */
export function lackedScopes(giver: Pick<ServerKey, "scopes">, scopes: ServerScope[]): ServerScope[] {
  return scopes.filter((scope) => !giver.scopes.includes(scope));
}

/**
 * Whether a key would work longer than the one that makes it.
 * @param expiresAt null: it does not end by itself
 */
export function outlives(giver: Pick<ServerKey, "expiresAt">, expiresAt: number | null): boolean {
  return giver.expiresAt !== null && (expiresAt === null || expiresAt > giver.expiresAt);
}
