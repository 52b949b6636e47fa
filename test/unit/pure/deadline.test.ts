import { expect, test } from "vitest";
import { withDeadline } from "../../../src/object/calls/deadline.ts";

/** Blocks the process for a while, as a busy machine does. */
function blockProcess(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Resolves after this many turns of the event loop. */
async function after<T>(turns: number, value: T): Promise<T> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  return value;
}

test("an answer that arrives when a stopped machine resumes is not late, however long it stood still", async () => {
  const answered = withDeadline(after(5, "here"), 100);
  blockProcess(300);
  expect(await answered).toBe("here");
});

test("a wait without an answer ends", async () => {
  const never = withDeadline(new Promise(() => undefined), 100);
  await expect(never).rejects.toMatchObject({ code: "unavailable", data: { retryAfter: 1 } });
});
