import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SourceCalls } from "../../scripts/backup/deployment-calls.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Asks a deployment that gives these answers one after the other. @returns the pauses between them, in ms */
async function pauses(...answers: (Response | Error)[]): Promise<number[]> {
  const times: number[] = [];
  const calls = new SourceCalls("https://parley.test", "psk", async () => {
    times.push(Date.now());
    const answer = answers.shift() ?? Response.json({ ids: [] });
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const asked = calls.ids("inbox", null);
  asked.catch(() => undefined);
  await vi.runAllTimersAsync();
  await asked;
  return times.slice(1).map((time, i) => time - (times[i] ?? 0));
}

function refusal(status: number, retryAfter?: string): Response {
  return new Response(null, {
    status,
    headers: retryAfter === undefined ? {} : { "Retry-After": retryAfter },
  });
}

test("a call is repeated after a lost connection and any failure of the server", async () => {
  expect(await pauses(new Error("lost"), refusal(500), refusal(502), refusal(429))).toEqual([
    500, 1_000, 2_000, 4_000,
  ]);
});

test("a refusal is not repeated", async () => {
  await expect(pauses(refusal(403))).rejects.toThrow("403");
});

test("a call waits as long as the server says, in seconds", async () => {
  expect(await pauses(refusal(503, "7"))).toEqual([7_000]);
});

test("a time instead of seconds is not understood: the call waits as without it", async () => {
  const date = new Date(Date.now() + 7_000).toUTCString();
  expect(await pauses(refusal(503, date), refusal(503, date))).toEqual([500, 1_000]);
});

test("a deployment that does not answer is given up", async () => {
  vi.useRealTimers();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
  const signals: AbortSignal[] = [];
  const calls = new SourceCalls("https://parley.test", "psk", async ({ signal }) => {
    signals.push(signal);
    return Response.json({ ids: [] });
  });
  await calls.ids("inbox", null);
  timeout.mockRestore();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});
