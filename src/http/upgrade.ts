import type { HonoRequest } from "hono";
import { CoreError } from "../domain/errors.ts";
import type { Settings } from "../domain/settings.ts";
import { checkOrigin } from "./origin.ts";

/** Refuses what asks for no upgrade, and pages of foreign origins. @throws `upgrade_required`, `forbidden` */
export function requireSocket(settings: Settings, request: HonoRequest): void {
  if (request.header("Upgrade")?.toLowerCase() !== "websocket") {
    throw new CoreError("upgrade_required", "This is a WebSocket: ask for an upgrade.");
  }
  checkOrigin(settings, request.raw);
}
