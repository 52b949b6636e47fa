import { z } from "@hono/zod-openapi";
import { Username } from "../../../../domain/accounts/user.ts";
import { Role } from "../../../../domain/conversations/group-kind.ts";
import { ConversationId, Seq, UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { AuditAction } from "../../../../domain/moderation/audit.ts";
import { ReportId } from "../../../../domain/moderation/report.ts";
import { StaffRole } from "../../../../domain/moderation/staff.ts";
import { ServerKeyId } from "../../../../domain/server/server-key.ts";
import { ListQuery, pageShape, QueryText, SeqParam, Time, TimeParam } from "../../common.ts";
import { ConversationRefParams } from "../server/conversations.ts";
import { ServerUser } from "../server/users.ts";
import { Report } from "./reports.ts";

const Waiting = z.int().nonnegative();

export const OwnRole = z
  .object({
    role: StaffRole.exclude(["user"]).openapi({ description: "An `auditor` reads, and changes nothing" }),
    open_reports: Waiting.openapi({ description: `At most ${LIMITS.countedForStaff}` }),
    held_messages: Waiting.openapi({
      description: `Those that wait for a decision; at most ${LIMITS.countedForStaff}`,
    }),
  })
  .openapi("OwnStaffRole");

export const ModeratedUser = z
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

export const UserSearchQuery = ListQuery.extend({
  q: QueryText.pipe(Username).openapi({
    description: "What usernames begin with",
    example: "an",
  }),
});

export const SinceQuery = z.object({ since: TimeParam });

export const ModeratedMessageParams = ConversationRefParams.extend({ seq: SeqParam });

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

export const AuditPage = pageShape(AuditEntry).openapi("AuditPage");
