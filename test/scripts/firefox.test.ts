import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** Runs `npm run test:firefox` as on a machine with nothing on its PATH. */
function run(firefox: string) {
  const env = { PATH: "/nowhere", FIREFOX: firefox };
  const { status, stderr } = spawnSync(process.execPath, ["web/scripts/firefox.ts"], {
    env,
    encoding: "utf8",
  });
  return { status, stderr };
}

test("without a Firefox, the tests that need one say so, and what to do", () => {
  const { status, stderr } = run("");
  expect(status).toBe(1);
  expect(stderr).toBe(
    "No test ran: There is no Firefox on this machine. Install one (Debian: apt-get install firefox-esr), or name one of version 140 or later: FIREFOX=/path/to/firefox npm run test:firefox\n",
  );
});

test("a path that leads to no Firefox is named", () => {
  const { status, stderr } = run(process.execPath);
  expect(status).toBe(1);
  expect(stderr).toContain(
    `No test ran: ${process.execPath} is no Firefox of version 140 or later. Install one`,
  );
});
