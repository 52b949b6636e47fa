import type { z } from "@hono/zod-openapi";
import type { Session } from "../../../../domain/accounts/session.ts";
import type { Session as SessionShape } from "../../schemas/accounts.ts";

/** A session as v1 shows it to its user. */
export function serializeSession(session: Session & { current: boolean }): z.infer<typeof SessionShape> {
  return {
    id: session.id,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    user_agent: session.userAgent,
    current: session.current,
  };
}
