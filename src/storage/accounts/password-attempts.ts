import { desc, eq, lte, sql } from "drizzle-orm";
import { z } from "zod";
import type { AttemptSubject } from "../../domain/accounts/sign-in.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { passwordAttempts } from "../schema.ts";

/**
 * A subject is locked once `attempts` fall within `window`. It is unlocked `window` after the newest of them.
 */
export interface AttemptRule {
  attempts: number;
  /** milliseconds */
  window: number;
}

/**
 * Attempts of a subject are spaced: after `free` of them within `window` by `firstGap`, which doubles with
 * each further `free`, up to `maxGap`. All in milliseconds.
 */
export interface SpacingRule {
  free: number;
  window: number;
  firstGap: number;
  maxGap: number;
}

const Reserved = z.object({ id: z.int() });
const Wait = z.object({ waitMs: z.int() });

/**
 * Reserves an attempt of a subject before the password is checked. One statement, so that concurrent guesses
 * cannot exceed the limit.
 * @param now milliseconds
 * @returns the id of the attempt; null if the subject is locked
 */
export async function reserveAttempt(
  db: Database,
  subject: AttemptSubject,
  { attempts, window }: AttemptRule,
  now: number,
): Promise<number | null> {
  const rows = await queryD1(
    db.all(sql`
      INSERT INTO password_attempts (name, at)
      SELECT ${subject}, ${now} WHERE NOT EXISTS (
        SELECT 1 FROM (
          SELECT count(*) AS count, min(at) AS oldest, max(at) AS newest
          FROM (SELECT at FROM password_attempts WHERE name = ${subject} ORDER BY at DESC LIMIT ${attempts})
        ) WHERE count = ${attempts} AND newest - oldest < ${window} AND newest > ${now - window}
      ) RETURNING id`),
  );
  const [reserved] = z.array(Reserved).parse(rows);
  return reserved?.id ?? null;
}

/**
 * Reserves an attempt of a subject whose attempts are spaced. One statement, as `reserveAttempt`.
 * @param now milliseconds
 * @returns the id of the attempt, or how long it has to wait (milliseconds)
 */
export async function reserveSpacedAttempt(
  db: Database,
  subject: AttemptSubject,
  { free, window, firstGap, maxGap }: SpacingRule,
  now: number,
): Promise<{ id: number } | { waitMs: number }> {
  const wait = sql`
    SELECT newest + iif(count < ${free}, 0, min(${maxGap}, ${firstGap} << min(30, count / ${free} - 1))) - ${now}
    FROM (
      SELECT count(*) AS count, coalesce(max(at), 0) AS newest FROM password_attempts
      WHERE name = ${subject} AND at > ${now - window}
    )`;
  const rows = await queryD1(
    db.all(sql`
      INSERT INTO password_attempts (name, at)
      SELECT ${subject}, ${now} WHERE (${wait}) <= 0 RETURNING id`),
  );
  const [reserved] = z.array(Reserved).parse(rows);
  if (reserved) return reserved;
  const [left] = z.array(Wait).parse(await queryD1(db.all(sql`SELECT (${wait}) AS waitMs`)));
  return { waitMs: Math.max(1, left?.waitMs ?? 1) };
}

/** The newest `count` attempts of a subject, newest first. `at` is in milliseconds. */
export function listNewestAttempts(
  db: Database,
  subject: AttemptSubject,
  count: number,
): Promise<{ at: number; wrong: boolean }[]> {
  const { at, wrong } = passwordAttempts;
  const query = db.select({ at, wrong }).from(passwordAttempts).where(eq(passwordAttempts.subject, subject));
  return queryD1(query.orderBy(desc(at)).limit(count));
}

/** Deletes attempts, since their password was right. */
export async function deleteAttempts(db: Database, ids: number[]): Promise<void> {
  await queryD1(db.delete(passwordAttempts).where(isAmong(passwordAttempts.id, ids)));
}

/** Marks attempts as wrong. */
export async function markAttemptsWrong(db: Database, ids: number[]): Promise<void> {
  await queryD1(db.update(passwordAttempts).set({ wrong: true }).where(isAmong(passwordAttempts.id, ids)));
}

/** Deletes the attempts of all subjects up to `before` (milliseconds). */
export async function deleteOldAttempts(db: Database, before: number): Promise<void> {
  await queryD1(db.delete(passwordAttempts).where(lte(passwordAttempts.at, before)));
}
