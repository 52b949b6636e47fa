/**
 * `npm run client:browser`: the tests of the client that need a browser, in a Chromium of this machine.
 * Arguments are handed to vitest. Ends with 1 if there is no Chromium.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { chromiumPath } from "./chromium.ts";

const CONFIG = join(import.meta.dirname, "../vitest.browser.config.mts");

process.exitCode = run();

function run(): number {
  if (chromiumPath() === undefined) {
    console.error(
      "No test ran: there is no Chromium on this machine.\n" +
        "Install one (Debian: apt-get install chromium), or name one: CHROMIUM_PATH=/path/to/chromium",
    );
    return 1;
  }
  const args = ["run", "--config", CONFIG, ...process.argv.slice(2)];
  return spawnSync("vitest", args, { stdio: "inherit" }).status ?? 1;
}
