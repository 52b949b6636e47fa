import { expect, test } from "vitest";
import { type Called, whenFree } from "../../scripts/deploy/calls.ts";

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
