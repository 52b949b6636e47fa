import { CoreError } from "../core/errors.ts";

/**
 * Refuses a socket which a page of a foreign origin asks for. Browsers always send `Origin` with an
 * upgrade and CORS does not cover it; other clients send none.
 * @param allowed setting `ALLOWED_ORIGINS`: comma-separated origins, `*`, or empty for the Worker's own
 * @throws `forbidden`
 */
export function checkOrigin(request: Request, allowed: string | undefined): void {
  const origin = request.headers.get("Origin");
  if (origin === null || origin === new URL(request.url).origin) return;
  const list = (allowed ?? "").split(",").map((entry) => entry.trim());
  if (list.includes("*") || list.includes(origin)) return;
  throw new CoreError(
    "forbidden",
    "Pages of this origin may not open sockets here (setting ALLOWED_ORIGINS).",
  );
}
