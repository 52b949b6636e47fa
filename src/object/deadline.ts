import { CoreError } from "../domain/errors.ts";

/** A wait is counted in so many parts. */
const PARTS = 10;

/**
 * Waits for a call to another object, but no longer than `ms`: one that does not answer must not hold
 * up what does not depend on it. Where nothing runs for a while, as the machine is busy, that takes a part of
 * the time and no more: an answer which came meanwhile is not passed over for a timer that went off before it.
 * @throws `unavailable` once the time is over; what the call does later is of no more interest
 */
export async function withDeadline<T>(call: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const wait = (parts: number): void => {
      timer = setTimeout(() => {
        if (parts > 1) wait(parts - 1);
        else reject(new CoreError("unavailable", `No answer within ${ms} ms.`, { retryAfter: 1 }));
      }, ms / PARTS);
    };
    wait(PARTS);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
