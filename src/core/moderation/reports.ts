import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, invalid, noMessage } from "../../domain/errors.ts";
import { fileKeysIn } from "../../domain/files/file-keys.ts";
import type { ConversationId, FileKey, Seq, UserId } from "../../domain/ids.ts";
import { Position } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { AuditAction } from "../../domain/moderation/audit.ts";
import {
  type KeptFile,
  KeptMessage,
  type KeptReport,
  type Report,
  type Reported,
  ReportId,
  type ReportReason,
  type Resolution,
} from "../../domain/moderation/report.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { hiddenFrom } from "../../domain/moderation/staff-rights.ts";
import { DAY_MS, overQuota } from "../../domain/quotas.ts";
import { findReportFile } from "../../storage/moderation/report-files.ts";
import {
  changeReport,
  countReports,
  findKeptReport,
  findReport,
  findReportAbout,
  insertReport,
  listReports,
} from "../../storage/moderation/reports.ts";
import { getUser } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { limitOf } from "../quotas.ts";
import { usersChanged } from "../server/user-events.ts";
import { audit, auditEntry, requireActing } from "./staff.ts";
import { tellStaff } from "./staff-events.ts";
import { requireMay } from "./staff-rights.ts";

/** The messages before a reported one that a report keeps. */
const BEFORE = 5;

/** The most files that a report keeps: those of the reported message come first. */
const MAX_FILES = 100;

/** What a user reports. */
export interface ReportInput {
  about:
    | { conversationId: ConversationId; seq: Seq }
    | { conversationId: ConversationId }
    | { userId: UserId };
  reason: ReportReason;
  note: string;
}

/**
 * Reports what the caller can see. Of a message the report keeps what the caller sees of it and of the five
 * before it. The same again is the first report.
 * @returns the report, and whether the call has made it
 * @throws `not_found` for what the caller cannot see; `validation_failed` for oneself, and one's own message;
 *   `quota` for one more than the caller may make today
 */
export async function report(
  core: Core,
  caller: UserId,
  { about: asked, reason, note }: ReportInput,
): Promise<{ report: Report; isNew: boolean }> {
  return fileReport(core, caller, await seenBy(core, caller, asked), { reason, note });
}

/**
 * The same of what the caller is known to see.
 * @throws as `report`, but `not_found`
 */
export async function fileReport(
  core: Core,
  caller: UserId,
  { about, kept }: { about: Reported; kept: KeptMessage[] },
  { reason, note }: Pick<ReportInput, "reason" | "note">,
): Promise<{ report: Report; isNew: boolean }> {
  if (about.userId === caller)
    throw invalid("body", "must be about somebody else, or what they have written");
  const known = await findReportAbout(core.db, caller, about);
  if (known) return { report: known, isNew: false };
  const now = Date.now();
  const asIs = { reporterId: caller, about, reason, note, createdAt: now, kept, keys: filesOf(kept) };
  const limit = await limitOf(core, caller, "reports");
  const since = now - DAY_MS;
  await insertReport(core.db, asIs, { since, max: limit ?? Number.MAX_SAFE_INTEGER });
  const made = await findReportAbout(core.db, caller, about);
  if (made) {
    const isNew = made.createdAt === now;
    if (isNew) {
      core.waitUntil(tellStaff(core, made.subjectId));
      usersChanged(core);
    }
    return { report: made, isNew };
  }
  const { used, first } = await countReports(core.db, caller, since);
  if (limit === null || used < limit)
    throw new CoreError("unavailable", "The report is not stored. Try again.");
  throw overQuota("reports", { limit, used, resetsAt: first + DAY_MS });
}

/** @throws `not_found` for what the caller cannot see */
async function seenBy(
  core: Core,
  caller: UserId,
  asked: ReportInput["about"],
): Promise<{ about: Reported; kept: KeptMessage[] }> {
  if ("userId" in asked) {
    const { id } = await getUser(core, caller, asked.userId);
    return { about: { conversationId: null, seq: null, userId: id }, kept: [] };
  }
  const { conversationId } = asked;
  if (!("seq" in asked)) {
    await core.conversations.describe(conversationId, { userId: caller });
    return { about: { conversationId, seq: null, userId: null }, kept: [] };
  }
  const before = Position.parse(Math.min(asked.seq + 1, Number.MAX_SAFE_INTEGER));
  const page = { userId: caller, before, limit: BEFORE + 1, scope: "all" } as const;
  const { items } = await core.conversations.page(conversationId, page);
  const message = items.at(-1);
  if (message?.seq !== asked.seq) throw noMessage(asked.seq);
  if (message.kind === "tip") throw invalid("body.message", "must be a message of a user");
  const about = { conversationId, seq: asked.seq, userId: message.sender.id };
  return { about, kept: items.map(keptOf) };
}

