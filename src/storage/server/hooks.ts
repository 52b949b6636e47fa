import { and, asc, count, desc, eq, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { ConversationId } from "../../domain/ids.ts";
import type { FailedDelivery, Hook, HookId, HookState, HookTarget } from "../../domain/server/hook.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, hookFailures, hooks } from "../schema.ts";

const HOOK = {
  id: hooks.id,
  url: hooks.url,
  events: hooks.events,
  conversations: hooks.conversations,
  gate: hooks.gate,
  state: hooks.state,
  createdAt: hooks.createdAt,
  lastSuccessAt: hooks.lastSuccessAt,
};

type HookRow = typeof hooks.$inferInsert;
/** The columns that are changed. Each may be an expression. */
type HookChange = { [Name in keyof HookRow]?: HookRow[Name] | SQL };

/** A failed delivery with the feed that it is of. */
export type ListedFailure = FailedDelivery & { subject: string };

/**
 * Stores a hook, unless there are `max` already, or it would be the second one that is asked.
 * @returns whether it is stored
 */
export async function insertHook(
  db: Database,
  hook: Omit<Hook, "state" | "lastSuccessAt"> & { secret: string },
  max: number,
): Promise<boolean> {
  const { id, url, events, conversations, secret, gate, createdAt } = hook;
  const json = (value: object | null) => value && JSON.stringify(value);
  const gates = db.select({ id: hooks.id }).from(hooks).where(isNotNull(hooks.gate));
  const stored = await queryD1(
    db
      .insert(hooks)
      .select(
        sql`SELECT ${id}, ${url}, ${json(events)}, ${json(conversations)}, ${secret}, NULL, 0, 'active',
          ${json(gate)}, ${createdAt}, ${createdAt}, NULL
          WHERE ${db.select({ n: count() }).from(hooks)} < ${max}
            AND (${Number(gate === null)} OR NOT EXISTS ${gates})`,
      )
      .returning({ id: hooks.id }),
  );
  return stored.length > 0;
}

/** All hooks, the newest first. */
export function listHooks(db: Database): Promise<Hook[]> {
  return queryD1(db.select(HOOK).from(hooks).orderBy(desc(hooks.createdAt), hooks.id));
}

export async function findHook(db: Database, id: HookId): Promise<Hook | null> {
  const [found] = await queryD1(db.select(HOOK).from(hooks).where(eq(hooks.id, id)));
  return found ?? null;
}

/** The ids of the hooks that a new conversation has: one query of a batch. */
export function hooksOfAllQuery(db: Database) {
  return db
    .select({ id: hooks.id, isGate: sql`${hooks.gate} IS NOT NULL`.mapWith(Boolean) })
    .from(hooks)
    .where(and(inArray(hooks.state, ["active", "disabled"]), isNull(hooks.conversations)));
}

/** A hook as those who call it know it; null: there is none. */
export async function findHookTarget(db: Database, id: HookId, now: number): Promise<HookTarget | null> {
  const { secret, formerSecret, formerUntil, activeSince } = hooks;
  const columns = { ...HOOK, secret, formerSecret, formerUntil, activeSince };
  const [found] = await queryD1(db.select(columns).from(hooks).where(eq(hooks.id, id)));
  if (!found) return null;
  const { url, events, conversations, gate, state } = found;
  const former = found.formerSecret !== null && found.formerUntil > now ? [found.formerSecret] : [];
  return {
    ...{ id, url, events, conversations, gate, state },
    secrets: [found.secret, ...former],
    healthyAt: Math.max(found.activeSince, found.lastSuccessAt ?? 0),
  };
}

/** Changes a hook. @returns whether there is one */
export async function updateHook(db: Database, id: HookId, change: HookChange): Promise<boolean> {
  const changed = await queryD1(
    db.update(hooks).set(change).where(eq(hooks.id, id)).returning({ id: hooks.id }),
  );
  return changed.length > 0;
}

/** Gives a hook a new secret; the one before signs until then, too (ms since 1970). */
export async function rotateHookSecret(
  db: Database,
  id: HookId,
  secret: string,
  formerUntil: number,
): Promise<boolean> {
  return updateHook(db, id, { secret, formerSecret: sql`${hooks.secret}`, formerUntil });
}

/** Ends an active hook. */
export async function endHook(db: Database, id: HookId, state: HookState): Promise<void> {
  await queryD1(
    db
      .update(hooks)
      .set({ state })
      .where(and(eq(hooks.id, id), eq(hooks.state, "active"))),
  );
}

/** Deletes a hook with its failures. @returns whether there was one */
export async function deleteHook(db: Database, id: HookId): Promise<boolean> {
  const [deleted] = await queryD1(
    db.batch([
      db.delete(hooks).where(eq(hooks.id, id)).returning({ id: hooks.id }),
      db.delete(hookFailures).where(eq(hookFailures.hookId, id)),
    ]),
  );
  return deleted.length > 0;
}

/**
 * Notes the failed try of a feed, in place of the one before.
 * @returns since when all its tries have failed (ms since 1970)
 */
export async function storeHookFailure(
  db: Database,
  hookId: HookId,
  subject: string,
  { id: eventId, ...failure }: FailedDelivery,
): Promise<number> {
  const row = { hookId, subject, eventId, ...failure };
  const [stored] = await queryD1(
    db
      .insert(hookFailures)
      .values({ ...row, firstFailedAt: failure.failedAt })
      .onConflictDoUpdate({ target: [hookFailures.hookId, hookFailures.subject], set: row })
      .returning({ firstFailedAt: hookFailures.firstFailedAt }),
  );
  return stored?.firstFailedAt ?? failure.failedAt;
}

export async function deleteHookFailure(db: Database, id: HookId, subject: string): Promise<void> {
  const isOfFeed = and(eq(hookFailures.hookId, id), eq(hookFailures.subject, subject));
  await queryD1(db.delete(hookFailures).where(isOfFeed));
}

/** The failed deliveries of a hook, at most `limit`, those that wait longest first. */
export async function listHookFailures(db: Database, id: HookId, limit: number): Promise<ListedFailure[]> {
  const rows = await queryD1(
    db
      .select()
      .from(hookFailures)
      .where(eq(hookFailures.hookId, id))
      .orderBy(asc(hookFailures.failedAt))
      .limit(limit),
  );
  return rows.map(({ hookId: _, firstFailedAt: __, eventId, ...failure }) => ({ id: eventId, ...failure }));
}

/** The conversations that a hook is told of, after an id, ascending; null: there is no such hook. */
export async function listHookConversations(
  db: Database,
  hook: HookId,
  after: number,
  limit: number,
): Promise<{ ids: ConversationId[]; isGate: boolean } | null> {
  const found = await findHook(db, hook);
  if (!found) return null;
  const { conversations: named } = found;
  const isGate = found.gate !== null;
  const isBehind = (id: ConversationId) => id > after;
  if (named)
    return {
      ids: named
        .filter(isBehind)
        .toSorted((one, other) => one - other)
        .slice(0, limit),
      isGate,
    };
  const rows = await queryD1(
    db
      .select({ id: conversations.id })
      .from(conversations)
      .where(sql`${conversations.id} > ${after}`)
      .orderBy(asc(conversations.id))
      .limit(limit),
  );
  return { ids: rows.map(({ id }) => id), isGate };
}
