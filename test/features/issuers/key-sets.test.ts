import { expect, test } from "vitest";
import { type Answer, expectProblem } from "../../support/clients/api.ts";
import { advanceClock } from "../../support/clock.ts";
import { exchange, setIssuers, TestIssuer, tokensOf } from "../../support/issuer/issuer.ts";
import { setTiming } from "../../support/timing.ts";

async function withIssuer(work: (issuer: TestIssuer) => Promise<void>): Promise<void> {
  const issuer = await TestIssuer.start();
  const restore = setIssuers(issuer.entry());
  try {
    await work(issuer);
  } finally {
    restore();
  }
}

const signIn = async (issuer: TestIssuer, key = issuer.keys.at(-1)): Promise<Answer> =>
  exchange(await issuer.sign({}, key));

test("an issuer changes its key without a failed sign-in, before and after, fifty at once", () =>
  withIssuer(async (issuer) => {
    const [old] = issuer.keys;
    tokensOf(await signIn(issuer));
    expect(await issuer.asked()).toBe(1);
    await issuer.addKey();
    await issuer.serve();
    const both = Array.from({ length: 50 }, (_, nth) => signIn(issuer, nth % 2 === 0 ? old : undefined));
    for (const answer of await Promise.all(both)) tokensOf(answer);
    expect(await issuer.asked()).toBe(2);
    // The next change, half a minute later.
    advanceClock(30_000);
    await issuer.addKey();
    await issuer.serve();
    tokensOf(await signIn(issuer));
    expect(await issuer.asked()).toBe(3);
  }));

test("unknown keys load the set again once in 30 s, however many ask", () =>
  withIssuer(async (issuer) => {
    tokensOf(await signIn(issuer));
    const [known] = issuer.keys;
    await issuer.addKey();
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(issuer)));
    // 400: the key was looked for. 503: it may have come since the last look.
    for (const { status } of answers) expect([400, 503]).toContain(status);
    await issuer.serve();
    expectProblem(await signIn(issuer), 503, "unavailable");
    expect(await issuer.asked()).toBe(2);
    tokensOf(await signIn(issuer, known));
    advanceClock(30_000);
    tokensOf(await signIn(issuer));
  }));

test.each(["500", "404", "redirect", "hang", "hang_in_body"] as const)(
  "an issuer that answers `%s` is a 503 for new keys, and known keys go on",
  (how) => {
    return withIssuer(async (issuer) => {
      tokensOf(await signIn(issuer));
      const [known] = issuer.keys;
      await issuer.addKey();
      await issuer.serve(how);
      const impatience = setTiming({ keySets: { timeoutMs: 200 } });
      expectProblem(await signIn(issuer), 503, "unavailable");
      expectProblem(await signIn(issuer), 503, "unavailable");
      expect(await issuer.asked()).toBe(2);
      tokensOf(await signIn(issuer, known));
      // Old keys are better than none.
      advanceClock(11 * 60_000);
      tokensOf(await signIn(issuer, known));
      advanceClock(30_000);
      impatience();
      await issuer.serve();
      tokensOf(await signIn(issuer));
    });
  },
);

test.each([
  ["no JSON", "keys"],
  ["no key set", '{"keys":"none"}'],
  ["more than 256 KiB", `{"keys":[{"kty":"EC","x":"${"x".repeat(300_000)}"}]}`],
])("a key set with %s counts as no answer", (_, body) =>
  withIssuer(async (issuer) => {
    await issuer.serve("keys", body);
    const refused = await signIn(issuer);
    expectProblem(refused, 503, "unavailable");
    expect(refused.headers.get("Retry-After")).toBe("5");
    await issuer.serve();
    expectProblem(await signIn(issuer), 503, "unavailable");
    expect(await issuer.asked()).toBe(1);
    advanceClock(5_000);
    tokensOf(await signIn(issuer));
  }),
);

test("a key that the issuer has withdrawn ends after ten minutes", () =>
  withIssuer(async (issuer) => {
    const [old] = issuer.keys;
    tokensOf(await signIn(issuer));
    issuer.keys.shift();
    await issuer.addKey();
    await issuer.serve();
    advanceClock(10 * 60_000);
    expect((await signIn(issuer, old)).status).toBe(400);
    tokensOf(await signIn(issuer));
  }));

test("a token without a kid is tried with each key of its algorithm", () =>
  withIssuer(async (issuer) => {
    await issuer.addKey();
    await issuer.serve();
    for (const key of issuer.keys) tokensOf(await exchange(await issuer.sign({}, key, false)));
    const stranger = await TestIssuer.start();
    const [foreign] = stranger.keys;
    expect((await exchange(await issuer.sign({}, foreign, false))).status).toBe(400);
  }));
