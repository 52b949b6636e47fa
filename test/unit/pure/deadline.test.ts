import { expect, test } from "vitest";
import { withDeadline } from "../../../src/object/deadline.ts";

/** Has nothing run here for a while, as on a busy machine. */
function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Answers after so many turns. */
async function after<T>(turns: number, value: T): Promise<T> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  return value;
}

test("an answer that comes once a machine runs again is not too late, however long it stood still", async () => {
  const answered = withDeadline(after(5, "here"), 100);
  standStill(300);
  expect(await answered).toBe("here");
});

test("where there is no answer the wait ends", async () => {
  const never = withDeadline(new Promise(() => undefined), 100);
  await expect(never).rejects.toMatchObject({ code: "unavailable", data: { retryAfter: 1 } });
});
