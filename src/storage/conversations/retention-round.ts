import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { retentionRound } from "../schema.ts";

/** A round through the conversations after a change of the setting. */
export interface RetentionRound {
  /** the setting of which they are told */
  days: number;
  /** behind which conversation it goes on; null: all are told */
  after: number | null;
}

/** The last round; null: there was none. */
export async function findRetentionRound(db: Database): Promise<RetentionRound | null> {
  const { days, after } = retentionRound;
  const [row] = await queryD1(db.select({ days, after }).from(retentionRound));
  return row ?? null;
}

/** Stores how far a round has come. @param round null: there is none */
export async function storeRetentionRound(db: Database, round: RetentionRound | null): Promise<void> {
  if (!round) return void (await queryD1(db.delete(retentionRound)));
  const insert = db.insert(retentionRound).values({ id: 1, ...round });
  await queryD1(insert.onConflictDoUpdate({ target: retentionRound.id, set: round }));
}
