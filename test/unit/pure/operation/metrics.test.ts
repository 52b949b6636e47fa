import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BUCKETS_MS, bucketOf, noteOutcomes, quantile } from "../../../../src/domain/operation/metrics.ts";
import { TIMING } from "../../../../src/domain/timing.ts";
import { eventDataset, MetricsInAnalyticsEngine } from "../../../../src/storage/metrics/analytics-engine.ts";
import { MetricsInMemory } from "../../../../src/storage/metrics/memory.ts";

const JOINING = TIMING.metrics;

test("a duration is in the first bucket that is not below it, and in the last if it is longer than all", () => {
  for (const ms of [-5, 0, 0.5, 1]) expect(bucketOf(ms)).toBe(0);
  for (const [at, bound] of BUCKETS_MS.entries()) {
    expect(bucketOf(bound)).toBe(at);
    expect(bucketOf(bound + 0.001)).toBe(at + 1);
  }
  expect(bucketOf(1e9)).toBe(BUCKETS_MS.length);
});

test("a percentile is within its bucket, and off by a factor of two at most", () => {
  const metrics = new MetricsInMemory();
  const durations = Array.from({ length: 1_000 }, (_, i) => i + 1);
  for (const ms of durations) metrics.observe("send", { surface: "v1" }, ms);
  const histogram = metrics.totals().durations[0]?.histogram ?? { counts: [], sumMs: 0 };
  expect(histogram.sumMs).toBe(500_500);
  for (const share of [0.01, 0.5, 0.95, 0.99, 1]) {
    const found = quantile(histogram, share) ?? 0;
    expect(found).toBeGreaterThanOrEqual((share * 1_000) / 2);
    expect(found).toBeLessThanOrEqual(share * 1_000 * 2);
  }
  expect(quantile({ counts: [] }, 0.5)).toBeNull();
  // Longer than the last bound: that bound is all that is known.
  expect(quantile({ counts: [...BUCKETS_MS.map(() => 0), 1] }, 0.5)).toBe(BUCKETS_MS.at(-1));
});

test("series in memory have a bound, and those that are known are counted on", () => {
  const metrics = new MetricsInMemory();
  for (let i = 0; i < 1_100; i++) metrics.count("refusals", { surface: "v1", code: `code ${i}` });
  metrics.count("refusals", { surface: "v1", code: "code 0" }, 5);
  const { counters } = metrics.totals();
  expect(counters.length).toBe(1_000);
  expect(counters[0]?.value).toBe(6);
});

test("the sends of a frame are counted by their outcomes, and measured once", () => {
  const metrics = new MetricsInMemory();
  noteOutcomes(metrics, "v1_device", ["stored", "stored", "muted", "repeated"], Date.now());
  const { counters, durations } = metrics.totals();
  const found = counters.map(({ name, labels, value }) => [name, labels.surface, labels.result, value]);
  expect(found).toEqual([
    ["sends", "v1_device", "stored", 2],
    ["sends", "v1_device", "muted", 1],
    ["sends", "v1_device", "repeated", 1],
  ]);
  expect(durations.map(({ histogram }) => histogram.counts.reduce((sum, one) => sum + one))).toEqual([1]);
});

test("Analytics Engine gets a point of each event, whose blobs are the labels in their order", () => {
  const points: unknown[] = [];
  const dataset = { writeDataPoint: (point: unknown) => void points.push(point) };
  const metrics = new MetricsInAnalyticsEngine(dataset, JOINING);
  metrics.count("sends", { result: "stored", surface: "v1" }, 3);
  metrics.observe("delivery", { socket: "device" }, 12);
  expect(points).toEqual([
    { indexes: ["sends"], blobs: ["v1", "stored"], doubles: [3] },
    { indexes: ["delivery_ms"], blobs: ["device"], doubles: [12, 1] },
  ]);
  expect(metrics.totals()).toBeNull();
  expect(eventDataset({ EVENTS: dataset })).toBe(dataset);
  for (const without of [{}, { EVENTS: "parley_events" }]) expect(eventDataset(without)).toBeUndefined();
});

describe("the events of an object, of which Analytics Engine takes 250 points an invocation", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** What an object counts, and the points that are written of it. */
  function ofObject() {
    const points: { indexes: string[]; blobs: string[]; doubles: number[] }[] = [];
    const writeDataPoint = (point: (typeof points)[number]) => void points.push(point);
    const metrics = new MetricsInAnalyticsEngine({ writeDataPoint }, JOINING).forObject();
    const sum = (name: string) =>
      points
        .filter(({ indexes }) => indexes[0] === name)
        .reduce((all, { doubles }) => all + (doubles[0] ?? 0), 0);
    return { metrics, points, sum };
  }

  test("are joined where they are of one kind: no count is lost", () => {
    const { metrics, points } = ofObject();
    for (let i = 0; i < 1_000; i++) metrics.count("inbox_failures", { call: i % 4 ? "update" : "notify" });
    for (let i = 0; i < 1_000; i++) metrics.count("sends", { surface: "v1_room", result: "stored" }, 2);
    expect(points).toEqual([]);
    vi.advanceTimersByTime(JOINING.joinMs);
    expect(points).toEqual([
      { indexes: ["inbox_failures"], blobs: ["notify"], doubles: [250] },
      { indexes: ["inbox_failures"], blobs: ["update"], doubles: [750] },
      { indexes: ["sends"], blobs: ["v1_room", "stored"], doubles: [2_000] },
    ]);
    vi.advanceTimersByTime(60_000);
    expect([points.length, vi.getTimerCount()]).toEqual([3, 0]);
  });

  test("are joined for longer while they go on, and soon again after a pause", () => {
    const { metrics, points, sum } = ofObject();
    for (let i = 0; i < 9_000; i++) {
      metrics.count("jobs_late", { object: "inbox", job: "list" });
      vi.advanceTimersByTime(100);
    }
    expect(points.length).toBeLessThan(250);
    vi.advanceTimersByTime(JOINING.maxJoinMs);
    expect(sum("jobs_late")).toBe(9_000);
    vi.advanceTimersByTime(60_000);
    metrics.count("jobs_late", { object: "inbox", job: "list" });
    vi.advanceTimersByTime(JOINING.joinMs);
    expect(sum("jobs_late")).toBe(9_001);
  });

  test("durations are joined by two digits, each with how many there were", () => {
    const { metrics, points } = ofObject();
    for (const ms of [1_234, 7, 1_189, -3, 7]) metrics.observe("delivery", { socket: "device" }, ms);
    vi.advanceTimersByTime(JOINING.joinMs);
    expect(points.map(({ doubles }) => doubles)).toEqual([
      [1_200, 2],
      [7, 2],
      [0, 1],
    ]);
  });
});

test("an event that Analytics Engine refuses fails nothing", () => {
  const refuse = () => {
    throw new TypeError("too many points");
  };
  const metrics = new MetricsInAnalyticsEngine({ writeDataPoint: refuse }, JOINING);
  expect(() => metrics.count("inbox_failures", { call: "update" })).not.toThrow();
});
