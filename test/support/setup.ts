import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll } from "vitest";
import { continueNumbering } from "./numbering.ts";

/** What the Worker has logged of its requests since a test ended. */
const requests: string[] = [];
// Each line would go to the main process, which shows those of failed tests alone.
console.info = (line: string) => void requests.push(line);

afterEach(({ task }) => {
  const lines = requests.splice(0).join("\n");
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
