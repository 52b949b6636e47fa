import { CoreError } from "../domain/errors.ts";
import type { Settings } from "../domain/settings.ts";

/** Whether a page of this origin may call: it is the Worker's own, or the operator allows it. */
export function allowsOrigin({ allowedOrigins }: Settings, origin: string, request: Request): boolean {
  if (allowedOrigins === "*" || allowedOrigins.includes(origin)) return true;
  return origin === new URL(request.url).origin;
}

/**
 * Refuses a socket which a page of a foreign origin asks for. Browsers always send `Origin` with an
 * upgrade and CORS does not cover it; other clients send none.
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
