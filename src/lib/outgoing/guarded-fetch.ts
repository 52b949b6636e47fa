import { addressFlaw, isLoopback } from "./address.ts";
import { leadsToPublic } from "./resolver.ts";

/** Where calls to addresses that people gave may go. */
export interface WayOut {
  /** this machine too: in development */
  allowsLoopback: boolean;
  /** the URL of the name server, which answers DNS over HTTPS in JSON */
  resolver: string;
}

/** A call that leaves the Worker. */
export interface OutgoingCall {
  url: string;
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** for all of it, its name and its answer included */
  timeoutMs: number;
  /** of the answer; 0: its body is not read */
  maxBytes: number;
  /** a longer answer is cut off there; absent: there is no answer then */
  isCut?: boolean;
  /** the media types whose bodies are read; absent: all */
  accepts?: RegExp;
}

/** The answer to a call. A redirect is an answer, too: it is not followed. */
export interface OutgoingAnswer {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** Why a call had no answer, in words for its operator. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

/**
 * The one way out for every address that a person gave. It calls https addresses by names that lead to public
 * addresses alone. Redirects are not followed. Cloudflare resolves the name once more for the call itself,
 * and reaches no private network from there.
 * @throws NoAnswerError if the address is not allowed, or if no answer of that size came in time
 */
export async function guardedFetch(
  { url, method, headers, body, timeoutMs, maxBytes, isCut = false, accepts }: OutgoingCall,
  { allowsLoopback, resolver }: WayOut,
): Promise<OutgoingAnswer> {
  const flaw = addressFlaw(url, allowsLoopback);
  if (flaw !== null) throw new NoAnswerError(`The address must ${flaw}.`);
  const target = new URL(url);
  const deadline = new AbortController();
  const { signal } = deadline;
  // Cleared, unlike that of `AbortSignal.timeout`: a pending timer keeps an object awake.
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    if (!(allowsLoopback && isLoopback(target))) await requirePublic(target, resolver, signal);
    const response = await fetch(target, { method, headers, body: body ?? null, redirect: "manual", signal });
    const isRead = maxBytes > 0 && (accepts?.test(response.headers.get("Content-Type") ?? "") ?? true);
    const { status, headers: answered } = response;
    if (isRead) return { status, headers: answered, body: await readUpTo(response, maxBytes, isCut) };
    await response.body?.cancel();
    return { status, headers: answered, body: new Uint8Array() };
  } catch (error) {
    if (error instanceof NoAnswerError) throw error;
    if (signal.aborted) throw new NoAnswerError(`There was no answer within ${timeoutMs / 1_000} s.`);
    throw new NoAnswerError("There was no connection.", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function requirePublic({ hostname }: URL, resolver: string, signal: AbortSignal): Promise<void> {
  const isAllowed = await leadsToPublic(hostname.replace(/\.$/, ""), resolver, signal).catch(
    (cause: unknown) => {
      throw new NoAnswerError("The name of the address could not be looked up.", { cause });
    },
  );
  if (!isAllowed) throw new NoAnswerError("The name of the address leads to no public address.");
}

async function readUpTo(response: Response, maxBytes: number, isCut: boolean): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const room = maxBytes - size;
    if (chunk.byteLength > room && !isCut)
      throw new NoAnswerError(`The answer has more than ${maxBytes} bytes.`);
    chunks.push(chunk.subarray(0, room));
    size += Math.min(chunk.byteLength, room);
    // Leaving the loop cancels the rest.
    if (size === maxBytes && isCut) break;
  }
  const whole = new Uint8Array(size);
  let end = 0;
  for (const chunk of chunks) {
    whole.set(chunk, end);
    end += chunk.byteLength;
  }
  return whole;
}
