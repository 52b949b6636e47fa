import type { z } from "@hono/zod-openapi";
import type { NamedOutcome } from "../../../core/server/server-conversations.ts";
import { showsHistory } from "../../../domain/conversations/group-policies.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import type { ServerConversation } from "../../../domain/server/server-conversation.ts";
import type { UserRef } from "../../../domain/server/user-ref.ts";
import { shownTime } from "../../../lib/stored-time.ts";
import { problemBody } from "../problems.ts";
import type {
  MemberResults,
  ServerConversation as ServerConversationShape,
} from "../schemas/server/conversations.ts";

/** A conversation as v1 shows it to the team's backend. */
export function serializeServerConversation({
  id,
  externalId,
  profile,
  memberCount,
  dissolvedAt,
}: ServerConversation): z.infer<typeof ServerConversationShape> {
  const { kind, name, avatar, introduction, announcement, ownerId, joinPolicy, createdAt } = profile;
  return {
    ...{ id, external_id: externalId, kind, name, avatar, introduction, announcement },
    ...{ owner_id: ownerId, member_count: memberCount, join_policy: joinPolicy },
    metadata: readMetadata(profile.metadata),
    history: kind === "direct" || showsHistory(profile) ? "all" : "joined",
    ...{ leave: profile.mayLeave, slow_mode_s: profile.slowModeS },
    ...{ retention_days: profile.retentionDays, legal_hold: profile.legalHold },
    link_previews: profile.linkPreviews,
    ...{ created_at: shownTime(createdAt), dissolved_at: dissolvedAt && shownTime(dissolvedAt) },
  };
}

/** What became of a user of a list of members. */
export function serializeMemberResult(
  ref: UserRef,
  outcome: NamedOutcome,
): z.infer<typeof MemberResults>["items"][number] {
  const { userId: id, result } = outcome;
  const shown = { ref: "id" in ref ? ref.id : `ext:${ref.externalId}`, id, result };
  return outcome.result === "failed" ? { ...shown, problem: problemBody(outcome.problem) } : shown;
}
