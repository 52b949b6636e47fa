import { CoreError } from "../core/errors.ts";

/**
 * Waits for a call to another object, but no longer than `ms`: one that does not answer must not hold
 * up what does not depend on it.
 * @throws `unavailable` once the time is over; what the call does later is of no more interest
 */
export async function withDeadline<T>(call: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CoreError("unavailable", `No answer within ${ms} ms.`, { retryAfter: 1 })),
      ms,
    );
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
