import type { z } from "@hono/zod-openapi";
import type { readModeratedUser } from "../../../core/moderation/users.ts";
import { NOBODY } from "../../../domain/ids.ts";
import { StoredBody } from "../../../domain/messages/content.ts";
import type { AuditEntry } from "../../../domain/moderation/audit.ts";
import type { HeldMessage } from "../../../domain/moderation/held-message.ts";
import type { Report, Reported, KeptReport as StoredReport } from "../../../domain/moderation/report.ts";
import { shownTime } from "../../../lib/stored-time.ts";
import type { HeldMessage as HeldMessageShape, OwnHeldMessage } from "../schemas/moderation/held-messages.ts";
import type { AuditPage, ModeratedUser } from "../schemas/moderation/moderation.ts";
import type { KeptReport, OwnReport, Report as ReportShape } from "../schemas/moderation/reports.ts";
import { serializeServerUser } from "./server-users.ts";

/** What a report is about, as everybody is shown it who may know of the report. */
export function serializeAbout({ conversationId, seq, userId }: Reported) {
  // What an incoming hook has brought is of no user.
  return { conversation_id: conversationId, seq, user_id: userId === NOBODY ? null : userId };
}

/** A report as its reporter is shown it. */
export function serializeOwnReport(report: Report): z.infer<typeof OwnReport> {
  const { id, about, reason, note, createdAt } = report;
  return { id, about: serializeAbout(about), reason, note, created_at: createdAt };
}

/** A report as staff is shown it. */
export function serializeReport(report: Report): z.infer<typeof ReportShape> {
  const { reporterId, state, takenBy, resolution, staffNote, changedAt } = report;
  return {
    ...serializeOwnReport(report),
    reporter_id: reporterId,
    ...{ state, taken_by: takenBy, resolution, staff_note: staffNote, changed_at: changedAt },
  };
}

/** The same with what it keeps. */
export function serializeKeptReport(report: StoredReport): z.infer<typeof KeptReport> {
  const kept = report.kept.map(({ seq, senderId, kind, body, createdAt }) => ({
    ...{ seq, sender_id: senderId, kind, created_at: createdAt },
    body,
  }));
  const files = report.files.map(({ key, name, size, contentType }) => ({
    ...{ key, path: `/v1/moderation/reports/${report.id}/files/${key}` },
    ...{ name, size, content_type: contentType },
  }));
  return { ...serializeReport(report), conversation_kind: report.conversationKind, kept, files };
}

/** A message that a rule has found. */
export function serializeHeldMessage(held: HeldMessage): z.infer<typeof HeldMessageShape> {
  const { id, conversationId, senderId, draft, rules, isStored, state, createdAt, edits, hook } = held;
  return {
    ...{ id, conversation_id: conversationId, sender_id: senderId, client_msg_id: draft.clientMsgId },
    ...{ kind: draft.kind, body: StoredBody.parse(JSON.parse(draft.body)) },
    ...{ rules, stored: isStored, state, created_at: createdAt },
    ...(edits && { edits }),
    ...(hook && { hook }),
  };
}

/** The same as its sender is shown it. */
export function serializeOwnHeldMessage(held: HeldMessage): z.infer<typeof OwnHeldMessage> {
  const {
    sender_id: _sender,
    rules: _rules,
    stored: _stored,
    edits: _,
    hook: _hook,
    ...shown
  } = serializeHeldMessage(held);
  return { ...shown, state: held.state === "waiting" ? "waiting" : "refused" };
}

/** A user as staff is shown them. */
export function serializeModeratedUser({
  user,
  sessions,
  groups,
  reports,
}: Awaited<ReturnType<typeof readModeratedUser>>): z.infer<typeof ModeratedUser> {
  return {
    user: serializeServerUser(user),
    sessions: sessions.map(({ createdAt, lastSeenAt, userAgent }) => ({
      created_at: createdAt,
      last_seen_at: Math.max(lastSeenAt, createdAt),
      user_agent: userAgent,
    })),
    groups: groups.map(({ id, name, role, joinedAt }) => ({
      id,
      name,
      role,
      joined_at: shownTime(joinedAt),
    })),
    reports: reports.map(serializeReport),
  };
}

/** A row of the audit log. */
export function serializeAudit(entry: AuditEntry): z.infer<typeof AuditPage>["items"][number] {
  const { id, at, userId, key, from, action, subject, reason } = entry;
  return {
    ...{ id, at, by: { user_id: userId, key_id: key }, from, action, reason },
    of: {
      ...(subject.userId !== undefined && { user_id: subject.userId }),
      ...(subject.conversationId !== undefined && { conversation_id: subject.conversationId }),
      ...(subject.seq !== undefined && { seq: subject.seq }),
      ...(subject.reportId !== undefined && { report_id: subject.reportId }),
    },
  };
}
