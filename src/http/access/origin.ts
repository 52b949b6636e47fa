import { CoreError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";

/**
 * Whether pages of an origin may call: it is the Worker's own, or the setting `ALLOWED_ORIGINS` allows it.
 */
export function allowsOrigin({ allowedOrigins }: Settings, origin: string, request: Request): boolean {
  if (allowedOrigins === "*" || allowedOrigins.includes(origin)) return true;
  return origin === new URL(request.url).origin;
}

/** Whether a page of an allowed origin calls. Browsers send `Origin` with every upgrade. */
export function isAllowedPage(settings: Settings, request: Request): boolean {
  const origin = request.headers.get("Origin");
  return origin !== null && allowsOrigin(settings, origin, request);
}

/**
 * Refuses the upgrade of a page whose origin is not allowed. CORS does not cover upgrades, but browsers
 * always send `Origin` with them. Other clients send no `Origin`, and pass.
 * @throws `forbidden`
 */
export function checkOrigin(settings: Settings, request: Request): void {
  const origin = request.headers.get("Origin");
  if (origin === null || allowsOrigin(settings, origin, request)) return;
  throw new CoreError(
    "forbidden",
    "Pages of this origin may not open sockets here (setting ALLOWED_ORIGINS).",
  );
}
