import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { CountedObject, type Work } from "../counted-work.ts";

/** A job, and what makes it cost the most. */
export interface Job {
  /** absent: the empty key */
  key?: string;
  /** writes to D1 */
  before?(): Promise<unknown>;
  /** writes the tables of the object, which then loses its memory */
  state?(sql: SqlStorage): unknown;
}

const HOUR_MS = 3_600_000;

/**
 * Counts one run of an alarm job, by an alarm that finds a new object and no other job that is due. The work
 * of the start is not counted.
 * @param stubOf gives a stub that no failure has broken
 */
export async function countJob(
  stubOf: () => DurableObjectStub,
  kind: string,
  { key = "", before, state }: Job,
): Promise<Work> {
  await before?.();
  const later = Date.now() + HOUR_MS;
  const upsert = "INSERT OR REPLACE INTO jobs (kind, key, due) VALUES (?, ?, ?)";
  await runInDurableObject(stubOf(), async (_, { storage }) => {
    storage.transactionSync(() => {
      storage.sql.exec("DELETE FROM jobs");
      storage.sql.exec(upsert, kind, key, later);
      state?.(storage.sql);
    });
    await storage.sync();
  });
  // An object with a timer is not evicted.
  await runInDurableObject(stubOf(), (_, object) => object.abort("lost on purpose")).catch(() => undefined);
  const stub = stubOf();
  await runInDurableObject(stub, async (_, { storage }) => {
    storage.sql.exec("DELETE FROM jobs");
    storage.sql.exec(upsert, kind, key, 1);
    await storage.setAlarm(later);
  });
  const { work } = await new CountedObject(stub).during(async () => {
    await runDurableObjectAlarm(stub);
    // A job that is not done has an alarm of its own.
    await runInDurableObject(stub, (_, { storage }) => storage.deleteAlarm());
  });
  await expectRan(stub, kind, key);
  return { ...work, bytes: 0 };
}

/** @throws if the job has failed, which would cost less */
async function expectRan(stub: DurableObjectStub, kind: string, key: string): Promise<void> {
  const query = "SELECT due, tries FROM jobs WHERE kind = ? AND key = ? AND (tries > 0 OR due = 1)";
  const failed = await runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec(query, kind, key).toArray(),
  );
  if (failed.length > 0) throw new Error(`the job ${kind} has failed: ${JSON.stringify(failed)}`);
}
