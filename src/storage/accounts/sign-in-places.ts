import { and, eq, lte, sql } from "drizzle-orm";
import type { SignInPlace } from "../../domain/accounts/sign-in.ts";
import type { UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { signInPlaces } from "../schema.ts";

/** Whether a user has signed in from a place. The query also runs for no user, so that it takes its time. */
export async function hasSignedInFrom(
  db: Database,
  userId: UserId | null,
  place: SignInPlace,
): Promise<boolean> {
  const isIt = and(sql`${signInPlaces.userId} IS ${userId}`, eq(signInPlaces.place, place));
  const found = await queryD1(db.select({ lastAt: signInPlaces.lastAt }).from(signInPlaces).where(isIt));
  return found.length > 0;
}

/** Records that a user has signed in from a place. @param now milliseconds */
export async function recordSignInPlace(
  db: Database,
  userId: UserId,
  place: SignInPlace,
  now: number,
): Promise<void> {
  const { userId: user, place: where } = signInPlaces;
  await queryD1(
    db
      .insert(signInPlaces)
      .values({ userId, place, lastAt: now })
      .onConflictDoUpdate({ target: [user, where], set: { lastAt: now } }),
  );
}

/** Forgets the places that were last used up to `before` (milliseconds). */
export async function deleteOldSignInPlaces(db: Database, before: number): Promise<void> {
  await queryD1(db.delete(signInPlaces).where(lte(signInPlaces.lastAt, before)));
}
