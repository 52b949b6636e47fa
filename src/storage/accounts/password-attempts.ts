import { and, desc, eq, lte, sql } from "drizzle-orm";
import { z } from "zod";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { passwordAttempts } from "../schema.ts";

/** How many attempts within what time shut a name; the same time later it opens again. */
export interface AttemptRule {
  attempts: number;
  /** milliseconds */
  window: number;
}

const Reserved = z.object({ id: z.int() });

/**
 * Takes one of the name's attempts, before the password is looked at; null if there is none left.
 * One statement, so that of many guesses at once no more pass than there are attempts.
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

/** The newest attempts of a name, the newest first. */
export function newestAttempts(
  db: Database,
  name: string,
  count: number,
): Promise<{ at: number; wrong: boolean }[]> {
  const { at, wrong } = passwordAttempts;
  const query = db.select({ at, wrong }).from(passwordAttempts).where(eq(passwordAttempts.name, name));
  return queryD1(query.orderBy(desc(at)).limit(count));
}

/** Gives an attempt back: the password was right. */
export async function releaseAttempt(db: Database, id: number): Promise<void> {
  await queryD1(db.delete(passwordAttempts).where(eq(passwordAttempts.id, id)));
}

/** Settles an attempt: the password was wrong. Drops what is old of the same name. */
export async function keepAttempt(db: Database, id: number, name: string, before: number): Promise<void> {
  const { name: of, at } = passwordAttempts;
  await queryD1(
    db.batch([
      db.update(passwordAttempts).set({ wrong: true }).where(eq(passwordAttempts.id, id)),
      db.delete(passwordAttempts).where(and(eq(of, name), lte(at, before))),
    ]),
  );
}

/** Deletes the attempts of a name. */
export async function forgetAttempts(db: Database, name: string): Promise<void> {
  await queryD1(db.delete(passwordAttempts).where(eq(passwordAttempts.name, name)));
}

/** Deletes the attempts from before this time, of all names. */
export async function deleteOldAttempts(db: Database, before: number): Promise<void> {
  await queryD1(db.delete(passwordAttempts).where(lte(passwordAttempts.at, before)));
}
