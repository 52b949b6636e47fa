import { IncomingHookName } from "../../domain/conversations/incoming-hook.ts";
import { oneLine } from "../../domain/foreign/text.ts";
import { asHttpUrl, type HttpUrl } from "../../domain/http-url.ts";
import { LIMITS } from "../../domain/limits.ts";

/** A name that a service wants to be shown; undefined: none that can be. */
export function shownName(name: string | null | undefined): string | undefined {
  const parsed = IncomingHookName.safeParse(oneLine(name ?? "", LIMITS.name));
  return parsed.success ? parsed.data : undefined;
}

/** An http(s) URL as it can be shown; undefined: it is none. */
export function shownUrl(url: string | null | undefined): HttpUrl | undefined {
  return asHttpUrl(url, LIMITS.url);
}
