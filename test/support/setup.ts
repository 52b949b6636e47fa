import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll } from "vitest";
import { rules } from "./app.ts";
import { takeUndocumentedFrames } from "./clients/documented/frames.ts";
import { closeUnreadSockets } from "./clients/socket.ts";
import { continueNumbering } from "./numbering.ts";
import { failOnLeftovers } from "./shared/left-behind.ts";
import { undoOfFile } from "./shared/undo.ts";

/** The log lines of the Worker and its objects since the last test ended. */
const logged: string[] = [];
// Each line would go to the main process, which shows only those of failed tests. At the end of a file vitest
// waits for each line's answer, but the pool keeps back a line of an object until the file sends something
// else. So an alarm that logs after the last test would stop the run for good.
for (const level of ["info", "warn", "error"] as const)
  console[level] = (line: string) => void logged.push(line);

afterEach(({ task }) => {
  const lines = logged.splice(0).join("\n");
  if (task.result?.state === "fail") console.log(lines);
});

afterEach(() => {
  const flaws = takeUndocumentedFrames();
  if (flaws.length > 0)
    throw new Error(["v1 sent frames that /asyncapi.json does not have:", ...flaws].join("\n  "));
});

failOnLeftovers({ env, "env.DB": env.DB, "env.FILES": env.FILES, "env.CONVERSATION": env.CONVERSATION });

afterEach(closeUnreadSockets);

// The test files of one worker share its runtime. Each begins with an empty D1, an empty R2 and new ids.
beforeAll(async () => {
  // `reset` skips the storage of objects that sleep. D1 and R2 are objects too: a call wakes them.
  await Promise.all([env.DB.prepare("SELECT 1").run(), env.FILES.head("none")]);
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await continueNumbering();
  // The isolate has the rules of the file before, whose version may be the same.
  await rules.read(async () => ({ version: -1, rules: [], shadowed: [], newest: 0 }));
  rules.readAt = 0;
});

afterAll(undoOfFile);
