import { addressFlaw, isLoopback } from "../../lib/outgoing/address.ts";
import { guardedFetch, NoAnswerError, type WayOut } from "../../lib/outgoing/guarded-fetch.ts";

/** Whom a page of others is asked for, and how much of it is read. */
export interface WebPageRequest {
  url: string;
  /** of the media type */
  accepts: RegExp;
  maxBytes: number;
  /** a longer one is cut off there, or is none */
  isCut: boolean;
}

/** A page as it was answered, behind its redirects. */
export interface WebPage {
  url: string;
  contentType: string;
  body: Uint8Array;
}

/** Where previews may be fetched from, and until when. */
export interface PreviewWay {
  wayOut: WayOut;
  /** origins of this server, which is not fetched from itself */
  ownOrigins: readonly string[];
  /** ms since 1970 */
  deadline: number;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MAX_REDIRECTS = 3;
const HEADERS = { "User-Agent": "Parley-Previews/1", Accept: "text/html, image/*;q=0.9" };

/**
 * Reads a page of somebody else, over three redirects at most, each of which is checked like the first
 * address.
 * @returns null: there is no such page, or none that may be read
 */
export async function readPage(request: WebPageRequest, way: PreviewWay): Promise<WebPage | null> {
  let { url } = request;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const timeoutMs = way.deadline - Date.now();
    if (timeoutMs <= 0 || !mayRead(url, way)) return null;
    const { accepts, maxBytes, isCut } = request;
    const call = { url, method: "GET", headers: HEADERS, timeoutMs, maxBytes, isCut, accepts } as const;
    const answer = await guardedFetch(call, way.wayOut).catch((error: unknown) => {
      if (error instanceof NoAnswerError) return null;
      throw error;
    });
    if (!answer) return null;
    const { status, headers, body } = answer;
    const contentType = headers.get("Content-Type") ?? "";
    if (status === 200) return accepts.test(contentType) ? { url, contentType, body } : null;
    const location = headers.get("Location");
    const next = location && REDIRECTS.includes(status) ? URL.parse(location, url) : null;
    if (!next) return null;
    next.hash = "";
    url = next.href;
  }
  return null;
}

/** Stricter than the way out: no port, and neither this server nor other Workers, which may be internal. */
export function mayRead(text: string, { wayOut: { allowsLoopback }, ownOrigins }: PreviewWay): boolean {
  if (addressFlaw(text, allowsLoopback) !== null) return false;
  const url = new URL(text);
  if (allowsLoopback && isLoopback(url)) return true;
  const name = url.hostname.replace(/\.$/, "");
  const own = ownOrigins.flatMap((origin) => URL.parse(origin)?.hostname ?? []);
  return (
    url.port === "" && ![...own, "workers.dev"].some((zone) => name === zone || name.endsWith(`.${zone}`))
  );
}
