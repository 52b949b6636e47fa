import type { z } from "@hono/zod-openapi";
import type { UpsertOutcome } from "../../../core/server/server-users.ts";
import type { ServerUser } from "../../../domain/server/server-user.ts";
import { shownTime } from "../../../lib/stored-time.ts";
import { problemBody } from "../problems.ts";
import type { ServerUserResults, ServerUser as ServerUserShape } from "../schemas/server/users.ts";

/** A user as v1 shows them to the team's backend. */
export function serializeServerUser(user: ServerUser): z.infer<typeof ServerUserShape> {
  const { id, username, nickname, avatar, email, metadata, bot, role, state, suspension } = user;
  return {
    id,
    external_id: user.externalId,
    ...{ username, nickname, avatar, email, metadata, bot, role, state, suspension },
    has_password: user.hasPassword,
    created_at: shownTime(user.createdAt),
    last_seen_on: user.lastSeenOn,
  };
}

/** What became of a user of a list. */
export function serializeUpsert(outcome: UpsertOutcome): z.infer<typeof ServerUserResults>["items"][number] {
  const { externalId: external_id, result } = outcome;
  return outcome.result === "failed"
    ? { external_id, id: null, result, problem: problemBody(outcome.problem) }
    : { external_id, id: outcome.user.id, result };
}
