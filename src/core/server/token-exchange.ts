import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";
import type { z } from "zod";
import type { Credential } from "../../domain/accounts/session.ts";
import { NewUsername, ProfileFields, type User } from "../../domain/accounts/user.ts";
import { CoreError } from "../../domain/errors.ts";
import { looksDeleted } from "../../domain/names/names.ts";
import { mayGive } from "../../domain/server/giving.ts";
import type { Issuer } from "../../domain/server/issuer.ts";
import { ExternalId } from "../../domain/server/user-ref.ts";
import { randomHex } from "../../lib/random.ts";
import { updateProfile } from "../../storage/accounts/users.ts";
import {
  findByExternalId,
  type ProvisionedUser,
  setProfileLocked,
} from "../../storage/server/provisioned.ts";
import { openIssuerSession } from "../../storage/server/refreshable-sessions.ts";
import { insertServerUser } from "../../storage/server/server-users.ts";
import { announceProfile } from "../accounts/profile-announcement.ts";
import { type MintRefreshToken, newSession } from "../accounts/sessions.ts";
import type { Core } from "../context.ts";
import { accessTo, requireNotSuspended } from "./refresh.ts";
import { refused, type SubjectToken, verifySubjectToken } from "./subject-token.ts";
import { usersChanged } from "./user-events.ts";

/** A user with a session, by a token of their issuer. */
export interface Exchanged {
  user: User;
  /** of the access token, which ends before the session */
  credential: Credential;
  /** the refresh token of a session that this exchange has opened; null: an earlier exchange has had it */
  refreshToken: string | null;
}

/**
 * Signs a user in by a JWT of their issuer. All tokens of one sign-in at the issuer give one session.
 * @param mint makes the first refresh token of a session
 * @throws `unauthenticated` for a token that is refused; `forbidden` for an unknown user whom the issuer
 *   may not make; `suspended`; `unavailable` if the issuer does not answer
 */
export async function exchangeToken(
  core: Core,
  { subjectToken, userAgent }: { subjectToken: string; userAgent: string },
  mint: MintRefreshToken,
): Promise<Exchanged> {
  const verified = await verify(core, subjectToken);
  const user = await userOf(core, verified);
  requireNotSuspended(user.suspendedUntil);
  const now = Date.now();
  const session = newSession(user.id, userAgent, core.timing.sessions.lifetimeMs);
  const refresh = mint(session.id);
  const issuerSession = signInOf(verified, subjectToken);
  const carriesRole = mayGive("issuer", "session_with_role");
  const open = await openIssuerSession(
    core.db,
    { ...session, issuerSession, refreshHash: refresh.hash, carriesRole },
    now,
  );
  // Signed in with a password, or deleted since it was found.
  if (!open) throw refused("its user does not sign in by an issuer");
  const isNew = open.id === session.id;
  if (isNew) core.securityLog.record("sign_in", { user: user.id, by: user.id });
  const credential = accessTo(core, { ...open, userId: user.id });
  return { user, credential, refreshToken: isNew ? refresh.text : null };
}

async function verify(core: Core, token: string): Promise<SubjectToken> {
  try {
    return await verifySubjectToken(core, token);
  } catch (error) {
    if (error instanceof CoreError && error.code === "unauthenticated")
      core.securityLog.record("sign_in_failed", { user: null, by: null });
    throw error;
  }
}

/** The user of a token, with what the issuer says of them now. */
async function userOf(core: Core, { issuer, claims }: SubjectToken): Promise<ProvisionedUser> {
  const named = textOf(claims, issuer.external_id);
  const { external_id_prefix: prefix = "" } = issuer;
  const externalId = ExternalId.safeParse(named && `${prefix}${named}`).data;
  if (externalId === undefined)
    throw refused(`its claim \`${issuer.external_id}\` is no id of 1 to 128 characters`);
  const { nickname = "", avatar = "" } = profileOf(core, issuer, claims);
  const wanted = issuer.username === undefined ? undefined : textOf(claims, issuer.username);
  const username = NewUsername.safeParse(wanted).data;
  const profileLocked = issuer.profile === "locked";
  const provision = { externalId, username, nickname, avatar, profileLocked };
  const user = await findOrProvision(core, provision, issuer.provision === "first_use");
  if (!user) throw new CoreError("forbidden", "You have no account here: ask whoever runs this server.");
  if (user.profileLocked !== profileLocked) await setProfileLocked(core.db, user.id, profileLocked);
  return profileLocked ? withProfileOf(core, user, profileOf(core, issuer, claims)) : user;
}

