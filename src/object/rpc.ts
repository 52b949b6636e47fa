import { z } from "zod";
import { CoreError, type ErrorCode, Failure, type Result } from "../domain/errors.ts";
import type { Timing } from "../domain/timing.ts";

const ATTEMPTS = 3;

/** How the platform marks its own failures of a call to an object. */
const PlatformError = z.object({
  retryable: z.boolean().optional(),
  overloaded: z.boolean().optional(),
  durableObjectReset: z.boolean().optional(),
});

/**
 * Calls an object and gives what it answered.
 * @param once one call on a fresh stub; only idempotent calls may be handed in, as it is repeated
 *   (with jitter) where the platform says that this makes sense
 * @throws CoreError as the object refused, or `unavailable` where the object cannot be reached
 */
export async function callObject<T>(
  { backoffMs }: Timing["rpcRetry"],
  once: () => Promise<Result<T>>,
): Promise<T> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    try {
      return unwrap(await once());
    } catch (error) {
      const { retryable, overloaded } = callFailure(error);
      if (!retryable || overloaded) throw refusal(error);
      await new Promise((resolve) => setTimeout(resolve, backoffMs * 2 ** attempt * Math.random()));
    }
  }
  return callObjectOnce(once);
}

/** The same for a call that is not idempotent: it is tried once. */
export async function callObjectOnce<T>(once: () => Promise<Result<T>>): Promise<T> {
  try {
    return unwrap(await once());
  } catch (error) {
    throw refusal(error);
  }
}

/** What the platform says of its own failure; nothing of a refusal or a bug. */
function callFailure(error: unknown): z.infer<typeof PlatformError> {
  return error instanceof CoreError ? {} : (PlatformError.safeParse(error).data ?? {});
}

function refusal(error: unknown): unknown {
  const { retryable, overloaded, durableObjectReset } = callFailure(error);
  if (!retryable && !overloaded && !durableObjectReset) return error;
  return new CoreError("unavailable", "What was asked for cannot be reached right now. Try again.", {
    retryAfter: 1,
  });
}

/** The value of an answer; a failure becomes the `CoreError` that it was. */
function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { code, detail, data } = Failure.parse(result);
  throw new CoreError(code satisfies ErrorCode, detail, data);
}

/** Runs what a method does and answers as data what it refuses; only bugs throw across. */
export async function answer<T>(work: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof CoreError) return error.toFailure();
    throw error;
  }
}
