import { and, desc, eq, lte, sql } from "drizzle-orm";
import { z } from "zod";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { passwordAttempts } from "../schema.ts";

/**
 * A name is locked once `attempts` fall within `window`. It is unlocked `window` after the newest of them.
 */
export interface AttemptRule {
  attempts: number;
  /** milliseconds */
  window: number;
}

const Reserved = z.object({ id: z.int() });

/**
 * Reserves an attempt of a name before the password is checked. One statement, so that concurrent guesses
 * cannot exceed the limit.
 * @param now milliseconds
 * @returns the id of the attempt; null if the name is locked
 */
export async function reserveAttempt(
  db: Database,
  name: string,
  { attempts, window }: AttemptRule,
  now: number,
): Promise<number | null> {
  const rows = await queryD1(
    db.all(sql`
      INSERT INTO password_attempts (name, at)
      SELECT ${name}, ${now} WHERE NOT EXISTS (
        SELECT 1 FROM (
          SELECT count(*) AS count, min(at) AS oldest, max(at) AS newest
          FROM (SELECT at FROM password_attempts WHERE name = ${name} ORDER BY at DESC LIMIT ${attempts})
        ) WHERE count = ${attempts} AND newest - oldest < ${window} AND newest > ${now - window}
      ) RETURNING id`),
  );
  const [reserved] = z.array(Reserved).parse(rows);
  return reserved?.id ?? null;
}

/** The newest `count` attempts of a name, newest first. `at` is in milliseconds. */
export function listNewestAttempts(
  db: Database,
  name: string,
  count: number,
): Promise<{ at: number; wrong: boolean }[]> {
  const { at, wrong } = passwordAttempts;
  const query = db.select({ at, wrong }).from(passwordAttempts).where(eq(passwordAttempts.name, name));
  return queryD1(query.orderBy(desc(at)).limit(count));
}

/** Deletes an attempt, since its password was right. */
export async function deleteAttempt(db: Database, id: number): Promise<void> {
  await queryD1(db.delete(passwordAttempts).where(eq(passwordAttempts.id, id)));
}

/**
 * Marks an attempt as wrong, and deletes the attempts of the same name up to `before`.
 * @param before milliseconds
 */
export async function markAttemptWrong(
  db: Database,
  id: number,
  name: string,
  before: number,
): Promise<void> {
  const { name: nameColumn, at } = passwordAttempts;
  await queryD1(
    db.batch([
      db.update(passwordAttempts).set({ wrong: true }).where(eq(passwordAttempts.id, id)),
      db.delete(passwordAttempts).where(and(eq(nameColumn, name), lte(at, before))),
    ]),
  );
}

/** Deletes all attempts of a name, which unlocks it. */
export async function deleteAttemptsForName(db: Database, name: string): Promise<void> {
  await queryD1(db.delete(passwordAttempts).where(eq(passwordAttempts.name, name)));
}

/** Deletes the attempts of all names up to `before` (milliseconds). */
export async function deleteOldAttempts(db: Database, before: number): Promise<void> {
  await queryD1(db.delete(passwordAttempts).where(lte(passwordAttempts.at, before)));
}
