import { z } from "@hono/zod-openapi";
import {
  dissolveAsStaff,
  readReportedConversation,
  revokeAsStaff,
} from "../../../core/moderation/messages.ts";
import { countWork, pageOfAudit } from "../../../core/moderation/staff.ts";
import {
  endSuspensionAsStaff,
  readModeratedUser,
  revokeMessagesOf,
  searchUsers,
  suspendAsStaff,
} from "../../../core/moderation/users.ts";
import { Username } from "../../../domain/accounts/user.ts";
import { Role } from "../../../domain/conversations/group-kind.ts";
import { ConversationId, Seq, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { AuditAction, type AuditEntry as DomainAuditEntry } from "../../../domain/moderation/audit.ts";
import { ReportId } from "../../../domain/moderation/report.ts";
import { StaffRole } from "../../../domain/moderation/staff.ts";
import { ServerKeyId } from "../../../domain/server/server-key.ts";
import { shownTime } from "../../../lib/stored-time.ts";
import { ListQuery, pageShape, QueryText, SeqParam, Time, TimeParam } from "../common.ts";
import { serializeMessage } from "../messages/message.ts";
import { MessagePage, PageQuery } from "../messages/messages.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, optionalBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { ConversationRefParams } from "../server/conversations.ts";
import { SuspensionInput } from "../server/user-access.ts";
import { ServerUser, ServerUserPage, serializeServerUser, UserRefParams } from "../server/users.ts";
import { Report, serializeReport } from "./reports.ts";
import { reasonOf, staffRoute } from "./staff.ts";

const Waiting = z.int().nonnegative();

const OwnRole = z
  .object({
    role: StaffRole.exclude(["user"]).openapi({ description: "An `auditor` reads, and changes nothing" }),
    open_reports: Waiting.openapi({ description: `At most ${LIMITS.countedForStaff}` }),
    held_messages: Waiting.openapi({
      description: `Those that wait for a decision; at most ${LIMITS.countedForStaff}`,
    }),
  })
  .openapi("OwnStaffRole");

const ModeratedUser = z
  .object({
    user: ServerUser,
    sessions: z
      .array(
        z
          .object({ created_at: Time, last_seen_at: Time, user_agent: z.string() })
          .openapi("ModeratedSession"),
      )
      .openapi({ description: "Where the user is signed in, the newest sign-in first" }),
    groups: z
      .array(
        z
          .object({ id: ConversationId, name: z.string(), role: Role, joined_at: Time })
          .openapi("GroupOfUser"),
      )
      .openapi({ description: "The newest 100 that the user is in" }),
    reports: z
      .array(z.lazy(() => Report))
      .openapi({ description: "The newest 50 about the user, and by them" }),
  })
  .openapi("ModeratedUser");

const UserSearchQuery = ListQuery.extend({
  q: QueryText.pipe(Username).openapi({
    description: "What usernames begin with",
    example: "an",
  }),
});

const SinceQuery = z.object({ since: TimeParam });

const ModeratedMessageParams = ConversationRefParams.extend({ seq: SeqParam });

const AuditEntry = z
  .object({
    id: z.int(),
    at: Time,
    by: z.object({ user_id: UserId.nullable(), key_id: ServerKeyId.nullable() }).openapi({
      description: "A user or a key; the other one is null",
    }),
    from: z.string().nullable().openapi({ description: "The address block of the call; null: unknown" }),
    action: AuditAction,
    of: z.object({
      user_id: UserId.optional(),
      conversation_id: ConversationId.optional(),
      seq: Seq.optional(),
      report_id: ReportId.optional(),
    }),
    reason: z.string(),
  })
  .openapi("AuditEntry");

const AuditPage = pageShape(AuditEntry).openapi("AuditPage");

const NO_USER = problems("validation_failed", "forbidden", "not_found");
const REASON = "The header `Parley-Reason` may say why, percent-encoded.";

const ownRoute = staffRoute("get", "/v1/moderation/me", {
  operationId: "getOwnStaffRole",
  summary: "What the caller may do as staff, and what waits for staff",
  description: "Reports about the caller and their own messages are not counted.",
  request: {},
  responses: { 200: jsonAnswer("The role; of a key `admin`", OwnRole) },
});

const searchRoute = staffRoute("get", "/v1/moderation/users", {
  operationId: "searchUsersAsModerator",
  summary: "Users whose usernames begin with a text",
  description: "The audit log has that somebody has searched.",
  request: { query: UserSearchQuery },
  responses: { 200: jsonAnswer("A page of users", ServerUserPage), ...problems("validation_failed") },
});

const userRoute = staffRoute("get", "/v1/moderation/users/{ref}", {
  operationId: "getModeratedUser",
  summary: "A user, with their sessions, their groups, and the reports about them and by them",
  description:
    "Without reports about the caller, and without a suspension of the caller. The audit log has that it was read.",
  request: { params: UserRefParams },
  responses: {
    200: jsonAnswer("The user", ModeratedUser),
    ...problems("validation_failed", "not_found"),
  },
});

const suspendRoute = staffRoute("put", "/v1/moderation/users/{ref}/suspension", {
  operationId: "suspendUserAsModerator",
  summary: "Suspend a user",
  description:
    "As `PUT /v1/server/users/{ref}/suspension`. A moderator suspends users without a role, an admin moderators and auditors too. A bot counts as the user who has made it, and nobody acts on themselves.",
  request: { params: UserRefParams, body: optionalBody(SuspensionInput) },
  responses: { 204: { description: "The user is suspended" }, ...NO_USER },
});

const liftRoute = staffRoute("delete", "/v1/moderation/users/{ref}/suspension", {
  operationId: "endSuspensionAsModerator",
  summary: "End a suspension",
  description: `Also where there was none. ${REASON}`,
  request: { params: UserRefParams },
  responses: { 204: { description: "The user is not suspended" }, ...NO_USER },
});

const revokeAllRoute = staffRoute("delete", "/v1/moderation/users/{ref}/messages", {
  operationId: "revokeMessagesOfUser",
  summary: "Revoke what a user has sent since a time",
  description: `Everywhere, behind the answer. ${REASON}`,
  request: { params: UserRefParams, query: SinceQuery },
  responses: { 202: { description: "The messages go, one conversation after the other" }, ...NO_USER },
});

const pageRoute = staffRoute("get", "/v1/moderation/conversations/{cref}/messages", {
  operationId: "listReportedMessages",
  summary: "A page of all messages of a reported conversation",
  description:
    "Only with a report on the conversation or a message in it, or with a key that has the scope `data` too. A report that the caller or a bot of theirs has made, or that is about them, opens it to others alone. The header `Parley-Reason` must say why, percent-encoded: the audit log has it.",
  request: { params: ConversationRefParams, query: PageQuery },
  responses: { 200: jsonAnswer("A page", MessagePage), ...NO_USER },
});

const revokeRoute = staffRoute("delete", "/v1/moderation/conversations/{cref}/messages/{seq}", {
  operationId: "revokeMessageAsModerator",
  summary: "Revoke a message for everybody",
  description: `A repeat is no error. Members see it revoked by the owner of the group, or else by its sender. A message of a user of the same or a higher role, or of the caller, is \`forbidden\`. ${REASON}`,
  request: { params: ModeratedMessageParams },
  responses: { 204: { description: "The message is revoked" }, ...NO_USER },
});

const dissolveRoute = staffRoute("delete", "/v1/moderation/conversations/{cref}", {
  operationId: "dissolveGroupAsModerator",
  summary: "Dissolve a group",
  description: `A repeat is no error. Members are told of it as by the owner. A group that a user of the same or a higher role owns, or the caller, is \`forbidden\`. ${REASON}`,
  request: { params: ConversationRefParams },
  responses: { 204: { description: "The group is dissolved" }, ...NO_USER },
});

const auditRoute = staffRoute("get", "/v1/moderation/audit", {
  operationId: "listAuditLog",
  summary: "What staff has done and looked at, the newest first",
  description: "Rows are only ever added. A user is not shown what others have done or looked at about them.",
  request: { query: ListQuery },
  responses: { 200: jsonAnswer("A page", AuditPage), ...problems("validation_failed") },
});

export const moderation = v1Router()
  .openapi(ownRoute, async (c) => {
    const { openReports, heldMessages } = await countWork(c.var.core, c.var.staff);
    const { role } = c.var.staff;
    return c.json({ role, open_reports: openReports, held_messages: heldMessages }, 200);
  })
  .openapi(searchRoute, async (c) => {
    const { items, nextCursor } = await searchUsers(c.var.core, c.var.staff, c.req.valid("query"));
    return c.json({ items: items.map(serializeServerUser), next_cursor: nextCursor }, 200);
  })
  .openapi(userRoute, async (c) => {
    const found = await readModeratedUser(c.var.core, c.var.staff, c.req.valid("param").ref);
    return c.json(serializeModeratedUser(found), 200);
  })
  .openapi(suspendRoute, async (c) => {
    const { until = null, reason = "", shadow = false } = c.req.valid("json");
    await suspendAsStaff(c.var.core, c.var.staff, c.req.valid("param").ref, { until, reason, shadow });
    return c.body(null, 204);
  })
  .openapi(liftRoute, async (c) => {
    const reason = reasonOf(c.req);
    await endSuspensionAsStaff(c.var.core, c.var.staff, c.req.valid("param").ref, reason);
    return c.body(null, 204);
  })
  .openapi(revokeAllRoute, async (c) => {
    const reason = reasonOf(c.req);
    const { since } = c.req.valid("query");
    await revokeMessagesOf(c.var.core, c.var.staff, c.req.valid("param").ref, since, reason);
    return c.body(null, 202);
  })
  .openapi(pageRoute, async (c) => {
    const { threads = "main" as const, ...query } = c.req.valid("query");
    const reason = reasonOf(c.req);
    const { core, staff, readsAny } = c.var;
    const { items, hasMore, hasEarlier } = await readReportedConversation(
      core,
      staff,
      c.req.valid("param").cref,
      { ...query, scope: threads },
      { reason, readsAny },
    );
    return c.json({ items: items.map(serializeMessage), has_more: hasMore, has_earlier: hasEarlier }, 200);
  })
  .openapi(revokeRoute, async (c) => {
    const { cref, seq } = c.req.valid("param");
    await revokeAsStaff(c.var.core, c.var.staff, cref, seq, reasonOf(c.req));
    return c.body(null, 204);
  })
  .openapi(dissolveRoute, async (c) => {
    const reason = reasonOf(c.req);
    await dissolveAsStaff(c.var.core, c.var.staff, c.req.valid("param").cref, reason);
    return c.body(null, 204);
  })
  .openapi(auditRoute, async (c) => {
    const { items, nextCursor } = await pageOfAudit(c.var.core, c.var.staff, c.req.valid("query"));
    return c.json({ items: items.map(serializeAudit), next_cursor: nextCursor }, 200);
  });

/** A user as staff is shown them. */
function serializeModeratedUser({
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
function serializeAudit(entry: DomainAuditEntry): z.infer<typeof AuditPage>["items"][number] {
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
