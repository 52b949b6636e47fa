import { z } from "zod";
import type { SessionId, UserId } from "../ids.ts";

/**
 * Where a sign-in comes from: a hash of the client's address block. All clients without an address share
 * one.
 */
export const SignInPlace = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .brand<"SignInPlace">();
export type SignInPlace = z.infer<typeof SignInPlace>;

/** What is known of a client that signs in, before its password is checked. */
export interface SignInOrigin {
  place: SignInPlace;
  /** the session of the client's former token, ended or expired: the device has signed in before */
  former: { userId: UserId; sessionId: SessionId } | null;
}

/** What attempts to give a password count for, as text. */
export type AttemptSubject = string & z.$brand<"AttemptSubject">;

/** The account that a sign-in is about: a user, or a name that nobody has. */
export type Whose = UserId | string;

const subject = (...parts: (string | number)[]) =>
  z.string().brand<"AttemptSubject">().parse(JSON.stringify(parts));

/** Sign-ins of one account from one place. */
export const fromPlace = (whose: Whose, place: SignInPlace) => subject("account", whose, place);
/** Sign-ins of one account from places and devices that have never signed in to it. */
export const fromElsewhere = (whose: Whose) => subject("account", whose);
/** Checks of their own password, or sign-ins with a former token, of one session. */
export const bySession = (sessionId: SessionId) => subject("session", sessionId);
