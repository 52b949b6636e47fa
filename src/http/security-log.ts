import type { HonoRequest } from "hono";
import type { SecurityAction, SecurityLog } from "../domain/security-event.ts";
import { log } from "../lib/logger.ts";
import { loggedBlock } from "./access/address-block.ts";

/** The level of each event: `warn` for refusals, of which many in a short time are an attack. */
const LEVELS: Record<SecurityAction, "info" | "warn"> = {
  registered: "info",
  sign_in: "info",
  sign_in_failed: "warn",
  locked: "warn",
  sig_issued: "info",
  wrong_key: "warn",
  session_ended: "info",
  refresh_reused: "warn",
  password_changed: "info",
  account_deleted: "info",
  role_changed: "info",
  rights_changed: "info",
  ownership_changed: "info",
  member_removed: "info",
  banned: "info",
  ban_lifted: "info",
  invitation_created: "info",
  invitation_withdrawn: "info",
  incoming_hook_created: "info",
  incoming_hook_rotated: "info",
  incoming_hook_deleted: "info",
  group_dissolved: "info",
  space_dissolved: "info",
  key_created: "info",
  key_revoked: "info",
  token_issued: "info",
  suspended: "info",
  suspension_lifted: "info",
  exported: "info",
};

/**
 * The security log of a request: each event is one line, with the client's address block. Without Cloudflare
 * in front, `from` is null, or whatever IP address the client states.
 */
export function securityLogOf(request: HonoRequest): SecurityLog {
  return {
    record(action, { user, by, conversation, space, role, key, serverKey }) {
      const from = loggedBlock(request);
      log(LEVELS[action], "security", {
        action,
        user,
        by,
        conversation,
        space,
        role,
        key,
        server_key: serverKey,
        from,
      });
    },
  };
}
