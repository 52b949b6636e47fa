import type { HonoRequest } from "hono";
import { CoreError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { checkOrigin } from "./origin.ts";

/**
 * Refuses a request that is no WebSocket upgrade, or comes from a page whose origin is not allowed.
 * @throws `upgrade_required`, `forbidden`
 */
export function requireSocket(settings: Settings, request: HonoRequest): void {
  if (request.header("Upgrade")?.toLowerCase() !== "websocket") {
    throw new CoreError("upgrade_required", "This is a WebSocket: ask for an upgrade.");
  }
  checkOrigin(settings, request.raw);
}
