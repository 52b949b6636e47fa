import type { Timing } from "../../domain/timing.ts";
import { guardedFetch, NoAnswerError, type WayOut } from "../../lib/outgoing/guarded-fetch.ts";

/** A call of a hook, and its signed headers. */
interface HookCall {
  url: string;
  headers: Record<string, string>;
  body: string;
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
