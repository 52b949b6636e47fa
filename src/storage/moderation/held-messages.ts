import { and, count, desc, eq, gte, lt, ne, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { readOwnDraft } from "../../domain/messages/scheduled.ts";
import {
  FoundIn,
  type FoundMessage,
  type HeldMessage,
  type HeldMessageId,
  type HeldState,
} from "../../domain/moderation/held-message.ts";
import { RuleId } from "../../domain/moderation/rules/rule.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { heldMessages } from "../schema.ts";
import { auditIfChangedQuery, type NewAuditEntry } from "./audit-log.ts";
import { isNotOf } from "./subject-conditions.ts";

const RuleIds = z.array(RuleId);

/**
 * Stores a message that a rule has found, once, unless `max` of the sender wait already that are stored as it
 * is, or are not.
 * @returns what was decided of it, `refused` of another body under its id, null: there are `max`; and whether
 *   this call has stored it
 */
export async function holdMessage(
  db: Database,
  { conversationId, senderId, draft, rules, isStored, edits, hook }: FoundMessage,
  now: number,
  max: number,
): Promise<{ state: HeldState | null; isNew: boolean }> {
  const { clientMsgId } = draft;
  const { state } = heldMessages;
  const isSender = eq(heldMessages.senderId, senderId);
  const isIt = and(
    isSender,
    eq(heldMessages.conversationId, conversationId),
    eq(heldMessages.clientMsgId, clientMsgId),
  );
  const isSame = sql`json_extract(${heldMessages.draft}, '$.body') = ${draft.body}`;
  const decided = sql<HeldState>`CASE WHEN ${isSame} THEN ${state} ELSE 'refused' END`;
  const waiting = db
    .select({ n: count() })
    .from(heldMessages)
    .where(and(isSender, eq(state, "waiting"), eq(heldMessages.isStored, isStored)));
  const [stored, found] = await queryD1(
    db.batch([
      db
        .insert(heldMessages)
        .select(
          sql`SELECT NULL, ${conversationId}, ${senderId}, ${clientMsgId}, ${JSON.stringify({ ...draft, edits, hook })},
            ${JSON.stringify(rules)}, ${Number(isStored)}, 'waiting', ${now} WHERE (${waiting}) < ${max}`,
        )
        .onConflictDoNothing()
        .returning({ id: heldMessages.id }),
      db.select({ state: decided }).from(heldMessages).where(isIt),
    ]),
  );
  return { state: found[0]?.state ?? null, isNew: stored.length > 0 };
}

/**
 * Those in a state, the newest first.
 * @param before an id; null: from the newest on
 * @param hiddenFrom without those of this user; null: all
 */
export async function listHeldMessages(
  db: Database,
  state: HeldState,
  { before, limit, hiddenFrom }: { before: HeldMessageId | null; limit: number; hiddenFrom: UserId | null },
): Promise<HeldMessage[]> {
  const isBehind = before === null ? undefined : lt(heldMessages.id, before);
  const isIt = and(
    eq(heldMessages.state, state),
    isBehind,
    isNotOf(sql`${heldMessages.senderId}`, hiddenFrom),
  );
  const rows = db.select().from(heldMessages).where(isIt).orderBy(desc(heldMessages.id)).limit(limit);
  return (await queryD1(rows)).map(readRow);
}

/**
 * Those of a user that a rule holds back, and that staff has not accepted, the newest first.
 * @param since when those that are refused were found at the earliest (ms since 1970)
 * @param before an id; null: from the newest on
 */
export async function listHeldMessagesOf(
  db: Database,
  senderId: UserId,
  since: number,
  { before, limit }: { before: HeldMessageId | null; limit: number },
): Promise<HeldMessage[]> {
  const { id, state, isStored, createdAt } = heldMessages;
  const isIt = and(
    eq(heldMessages.senderId, senderId),
    and(eq(isStored, false), ne(state, "accepted")),
    or(eq(state, "waiting"), gte(createdAt, since)),
    before === null ? undefined : lt(id, before),
  );
  const rows = db.select().from(heldMessages).where(isIt).orderBy(desc(id)).limit(limit);
  return (await queryD1(rows)).map(readRow);
}

export async function findHeldMessage(db: Database, id: HeldMessageId): Promise<HeldMessage | null> {
  const [found] = await queryD1(db.select().from(heldMessages).where(eq(heldMessages.id, id)));
  return found ? readRow(found) : null;
}

/**
 * Notes what is decided of a message that waits, and the entry of the audit log, or neither.
 * @returns whether it was waiting
 */
export async function decideHeldMessage(
  db: Database,
  id: HeldMessageId,
  state: HeldState,
  entry: NewAuditEntry,
): Promise<boolean> {
  const isWaiting = and(eq(heldMessages.id, id), eq(heldMessages.state, "waiting"));
  const [changed] = await queryD1(
    db.batch([
      db.update(heldMessages).set({ state }).where(isWaiting).returning({ id: heldMessages.id }),
      auditIfChangedQuery(db, entry),
    ]),
  );
  return changed.length > 0;
}

/**
 * Deletes a message that waits, for its sender. One that was stored all the same is not looked at.
 * @returns whether it was there; and what was decided of it before, null: nothing
 */
export async function withdrawHeldMessage(
  db: Database,
  senderId: UserId,
  which: HeldMessageId | { conversationId: ConversationId; clientMsgId: string },
): Promise<{ isWithdrawn: boolean; decided: HeldState | null }> {
  const { state } = heldMessages;
  const isIt =
    typeof which === "number"
      ? eq(heldMessages.id, which)
      : and(
          eq(heldMessages.conversationId, which.conversationId),
          eq(heldMessages.clientMsgId, which.clientMsgId),
        );
  const isOwn = and(isIt, eq(heldMessages.senderId, senderId), eq(heldMessages.isStored, false));
  const [deleted, left] = await queryD1(
    db.batch([
      db
        .delete(heldMessages)
        .where(and(isOwn, eq(state, "waiting")))
        .returning({ id: heldMessages.id }),
      db.select({ state }).from(heldMessages).where(isOwn),
    ]),
  );
  return { isWithdrawn: deleted.length > 0, decided: left[0]?.state ?? null };
}

/** Deletes those found before a time (ms since 1970). */
export async function deleteOldHeldMessages(db: Database, before: number): Promise<void> {
  await queryD1(db.delete(heldMessages).where(lt(heldMessages.createdAt, before)));
}

function readRow({ clientMsgId, draft, rules, ...row }: typeof heldMessages.$inferSelect): HeldMessage {
  return {
    ...row,
    ...FoundIn.parse(JSON.parse(draft)),
    draft: { ...readOwnDraft(draft), clientMsgId },
    rules: RuleIds.parse(JSON.parse(rules)),
  };
}
