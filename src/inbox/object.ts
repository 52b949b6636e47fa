import { DurableObject } from "cloudflare:workers";
import type { Result } from "../core/errors.ts";
import type { SessionId } from "../core/ids.ts";

/** One user's gate and list. */
export class InboxObject extends DurableObject<Env> {
  /** Ends a session: closes its sockets and refuses new ones until its tokens have expired. */
  async endSession(_input: { sessionId: SessionId; expiresAt: number }): Promise<Result<null>> {
    return { ok: true, value: null };
  }
}
