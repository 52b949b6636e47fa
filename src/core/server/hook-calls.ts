import type { Timing } from "../../domain/timing.ts";
import { guardedFetch, NoAnswerError, type WayOut } from "../../lib/outgoing/guarded-fetch.ts";

/** A call of a hook, and its signed headers. */
interface HookCall {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** The answer of a hook that is asked is small, also with the longest body. */
const MAX_ANSWER = 64 * 1024;

/**
 * Asks a hook, and waits so long for it.
 * @returns `json` of an answer with 2xx; undefined: there is none, for this reason
 */
export async function askHook(
  call: HookCall,
  wayOut: WayOut,
  timeoutMs: number,
): Promise<{ status: number | null; error: string; json: unknown }> {
  try {
    const asked = { ...call, method: "POST", timeoutMs, maxBytes: MAX_ANSWER } as const;
    const { status, body } = await guardedFetch(asked, wayOut);
    const json = status >= 200 && status < 300 ? jsonOf(body) : undefined;
    return { status, error: "The answer was no decision.", json };
  } catch (error) {
    if (error instanceof NoAnswerError) return { status: null, error: error.message, json: undefined };
    throw error;
  }
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** Calls a hook. @returns `status` null: there was no answer, for this reason */
export async function callHook(
  call: HookCall,
  wayOut: WayOut,
  { answerMs }: Timing["hooks"],
): Promise<{ status: number | null; error: string }> {
  try {
    const { status } = await guardedFetch(
      { ...call, method: "POST", timeoutMs: answerMs, maxBytes: 0 },
      wayOut,
    );
    return { status, error: `The answer had status ${status}.` };
  } catch (error) {
    if (error instanceof NoAnswerError) return { status: null, error: error.message };
    throw error;
  }
}
