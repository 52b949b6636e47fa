import { and, count, desc, eq, getTableColumns, gte, inArray, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { ConversationId, FileKey, UserId } from "../../domain/ids.ts";
import {
  KeptMessage,
  type KeptReport,
  type Report,
  type Reported,
  type ReportId,
} from "../../domain/moderation/report.ts";
import { accountedWith } from "../bots/bots.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, KEEPS_TEXT, reportFiles, reports } from "../schema.ts";
import { auditIfChangedQuery, type NewAuditEntry } from "./audit-log.ts";
import { keepFilesQuery, reportFilesQuery } from "./report-files.ts";
import { isNotOf, REPORTED } from "./subject-conditions.ts";

const { kept: KEPT, about: _, ...COLUMNS } = getTableColumns(reports);
const REPORT = { ...COLUMNS, subjectId: sql<UserId | null>`${REPORTED}`.as("subject_id") };

const KeptMessages = z.array(KeptMessage);

/** A new report with what it keeps. */
export type NewReport = Pick<Report, "reporterId" | "about" | "reason" | "note" | "createdAt"> & {
  kept: KeptMessage[];
  /** of the files that they show */
  keys: FileKey[];
};

/** The report that a user has made about something; null: none. */
export async function findReportAbout(
  db: Database,
  reporterId: UserId,
  about: Reported,
): Promise<Report | null> {
  const isIt = and(eq(reports.reporterId, reporterId), eq(reports.about, nameOf(about)));
  const [found] = await queryD1(db.select(REPORT).from(reports).where(isIt));
  return found ? reportOf(found) : null;
}

/**
 * Stores a report with the files that exist, unless the user has made it already, or has made `max` since a
 * time (ms since 1970), with their bots.
 */
export async function insertReport(
  db: Database,
  { reporterId, about, reason, note, createdAt, kept, keys }: NewReport,
  { since, max }: { since: number; max: number },
): Promise<void> {
  const { userId, conversationId, seq } = about;
  const isIt = and(eq(reports.reporterId, reporterId), eq(reports.about, nameOf(about)));
  await queryD1(
    db.batch([
      db
        .insert(reports)
        .select(
          sql`SELECT NULL, ${reporterId}, ${nameOf(about)}, ${userId}, ${conversationId}, ${seq}, ${reason},
            ${note}, ${createdAt}, 'open', NULL, NULL, '', ${createdAt}, ${JSON.stringify(kept)}
            WHERE (SELECT count(*) FROM reports
              WHERE reporter_id IN ${accountedWith(reporterId)} AND created_at >= ${since}) < ${max}`,
        )
        .onConflictDoNothing(),
      keepFilesQuery(db, sql`SELECT id FROM reports WHERE ${isIt}`, keys),
    ]),
  );
}

/** How many reports a user and their bots have made since a time, and when the first (ms since 1970). */
export async function countReports(
  db: Database,
  reporterId: UserId,
  since: number,
): Promise<{ used: number; first: number }> {
  const isTheirs = sql`reporter_id IN ${accountedWith(reporterId)}`;
  const isCounted = and(isTheirs, gte(reports.createdAt, since));
  const columns = { used: count(), first: sql<number>`coalesce(min(${reports.createdAt}), 0)` };
  const [found] = await queryD1(db.select(columns).from(reports).where(isCounted));
  return found ?? { used: 0, first: 0 };
}

/**
 * Reports in a state, the newest first.
 * @param before an id; null: from the newest on
 * @param hiddenFrom without those about this user; null: all
 */
export async function listReports(
  db: Database,
  state: Report["state"],
  { before, limit, hiddenFrom }: { before: ReportId | null; limit: number; hiddenFrom: UserId | null },
): Promise<Report[]> {
  const isBehind = before === null ? undefined : lt(reports.id, before);
  const isIt = and(eq(reports.state, state), isBehind, isNotOf(REPORTED, hiddenFrom));
  const rows = db.select(REPORT).from(reports).where(isIt).orderBy(desc(reports.id)).limit(limit);
  return (await queryD1(rows)).map(reportOf);
}

/** The newest reports about a user, or by them. @param hiddenFrom as of `listReports` */
export async function listReportsOf(
  db: Database,
  userId: UserId,
  limit: number,
  hiddenFrom: UserId | null,
): Promise<Report[]> {
  const isOf = or(eq(reports.userId, userId), eq(reports.reporterId, userId));
  const isIt = and(isOf, isNotOf(REPORTED, hiddenFrom));
  const rows = db.select(REPORT).from(reports).where(isIt).orderBy(desc(reports.id)).limit(limit);
  return (await queryD1(rows)).map(reportOf);
}

/** A report; null: there is none. */
export async function findReport(db: Database, id: ReportId): Promise<Report | null> {
  const [found] = await queryD1(db.select(REPORT).from(reports).where(eq(reports.id, id)));
  return found ? reportOf(found) : null;
}

/** Reports by their ids. */
export async function findReports(db: Database, ids: readonly ReportId[]): Promise<Report[]> {
  if (ids.length === 0) return [];
  return (await queryD1(db.select(REPORT).from(reports).where(inArray(reports.id, ids)))).map(reportOf);
}

/** A report with what it keeps; null: there is none. */
export async function findKeptReport(db: Database, id: ReportId): Promise<KeptReport | null> {
  const query = db
    .select({ ...REPORT, kept: KEPT, conversationKind: conversations.kind })
    .from(reports)
    .leftJoin(conversations, eq(conversations.id, reports.conversationId));
  const [[found], files] = await queryD1(
    db.batch([query.where(eq(reports.id, id)), reportFilesQuery(db, id)]),
  );
  if (!found) return null;
  const { kept, conversationKind } = found;
  return { ...reportOf(found), kept: KeptMessages.parse(JSON.parse(kept)), conversationKind, files };
}

/**
 * Whether anybody has reported a conversation, or a message in it.
 * @param besides without reports about this user; null: all
 * @param notBy without reports by this user; null: all
 */
export async function hasReportIn(
  db: Database,
  id: ConversationId,
  { besides, notBy }: { besides: UserId | null; notBy: UserId | null },
): Promise<boolean> {
  const isIn = and(
    eq(reports.conversationId, id),
    isNotOf(REPORTED, besides),
    isNotOf(sql`${reports.reporterId}`, notBy),
  );
  return (await queryD1(db.select({ id: reports.id }).from(reports).where(isIn).limit(1))).length > 0;
}

/** What staff makes of a report. */
export type ReportChange = Pick<Report, "state" | "takenBy" | "resolution" | "staffNote">;

/**
 * Changes a report that is as the caller has read it, and notes it in the audit log, or neither.
 * @returns whether the report was so: false after somebody else's change
 */
export async function changeReport(
  db: Database,
  { id, state, takenBy, changedAt }: Report,
  change: ReportChange,
  entry: NewAuditEntry,
): Promise<boolean> {
  const isSame = and(
    eq(reports.id, id),
    eq(reports.state, state),
    sql`${reports.takenBy} IS ${takenBy}`,
    eq(reports.changedAt, changedAt),
  );
  const at = Math.max(entry.at, changedAt + 1);
  const [updated] = await queryD1(
    db.batch([
      db
        .update(reports)
        .set({ ...change, changedAt: at })
        .where(isSame)
        .returning({ id: reports.id }),
      auditIfChangedQuery(db, entry),
    ]),
  );
  return updated.length > 0;
}

/**
 * Empties the messages and the notes of reports from before a time (ms since 1970), and lets go of their
 * files.
 */
export async function deleteKeptMessages(db: Database, before: number): Promise<void> {
  const isOld = and(lt(reports.createdAt, before), KEEPS_TEXT);
  const old = db.select({ id: reports.id }).from(reports).where(isOld);
  await queryD1(
    db.batch([
      db.delete(reportFiles).where(inArray(reportFiles.reportId, old)),
      db.update(reports).set({ kept: "[]", note: "" }).where(isOld),
    ]),
  );
}

/** What a report is about, as one text: a user reports it once. */
function nameOf({ conversationId, seq, userId }: Reported): string {
  if (seq !== null) return `message ${conversationId} ${seq}`;
  return conversationId === null ? `user ${userId}` : `conversation ${conversationId}`;
}

type Row = Omit<Report, "about"> & Pick<typeof reports.$inferSelect, "userId" | "conversationId" | "seq">;

function reportOf({ userId, conversationId, seq, ...report }: Row): Report {
  return { ...report, about: aboutOf({ userId, conversationId, seq }) };
}

function aboutOf({ userId, conversationId, seq }: Pick<Row, "userId" | "conversationId" | "seq">): Reported {
  if (conversationId !== null)
    return userId !== null && seq !== null
      ? { conversationId, seq, userId }
      : { conversationId, seq: null, userId: null };
  if (userId === null) throw new Error("a report is about something");
  return { conversationId, seq: null, userId };
}
