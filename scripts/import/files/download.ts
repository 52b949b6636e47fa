import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../failure.ts";

const TRIES = 3;
const MAX_REDIRECTS = 5;
const TIMEOUT_MS = 120_000;
const FIRST_PAUSE_MS = 1_000;

/** Where a converter may download from. */
export interface Downloads {
  /**
   * Whether files of this host are downloaded. An export is data from outside: it must not have this
   * machine ask hosts of its own network, and hand what they answer to everybody.
   */
  allows(url: URL): boolean;
  /** a token for some of the hosts */
  headers?(url: URL): Record<string, string>;
}

/** Why a download has failed for good. */
class Refused extends Error {}

/**
 * Downloads a file, in three tries.
 * @returns null, or why it cannot be had
 */
export async function download(
  url: string,
  path: string,
  maxBytes: number,
  { allows, headers }: Downloads,
): Promise<string | null> {
  for (let count = 1; ; count++) {
    try {
      await fetchOnce(url, path, maxBytes, allows, headers);
      return null;
    } catch (error) {
      await rm(path, { force: true });
      if (error instanceof Refused || count === TRIES) return messageOf(error);
    }
    await sleep(FIRST_PAUSE_MS * count);
  }
}

async function fetchOnce(
  text: string,
  path: string,
  maxBytes: number,
  allows: Downloads["allows"],
  headers: Downloads["headers"],
): Promise<void> {
  let url = new URL(text);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    if (!allows(url)) throw new Refused(`files of ${url.host} are not downloaded`);
    const response = await fetch(url, {
      headers: headers?.(url) ?? {},
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const location = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && location) {
      await response.body?.cancel();
      url = new URL(location, url);
      continue;
    }
    await save(response, path, maxBytes);
    return;
  }
  throw new Refused("too many redirects");
}

async function save(response: Response, path: string, maxBytes: number): Promise<void> {
  const { status, body } = response;
  if (status === 429 || status >= 500) throw new Error(`the host answers ${status}`);
  if (status !== 200 || !body) throw new Refused(`the host answers ${status}`);
  // A host that wants a sign-in answers with its page, and with 200.
  if (response.headers.get("content-type")?.startsWith("text/html") && !/\.html?$/i.test(path)) {
    await body.cancel();
    throw new Refused("the host answers with a page instead of the file: a token may be missing or old");
  }
  let bytes = 0;
  await pipeline(
    Readable.fromWeb(body),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new Refused(`it has more than ${maxBytes} bytes`);
        yield chunk;
      }
    },
    createWriteStream(path),
  );
}
