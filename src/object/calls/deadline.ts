import { CoreError } from "../../domain/errors.ts";

/** The timers into which one wait is divided. */
const PARTS = 10;

/**
 * Waits for a call to another object for `ms` at most, so that an object that does not answer blocks nothing
 * else. The wait is split into ten timers in a row. A stall of a busy machine uses up one of them and no
 * more: an answer that arrived during the stall wins over the timeout.
 * @returns the result of the call; rejects as the call does
 * @throws `unavailable` after `ms`; the later outcome of the call is ignored
 */
export async function withDeadline<T>(call: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const wait = (parts: number): void => {
      timer = setTimeout(() => {
        if (parts > 1) wait(parts - 1);
        else reject(new CoreError("unavailable", `No answer within ${ms} ms.`, { retryAfter: 1 }));
      }, ms / PARTS);
    };
    wait(PARTS);
  });
  try {
    return await Promise.race([call, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