/** A message as a report keeps it. */
export function keptOf({ seq, sender, kind, body, createdAt }: Message): KeptMessage {
  return KeptMessage.parse({ seq, senderId: sender.id, kind, body: JSON.parse(body), createdAt });
}

function filesOf(kept: readonly KeptMessage[]): FileKey[] {
  return fileKeysIn(JSON.stringify(kept.toReversed().map(({ body }) => body))).slice(0, MAX_FILES);
}

const Behind = z.tuple([ReportId]);

/**
 * A page of the reports in a state, the newest first, without those about the caller. The audit log has that
 * it was read.
 * @throws `validation_failed` for a wrong cursor
 */
export async function pageOfReports(
  core: Core,
  staff: Staff,
  { limit, cursor, state }: PageQuery & { state: Report["state"] },
): Promise<Page<Report>> {
  const [before] = cursor === undefined ? [null] : readCursor(Behind, cursor);
  await audit(core, staff, "reports_listed", {});
  const found = await listReports(core.db, state, {
    ...{ before, limit: limit + 1, hiddenFrom: hiddenFrom(staff, "see_report") },
  });
  return pageOf(found, limit, ({ id }) => [id]);
}

/**
 * A report with what it keeps. The audit log has that it was read.
 * @throws `not_found`; `forbidden` for one about the caller
 */
export async function readReport(core: Core, staff: Staff, id: ReportId): Promise<KeptReport> {
  const found = await findKeptReport(core.db, id);
  if (!found) throw noReport(id);
  await requireMay(core, staff, "see_report", found.subjectId);
  await audit(core, staff, "report_read", { reportId: id });
  return found;
}

/**
 * A file that a report keeps. The audit log has that it was read.
 * @throws `not_found` for a file that it does not keep; `forbidden` for a report about the caller
 */
export async function readReportFile(
  core: Core,
  staff: Staff,
  { id, key }: { id: ReportId; key: FileKey },
): Promise<KeptFile> {
  const [found, report] = await Promise.all([findReportFile(core.db, id, key), findReport(core.db, id)]);
  if (report) await requireMay(core, staff, "see_report", report.subjectId);
  if (!found) throw new CoreError("not_found", `Report ${id} keeps no such file.`);
  await audit(core, staff, "report_file_read", { reportId: id });
  return found;
}

/** What staff makes of a report. */
export interface ReportHandling {
  state: Report["state"];
  /** only of a resolved report */
  resolution: Resolution | null;
  note: string | undefined;
}

const ACTIONS: Record<Report["state"], AuditAction> = {
  open: "report_reopened",
  taken: "report_taken",
  resolved: "report_resolved",
};

/**
 * Takes a report, resolves it, or opens it again. The same again changes nothing.
 * @throws `not_found`; `forbidden` for an auditor, for a report about the caller, and for a moderator where
 *   it is about staff; `validation_failed` for a resolution of a report that is not resolved; `conflict` if
 *   somebody else has taken it, or changes it at the same moment
 */
export async function handleReport(
  core: Core,
  staff: Staff,
  id: ReportId,
  { state, resolution, note }: ReportHandling,
): Promise<Report> {
  requireActing(staff);
  if ((state === "resolved") !== (resolution !== null))
    throw invalid("body.resolution", "must come with the state `resolved`, and with it alone");
  const found = await requireReport(core, id);
  await requireMay(core, staff, "decide_report", found.subjectId);
  const staffNote = note ?? found.staffNote;
  const isMine = found.takenBy === staff.userId;
  if (found.state === state && isMine && found.resolution === resolution && found.staffNote === staffNote)
    return found;
  if (found.state === "taken" && !isMine && staff.role !== "admin")
    throw new CoreError("conflict", `Somebody else has taken report ${id}.`);
  const change = { state, takenBy: state === "open" ? null : staff.userId, resolution, staffNote };
  const entry = auditEntry(staff, ACTIONS[state], { reportId: id }, staffNote);
  if (!(await changeReport(core.db, found, change, entry)))
    throw new CoreError("conflict", `Somebody else has changed report ${id} meanwhile.`);
  core.waitUntil(tellStaff(core, found.subjectId));
  return requireReport(core, id);
}

async function requireReport(core: Core, id: ReportId): Promise<Report> {
  const found = await findReport(core.db, id);
  if (!found) throw noReport(id);
  return found;
}

function noReport(id: ReportId): CoreError {
  return new CoreError("not_found", `There is no report ${id}.`);
}
