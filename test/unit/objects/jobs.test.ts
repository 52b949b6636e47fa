import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { AlarmJobs, JOBS_TABLE, type Job, type JobHandler } from "../../../src/object/jobs/alarm-jobs.ts";
import { register } from "../../support/clients/api.ts";
import { freezeClock } from "../../support/clock.ts";
import { nextTurn, until } from "../../support/event-loop.ts";
import { watchSql } from "../../support/objects/costs.ts";
import { conversationObject, createGroupId, inboxObject } from "../../support/objects/room.ts";
import { overrideTiming, timing } from "../../support/timing.ts";

const Row = z.object({ kind: z.string(), key: z.string(), due: z.number(), tries: z.number() });

/** Jobs over a real table, with an alarm that only records when it is set. */
class JobHarness {
  readonly storage: DurableObjectStorage;
  alarm: number | null = null;
  readonly ran: string[] = [];

  constructor(storage: DurableObjectStorage) {
    storage.sql.exec(JOBS_TABLE);
    const alarms = {
      setAlarm: async (at: number) => {
        this.alarm = at;
      },
      getAlarm: async () => this.alarm,
    };
    this.storage = new Proxy(storage, {
      get: (target, key) => Reflect.get(key in alarms ? alarms : target, key),
    });
  }

  jobs<Kind extends string>(
    jobs: Record<Kind, JobHandler | Job>,
    ...note: [(event: string, kind: string) => void] | []
  ): AlarmJobs<Kind> {
    const kinds = Object.entries<JobHandler | Job>(jobs).map(([kind, job]): [string, Job] => [
      kind,
      typeof job === "function" ? { run: job } : job,
    ]);
    return new AlarmJobs(this.storage, new Map(kinds), timing.jobs, ...note);
  }

  /** A handler that records its run and succeeds. */
  done(name: string): JobHandler {
    return async (key) => {
      this.ran.push(`${name} ${key}`);
      return null;
    };
  }

  get rows() {
    const rows = this.storage.sql.exec("SELECT * FROM jobs ORDER BY kind, key").toArray();
    return z.array(Row).parse(rows);
  }

  makeDue(): void {
    this.storage.sql.exec("UPDATE jobs SET due = 0");
  }
}

/** Uses an object that was never used before, so that the test owns its storage. */
function withHarness(work: (harness: JobHarness) => Promise<void>): Promise<void> {
  const stub = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
  return runInDurableObject(stub, (_, { storage }) => work(new JobHarness(storage)));
}

const DAY_S = 86_400;

/** The failures before a run, and the seconds until the next one. */
const PAUSES: [string, "prompt" | "patient", Record<number, number>][] = [
  [
    "after 2 s, then twice as long each time, up to 10 minutes",
    "patient",
    { 0: 2, 1: 4, 2: 8, 3: 16, 4: 32, 5: 64, 6: 128, 7: 256, 8: 512, 9: 600, 10: 600, 98: 600 },
  ],
  [
    "after a hundred failures with pauses that grow to a day",
    "patient",
    { 99: 600, 100: 1_200, 101: 2_400, 106: 76_800, 107: DAY_S, 2000: DAY_S },
  ],
  [
    "within ten seconds for as long, if it is prompt",
    "prompt",
    { 0: 2, 1: 4, 2: 8, 3: 10, 5999: 10, 6000: 20, 20000: DAY_S },
  ],
];

test.each(PAUSES)(
  "a failing job is retried %s, knows how often it failed, and others go on",
  (_, how, pauses) =>
    withHarness(async (harness) => {
      const known: number[] = [];
      const fails = async (_key: string, _calls: unknown, failures: number) => {
        known.push(failures);
        throw new Error("never");
      };
      const failing: Job = { run: fails, ...(how === "prompt" && { isPrompt: true }) };
      const jobs = harness.jobs({ fails: failing, works: harness.done("works") });
      jobs.schedule("fails", "", Date.now());
      const found: Record<number, number> = {};
      for (const tries of Object.keys(pauses).map(Number)) {
        jobs.schedule("works", `${tries}`, Date.now());
        harness.storage.sql.exec("UPDATE jobs SET due = 0, tries = ? WHERE kind = 'fails'", tries);
        const before = Date.now();
        await jobs.run();
        expect(harness.ran.at(-1)).toBe(`works ${tries}`);
        expect(harness.rows).toMatchObject([{ kind: "fails", tries: tries + 1 }]);
        const due = harness.rows[0]?.due ?? 0;
        expect(harness.alarm).toBe(due);
        found[tries] = Math.floor((due - before) / 1_000);
      }
      expect(known).toEqual(Object.keys(pauses).map(Number));
      expect(found).toEqual(pauses);
    }),
);

