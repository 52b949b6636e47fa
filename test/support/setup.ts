import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll } from "vitest";
import { keepModules } from "./modules.ts";

keepModules();

/** What the Worker has logged of its requests since a test ended. */
const requests: string[] = [];
// Each line would go to the main process, which shows those of failed tests alone.
console.info = (line: string) => void requests.push(line);

afterEach(({ task }) => {
  const lines = requests.splice(0).join("\n");
  if (task.result?.state === "fail") console.log(lines);
});

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});