type Profile = Partial<Pick<ProfileFields, "nickname" | "avatar">>;

/** Nickname and avatar by the claims. One that is missing, or that no user could have, stays as it is. */
function profileOf(core: Core, issuer: Issuer, claims: JWTPayload): Profile {
  const nickname = fieldOf(ProfileFields.shape.nickname, textOf(claims, issuer.nickname));
  const avatar = fieldOf(ProfileFields.shape.avatar, textOf(claims, issuer.avatar));
  return {
    ...(nickname !== undefined && { nickname }),
    ...(avatar !== undefined && core.fileOrigins.withStoredAvatar({ avatar })),
  };
}

function fieldOf<T extends string>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  return schema.safeParse(text).data;
}

/** Brings the profile of an existing user to what their issuer says. */
async function withProfileOf(core: Core, user: ProvisionedUser, profile: Profile): Promise<ProvisionedUser> {
  const { nickname = user.nickname, avatar } = profile;
  if (nickname === user.nickname && (avatar ?? user.avatar) === user.avatar) return user;
  const rule = core.timing.emailChanges;
  const changed = await updateProfile(core.db, user.id, { nickname, avatar }, rule);
  usersChanged(core);
  if (changed?.person) await announceProfile(core, changed.person);
  return { ...user, nickname, avatar: avatar ?? user.avatar };
}

/** A claim as text; some issuers have ids that are numbers. */
function textOf(claims: JWTPayload, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" ? value : undefined;
}

/**
 * What all tokens of one sign-in at the issuer have in common: its session there, else the token's own id,
 * else the token. A hash, so that its length is bounded.
 */
function signInOf({ issuer, claims }: SubjectToken, token: string): string {
  const sid = textOf(claims, "sid");
  const jti = textOf(claims, "jti");
  const [kind, value] =
    sid !== undefined ? ["sid", sid] : jti !== undefined ? ["jti", jti] : ["token", token];
  return createHash("sha256")
    .update(JSON.stringify([issuer.issuer, kind, value]))
    .digest("hex");
}

/** Names are random, so that a second one is never needed but where the first was wanted by others too. */
const MAX_TRIES = 4;
/** The hexadecimal digits of a generated username. */
const DIGITS = 12;

/** What a new user gets. An existing one stays as they are. */
interface Provision {
  externalId: ExternalId;
  /** a `NewUsername`, which they get if it is free; undefined: a generated one */
  username: string | undefined;
  nickname: string;
  avatar: ProfileFields["avatar"];
  profileLocked: boolean;
}

/**
 * The user of an external id, who is made without a password if there is none. Two calls at once make one.
 * @param made whether a missing user is made
 * @returns null: there is none, and none was to be made
 */
async function findOrProvision(
  core: Core,
  { externalId, username, nickname, avatar, profileLocked }: Provision,
  made: boolean,
): Promise<ProvisionedUser | null> {
  const found = await findByExternalId(core.db, externalId);
  if (found || !made) return found;
  const wanted = username === undefined || looksDeleted(username) ? [] : [username];
  for (const name of [...wanted, ...Array.from({ length: MAX_TRIES }, generatedUsername)]) {
    const made = await insertServerUser(core.db, {
      ...{ externalId, username: name, profileLocked, createdAt: Date.now() },
      change: { nickname, avatar },
    });
    // Whose insert it was: another call may have made the user meanwhile.
    const user = await findByExternalId(core.db, externalId);
    if (user && user.id === made) {
      core.securityLog.record("registered", { user: user.id, by: null });
      usersChanged(core);
    }
    if (user) return user;
  }
  throw new CoreError("unavailable", "The user could not be made right now. Try again.", { retryAfter: 1 });
}

/** A username that tells nothing of the external id. */
function generatedUsername(): string {
  return `user-${randomHex().slice(0, DIGITS)}`;
}