test("a release that does not know a job keeps it, and the next one that does runs it", () =>
  withHarness(async (harness) => {
    freezeClock();
    const known = harness.jobs({ new: harness.done("new"), old: harness.done("old") });
    const due = Date.now();
    for (const kind of ["new", "old"] as const) known.schedule(kind, "1", due);
    // The previous release, over the same table.
    const former = harness.jobs({ old: harness.done("old") });
    await former.run();
    expect(harness.ran).toEqual(["old 1"]);
    expect(harness.rows).toMatchObject([{ kind: "new", key: "1", tries: 1 }]);
    for (let tries = 2; tries <= 50; tries++) {
      harness.makeDue();
      await former.run();
    }
    expect((harness.rows[0]?.due ?? 0) - due).toBe(10 * 60_000);
    harness.makeDue();
    await harness.jobs({ new: harness.done("new"), old: harness.done("old") }).run();
    expect(harness.ran).toEqual(["old 1", "new 1"]);
    expect(harness.rows).toEqual([]);
  }));

test("a job that runs beside others holds up none, keeps its row, and is not begun twice", () =>
  withHarness(async (harness) => {
    overrideTiming({ jobs: { maxBeside: 2, budgetMs: 20 } });
    const waiting = new Map<string, () => void>();
    const slow = async (key: string) => {
      harness.ran.push(`slow ${key}`);
      await new Promise<void>((resolve) => waiting.set(key, resolve));
      return null;
    };
    const jobs = harness.jobs({ quick: harness.done("quick"), slow: { run: slow, isBeside: true } });
    for (const key of ["1", "2", "3"]) jobs.schedule("slow", key, 0);
    jobs.schedule("quick", "", 1);
    await jobs.run();
    expect(harness.ran).toEqual(["slow 1", "slow 2", "quick "]);
    expect(harness.rows.map(({ key }) => key)).toEqual(["1", "2", "3"]);
    // The alarm stays set for what runs: a crash loses it not.
    expect(harness.alarm).not.toBeNull();
    await jobs.run();
    expect(harness.ran.length).toBe(3);
    // Scheduled once more while it runs: it runs again.
    jobs.schedule("slow", "1", 0);
    waiting.get("1")?.();
    await until(() => harness.rows.some(({ due }) => due !== 0), "a job is to be repeated");
    await jobs.run();
    expect(harness.ran.slice(3)).toEqual(["slow 3"]);
    for (const end of waiting.values()) end();
    await until(() => harness.rows.length <= 1, "one job is left");
    const again = jobs.run();
    await until(() => harness.ran.length >= 5, "five jobs have run");
    waiting.get("1")?.();
    await again;
    expect([harness.ran.slice(4), harness.rows]).toEqual([["slow 1"], []]);
  }));

test("a job that wants to run again at once gets an alarm of its own", () =>
  withHarness(async (harness) => {
    let runs = 0;
    const again: JobHandler = async () => {
      runs++;
      await nextTurn(5);
      return Date.now();
    };
    const jobs = harness.jobs({ again, works: again });
    jobs.schedule("again", "", Date.now() - 1);
    jobs.schedule("works", "", Date.now());
    await jobs.run();
    expect(runs).toBe(2);
    expect(harness.alarm).toBe(Math.min(...harness.rows.map(({ due }) => due)));
  }));

test("a job of a kind unknown to this release stays, and blocks no other", () =>
  withHarness(async (harness) => {
    harness.storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('toString', 'x', 0)");
    const jobs = harness.jobs({ works: harness.done("works") });
    jobs.schedule("works", "", Date.now());
    await jobs.run();
    expect(harness.ran).toEqual(["works "]);
    expect(harness.rows).toMatchObject([{ kind: "toString", tries: 1 }]);
  }));

test("jobs that are due run once each, the earliest first, and the alarm is then set to the next", () =>
  withHarness(async (harness) => {
    const jobs = harness.jobs({ works: harness.done("works") });
    const now = Date.now();
    const soon = now + 60_000;
    jobs.schedule("works", "later", soon);
    jobs.schedule("works", "second", now - 1);
    jobs.schedule("works", "first", now - 2);
    await jobs.run();
    expect(harness.ran).toEqual(["works first", "works second"]);
    expect(harness.alarm).toBe(soon);
    expect(harness.rows).toMatchObject([{ key: "later", due: soon }]);
  }));

test("an alarm whose jobs have used up its calls starts no further job, and the next alarm does", () =>
  withHarness(async (harness) => {
    overrideTiming({ jobs: { maxCalls: 10 } });
    const calling: JobHandler = async (key, calls) => {
      harness.ran.push(`${key}: ${calls.take(4)}`);
      return null;
    };
    const jobs = harness.jobs({ calling });
    for (const key of ["a", "b", "c", "d", "e"]) jobs.schedule("calling", key, Date.now());
    await jobs.run();
    expect(harness.ran).toEqual(["a: 4", "b: 4", "c: 2"]);
    expect(harness.alarm).toBe(harness.rows[0]?.due);
    await jobs.run();
    expect(harness.ran.slice(3)).toEqual(["d: 4", "e: 4"]);
    expect(harness.rows).toEqual([]);
  }));

