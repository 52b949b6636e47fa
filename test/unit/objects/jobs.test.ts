import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { AlarmJobs, JOBS_TABLE, type JobHandler } from "../../../src/object/alarm-jobs.ts";
import { register } from "../../support/clients/api.ts";
import { conversationObject, inboxObject, newGroup } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

const Row = z.object({ kind: z.string(), key: z.string(), due: z.number(), tries: z.number() });

/** Jobs over a real table, with an alarm that only tells when it is set. */
class Bench {
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

  jobs<Kind extends string>(handlers: Record<Kind, JobHandler>): AlarmJobs<Kind> {
    return new AlarmJobs(this.storage, handlers, timing.jobs);
  }

  /** Notes that it ran, and is done. */
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

/** An object that has never been used, so that the test has its storage for itself. */
function onBench(work: (bench: Bench) => Promise<void>): Promise<void> {
  const stub = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
  return runInDurableObject(stub, (_, { storage }) => work(new Bench(storage)));
}

test("a job that fails is tried again after 2 s, then twice as long each time, up to 10 minutes; others go on", () =>
  onBench(async (bench) => {
    const fails = async () => {
      throw new Error("not today");
    };
    const jobs = bench.jobs({ fails, works: bench.done("works") });
    jobs.schedule("fails", "", Date.now());
    const pauses: number[] = [];
    for (let tries = 1; tries <= 12; tries++) {
      jobs.schedule("works", `${tries}`, Date.now());
      bench.makeDue();
      const before = Date.now();
      await jobs.run();
      expect(bench.ran.at(-1)).toBe(`works ${tries}`);
      expect(bench.rows).toMatchObject([{ kind: "fails", tries }]);
      const due = bench.rows[0]?.due ?? 0;
      expect(bench.alarm).toBe(due);
      pauses.push(Math.floor((due - before) / 1_000));
    }
    expect(pauses).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]);
  }));

test("a job of a kind that this release does not know stays, and stops no other", () =>
  onBench(async (bench) => {
    bench.storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('toString', 'x', 0)");
    const jobs = bench.jobs({ works: bench.done("works") });
    jobs.schedule("works", "", Date.now());
    await jobs.run();
    expect(bench.ran).toEqual(["works "]);
    expect(bench.rows).toMatchObject([{ kind: "toString", tries: 1 }]);
  }));

test("what is due runs once each, the earliest first; the alarm then stands at the next", () =>
  onBench(async (bench) => {
    const jobs = bench.jobs({ works: bench.done("works") });
    const now = Date.now();
    const soon = now + 60_000;
    jobs.schedule("works", "later", soon);
    jobs.schedule("works", "second", now - 1);
    jobs.schedule("works", "first", now - 2);
    await jobs.run();
    expect(bench.ran).toEqual(["works first", "works second"]);
    expect(bench.alarm).toBe(soon);
    expect(bench.rows).toMatchObject([{ key: "later", due: soon }]);
  }));

test("scheduling again keeps the earlier time", () =>
  onBench(async (bench) => {
    const jobs = bench.jobs({ works: bench.done("works") });
    const at = Date.now() + 60_000;
    jobs.schedule("works", "", at);
    jobs.schedule("works", "", at + 1);
    expect(bench.rows).toMatchObject([{ due: at }]);
    jobs.schedule("works", "", at - 1);
    expect(bench.rows).toMatchObject([{ due: at - 1 }]);
    expect(bench.alarm).toBe(at - 1);
  }));

test("a handler that names a time runs again then", () =>
  onBench(async (bench) => {
    const at = Date.now() + 60_000;
    const jobs = bench.jobs({ again: async () => at });
    jobs.schedule("again", "", Date.now());
    await jobs.run();
    expect(bench.rows).toEqual([{ kind: "again", key: "", due: at, tries: 0 }]);
    expect(bench.alarm).toBe(at);
  }));

test.each([0, 60_000])("a job that is scheduled anew (in %i ms) while it runs is not lost", (wait) =>
  onBench(async (bench) => {
    let runs = 0;
    const due = Date.now() + wait;
    const again: JobHandler = async () => {
      runs++;
      // What it does it did before this: whoever schedules it now wants it done once more.
      if (runs === 1) jobs.schedule("again", "", due);
      return null;
    };
    const jobs = bench.jobs({ again });
    jobs.schedule("again", "", Date.now());
    await jobs.run();
    // One for now may have run in the same alarm; else its time is the alarm's.
    if (runs === 2) {
      expect(wait).toBe(0);
      return;
    }
    expect(bench.rows).toMatchObject([{ kind: "again", due: expect.closeTo(due, -2) }]);
    expect(bench.alarm).toBe(bench.rows[0]?.due);
  }),
);

test("an alarm that comes early is set again", () =>
  onBench(async (bench) => {
    const jobs = bench.jobs({ works: bench.done("works") });
    const at = Date.now() + 60_000;
    jobs.schedule("works", "", at);
    bench.alarm = null;
    await jobs.run();
    expect(bench.ran).toEqual([]);
    expect(bench.alarm).toBe(at);
  }));

test("a start sets the alarm where jobs have none, and leaves one that stands", () =>
  onBench(async (bench) => {
    const at = Date.now() + 60_000;
    bench.jobs({ works: bench.done("works") }).schedule("works", "", at);
    bench.alarm = null;
    await bench.jobs({ works: bench.done("works") }).start();
    expect(bench.alarm).toBe(at);
    bench.alarm = at - 1;
    await bench.jobs({ works: bench.done("works") }).start();
    expect(bench.alarm).toBe(at - 1);
  }));

test("conversation and inbox set a lost alarm again when they start", async () => {
  const ann = await register();
  const id = await newGroup(ann);
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
