import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Called, whenFree } from "../../scripts/deploy/calls.ts";
import { collectOutput, exitCode, ROOT } from "../../scripts/support/wrangler.ts";

const BUSY = "✘ [ERROR] database is locked: SQLITE_BUSY";

/** A wrangler that meets a busy database so often. */
function busyFor(times: number, output = BUSY) {
  let calls = 0;
  const run = async (): Promise<Called> => {
    calls++;
    return calls > times ? { ok: true, stdout: "[]", output: "[]" } : { ok: false, stdout: "", output };
  };
  return { run, calls: () => calls };
}

const pauses: number[] = [];
const pause = async (ms: number) => void pauses.push(ms);

test("a call that meets a busy database waits, and tries again", async () => {
  const wrangler = busyFor(3);
  expect(await whenFree(wrangler.run, pause)(["d1"], {})).toMatchObject({ ok: true });
  expect([wrangler.calls(), pauses.length]).toEqual([4, 3]);
});

test("it gives up in the end, and tries no other failure again", async () => {
  const [busy, wrong] = [busyFor(1_000), busyFor(1_000, "no such table")];
  expect(await whenFree(busy.run, pause)(["d1"], {})).toMatchObject({ ok: false, output: BUSY });
  expect(busy.calls()).toBeLessThan(100);
  expect(await whenFree(wrong.run, pause)(["d1"], {})).toMatchObject({ ok: false });
  expect(wrong.calls()).toBe(1);
});

const folder = mkdtempSync(join(tmpdir(), "parley-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A wrangler that notes each call. The first one meets a busy database, each later one another failure. */
const FAILING = `
  import { appendFileSync, readFileSync } from "node:fs";
  appendFileSync("calls", process.argv.slice(2, 5).join(" ") + "\\n");
  const isFirst = readFileSync("calls", "utf8").split("\\n").length === 2;
  const fail = () => {
    console.error(isFirst ? ${JSON.stringify(BUSY)} : "no such table");
    process.exit(1);
  };
  if (process.env.FAKE_HANGS) {
    process.on("SIGTERM", fail);
    process.kill(process.ppid, "SIGTERM");
    setInterval(() => {}, 1000);
  } else fail();
`;

test.each([
  ["tries again while a server has the database", {}, ["no such table", 2]],
  ["tries nothing again once it is asked to end", { FAKE_HANGS: "on" }, [BUSY, 1]],
])("npm run dev %s", async (_, env, [said, calls]) => {
  const wrangler = join(folder, "wrangler.mjs");
  const log = join(folder, "calls");
  rmSync(log, { force: true });
  writeFileSync(wrangler, FAILING.replaceAll('"calls"', JSON.stringify(log)));
  const settings = join(folder, "settings");
  writeFileSync(settings, "");
  const flags = ["--port", "0", "--persist-to", folder, "--env-file", settings];
  const child = spawn(process.execPath, ["scripts/dev.ts", ...flags], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, PARLEY_WRANGLER: wrangler, ...env },
  });
  const output = collectOutput(child);
  expect(await exitCode(child)).toBe(1);
  expect(output()).toContain(said);
  expect(readFileSync(log, "utf8")).toBe("d1 migrations apply\n".repeat(Number(calls)));
});
