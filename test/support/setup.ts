import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll } from "vitest";
import { continueNumbering } from "./numbering.ts";

/** What the Worker and its objects have logged since a test ended. */
const logged: string[] = [];
// Each line would go to the main process, which shows those of failed tests alone. And vitest waits at the end of a
// file until each line is answered, while the pool keeps a line of an object back until the file sends something
// else: an alarm that logs after the last test would stop the run for good.
for (const level of ["info", "warn", "error"] as const)
  console[level] = (line: string) => void logged.push(line);

afterEach(({ task }) => {
  const lines = logged.splice(0).join("\n");
  if (task.result?.state === "fail") console.log(lines);
});

// Test files of one worker share its runtime: each begins with an empty D1 and an empty R2, and ids of its own.
beforeAll(async () => {
  // The storage of an object that sleeps is not reset. D1 and R2 are objects too: a call wakes them.
  await Promise.all([env.DB.prepare("SELECT 1").run(), env.FILES.head("none")]);
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await continueNumbering();
});