test("many jobs are scheduled without reading each other", () =>
  withHarness(async (harness) => {
    const jobs = harness.jobs({ works: harness.done("works") });
    const due = Date.now() + 60_000;
    const cursors: { rowsRead: number }[] = [];
    jobs.schedule("works", "first", due);
    watchSql(harness.storage.sql, (_, cursor) => cursors.push(cursor));
    for (let n = 0; n < 100; n++) jobs.schedule("works", String(n), due + n);
    Reflect.deleteProperty(harness.storage.sql, "exec");
    expect(cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0)).toBeLessThanOrEqual(200);
    expect(harness.alarm).toBe(due);
  }));

test("scheduling a job again keeps the earlier time", () =>
  withHarness(async (harness) => {
    const jobs = harness.jobs({ works: harness.done("works") });
    const at = Date.now() + 60_000;
    jobs.schedule("works", "", at);
    jobs.schedule("works", "", at + 1);
    expect(harness.rows).toMatchObject([{ due: at }]);
    jobs.schedule("works", "", at - 1);
    expect(harness.rows).toMatchObject([{ due: at - 1 }]);
    expect(harness.alarm).toBe(at - 1);
  }));

test("a job whose handler returns a time runs again then", () =>
  withHarness(async (harness) => {
    const at = Date.now() + 60_000;
    const jobs = harness.jobs({ again: async () => at });
    jobs.schedule("again", "", Date.now());
    await jobs.run();
    expect(harness.rows).toEqual([{ kind: "again", key: "", due: at, tries: 0 }]);
    expect(harness.alarm).toBe(at);
  }));

test.each([0, 60_000])("a job that is rescheduled (in %i ms) while it runs is not lost", (wait) =>
  withHarness(async (harness) => {
    freezeClock();
    let runs = 0;
    const due = Date.now() + wait;
    const again: JobHandler = async () => {
      runs++;
      // The run so far came before this call: a caller who schedules now expects another run.
      if (runs === 1) jobs.schedule("again", "", due);
      return null;
    };
    const jobs = harness.jobs({ again });
    jobs.schedule("again", "", Date.now());
    await jobs.run();
    // At least 1 ms ahead: the next alarm has its time.
    expect(harness.rows).toMatchObject([{ kind: "again", due: Math.max(due, Date.now() + 1) }]);
    expect(harness.alarm).toBe(harness.rows[0]?.due);
  }),
);

test("an alarm that fires early is set again", () =>
  withHarness(async (harness) => {
    const jobs = harness.jobs({ works: harness.done("works") });
    const at = Date.now() + 60_000;
    jobs.schedule("works", "", at);
    harness.alarm = null;
    await jobs.run();
    expect(harness.ran).toEqual([]);
    expect(harness.alarm).toBe(at);
  }));

test("a start sets a missing alarm, and keeps one that is set", () =>
  withHarness(async (harness) => {
    const at = Date.now() + 60_000;
    harness.jobs({ works: harness.done("works") }).schedule("works", "", at);
    harness.alarm = null;
    await harness.jobs({ works: harness.done("works") }).start();
    expect(harness.alarm).toBe(at);
    harness.alarm = at - 1;
    await harness.jobs({ works: harness.done("works") }).start();
    expect(harness.alarm).toBe(at - 1);
  }));

test("a conversation and an inbox restore a lost alarm when they start", async () => {
  const ann = await register();
  const id = await createGroupId(ann);
  for (const stub of [conversationObject(id), inboxObject(ann.user.id)]) {
    const due = Date.now() + 60_000;
    await runInDurableObject(stub, async (_, { storage }) => {
      storage.sql.exec("DELETE FROM jobs");
      storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('sockets', '', ?)", due);
      await storage.deleteAlarm();
    });
    await evictDurableObject(stub);
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBe(due);
  }
});

test("runs that fail, and runs that begin a minute late, are noted", () =>
  withHarness(async (harness) => {
    const noted: string[] = [];
    const fails = async () => {
      throw new Error("never");
    };
    const jobs = harness.jobs({ fails, quick: harness.done("quick") }, (event, kind) => {
      noted.push(`${event} ${kind}`);
    });
    const now = Date.now();
    jobs.schedule("fails", "", now);
    jobs.schedule("quick", "in time", now - timing.jobs.lateMs / 2);
    jobs.schedule("quick", "late", now - 10 * timing.jobs.lateMs);
    await jobs.run();
    expect(noted).toEqual(["jobs_late quick", "jobs_failed fails"]);
  }));
