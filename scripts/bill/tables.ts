import { TIMING } from "../../src/domain/timing.ts";
import { type CountedMessage, type CountedTime, readCounted } from "./counted.ts";
import { ASSUMED, FRAMES_PER_REQUEST, OBJECT_GB, PRICES } from "./prices.ts";

const DAYS = 30;
const BURST = 50;

/** What a million messages, or a thousand users for a month, use: in millions, and in GB. */
interface Usage {
  workerRequests: number;
  objectRequests: number;
  /** million GB-s */
  duration: number;
  rows: number;
  storageGb: number;
}

/** The tables of the bill, in Markdown, from the counted figures of docs/benchmarks/costs.md. */
export function billTables(benchmarks: string): string {
  const counted = readCounted(benchmarks);
  const messages: [string, CountedMessage][] = [
    ["two people, a message now and then, both connected", counted.lone(2, 2)],
    ["two people, now and then, nobody connected, sent over HTTP", counted.lone(2, 0)],
    ["two people in lively talk, both connected", counted.burst(2, 2)],
    ["a group of 10, now and then, all connected", counted.lone(10, 10)],
    ["a lively group of 10, all connected", counted.burst(10, 10)],
    ["a group of 100, now and then, 20 connected", counted.lone(100, 20)],
    ["a lively group of 100, 20 connected", counted.burst(100, 20)],
    ["a lively group of 100, all connected", counted.burst(100, 100)],
  ];
  const hour = counted.connectedHour();
  const users: [string, CountedTime][] = [
    ["never connected", { wakeUps: 0, rows: 0 }],
    ["connected for an hour a day, 50 conversations", counted.dayWithAnHour()],
    ["connected day and night", { wakeUps: 24 * hour.wakeUps, rows: 24 * hour.rows }],
  ];
  return [
    table(
      "a million messages",
      messages.map(([name, one]) => [name, usageOfMessages(one)]),
    ),
    table(
      "a thousand idle users, 30 days",
      users.map(([name, one]) => [name, usageOfUsers(one)]),
    ),
  ].join("\n\n");
}

function usageOfMessages(counted: CountedMessage): Usage {
  const { connected, calls, requests, rows, alarms, rate } = counted;
  const isHttp = connected === 0;
  // A timer keeps the conversation awake until its checkpoint, and a connected inbox until its list is
  // written. After a burst both are awake until their channels are closed.
  const lastS = TIMING.fanout.checkpointMs / 1_000;
  const listS = TIMING.list.writeBehindMs / 1_000;
  const channelS = (2 * TIMING.callChannels.idleMs) / 1_000;
  const awakeS = rate === null ? lastS : (BURST / rate + Math.max(lastS, channelS)) / BURST;
  const inboxS = rate === null ? listS : (BURST / rate + Math.max(listS, channelS)) / BURST;
  const seconds = awakeS + connected * inboxS + (calls + alarms) * ASSUMED.callS;
  return {
    workerRequests: isHttp ? 1 : 0,
    objectRequests: requests + alarms + (isHttp ? 0 : 1 / FRAMES_PER_REQUEST),
    duration: seconds * OBJECT_GB,
    rows,
    storageGb: 0,
  };
}

function usageOfUsers({ wakeUps, rows }: CountedTime): Usage {
  const times = (DAYS * 1_000) / 1e6;
  return {
    workerRequests: 0,
    objectRequests: wakeUps * times,
    duration: wakeUps * times * ASSUMED.callS * OBJECT_GB,
    rows: rows * times,
    storageGb: (ASSUMED.inboxKb * 1_000) / 1e6,
  };
}

/** Dollars. */
function costOf({ workerRequests, objectRequests, duration, rows, storageGb }: Usage): number {
  const perRequest = PRICES.workerRequests + ASSUMED.cpuMs * PRICES.workerCpuMs + PRICES.logLines;
  return (
    workerRequests * perRequest +
    objectRequests * PRICES.objectRequests +
    duration * PRICES.objectDuration +
    rows * PRICES.rowsWritten +
    storageGb * PRICES.objectStorage
  );
}

function table(of: string, rows: [string, Usage][]): string {
  const head = [of, "object requests", "rows written", "GB-s", "price"];
  const lines = rows.map(([name, usage]) => {
    const { objectRequests, duration, rows: written } = usage;
    return [name, million(objectRequests), million(written), million(duration), dollars(costOf(usage))];
  });
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function million(count: number): string {
  return count === 0 ? "0" : `${round(count)} M`;
}

function dollars(amount: number): string {
  return amount < 0.01 ? "less than $0.01" : `$${amount.toFixed(2)}`;
}

/** Two significant digits from 0.001 on, whole numbers from 100 on. */
function round(value: number): string {
  return value >= 100 ? Math.round(value).toString() : Number(value.toPrecision(2)).toString();
}
