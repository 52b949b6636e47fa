import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { busyMicroseconds, type Usage } from "../targets/machine.ts";
import type { Target } from "../targets/target.ts";
import { Clients } from "./clients.ts";
import type { Load } from "./load.ts";
import { Posts } from "./posts.ts";
import { Room } from "./room.ts";
import { quantile } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

/** The result of one workload at one target in one round. */
export type Measurement = {
  messagesPerSecond: number;
  /** Receipts by members; 0 over HTTP, where no member has a socket. */
  deliveriesPerSecond: number;
  /** From a send to the last member's receipt, or over HTTP to the answer, in ms. */
  p50: number;
  p99: number;
  /** CPU µs of the server's processes per message; undefined without `/proc`. */
  cpuPerMessage: number | undefined;
  /** Resident bytes of the server at the end; undefined without `/proc`. */
  residentBytes: number | undefined;
  /** The generator's share of its core. Near 1 the generator was the bottleneck. */
  generatorShare: number;
  /** The share of the machine that other processes used: the noise. */
  othersShare: number | undefined;
};

const warmUpMs = 500;
const landingMs = 10_000;

/**
 * Loads a target after a warm-up, lets messages in flight land, and checks that every member has every
 * message.
 * @throws an Error when a frame is refused, lost, repeated or out of order, or a socket closes
 */
export async function measure(target: Target, workload: Workload, seconds: number): Promise<Measurement> {
  const latencies: number[] = [];
  let counting = false;
  const landed = (latency: number) => {
    if (counting) latencies.push(latency);
  };
  const run = Math.random().toString(36).slice(2, 10);
  const rooms = (await target.rooms(workload)).map(
    (seats): Load =>
      workload.over === "http"
        ? new Posts(run, workload, seats, landed)
        : workload.over === "client"
          ? new Clients(workload, seats, landed)
          : new Room(run, workload, seats, target.wire, landed),
  );
  const failed = Promise.race(rooms.map((room) => room.failed()));
  failed.catch(() => {});
  try {
    await Promise.all(rooms.map((room) => room.opened()));
    for (const room of rooms) room.start();
    await Promise.race([sleep(warmUpMs), failed]);
    const before = reading(target);
    counting = true;
    await Promise.race([sleep(seconds * 1_000), failed]);
    counting = false;
    const after = reading(target);
    for (const room of rooms) room.stop();
    await Promise.race([land(rooms), failed]);
    await Promise.all(rooms.map((room) => room.verify()));
    return summary(workload, latencies, before, after);
  } finally {
    await Promise.all(rooms.map((room) => room.close()));
  }
}

type Reading = {
  at: number;
  usage: Usage | undefined;
  generatorCpu: number;
  busy: number | undefined;
};

function reading(target: Target): Reading {
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    usage: target.usage(),
    generatorCpu: user + system,
    busy: busyMicroseconds(),
  };
}

/** Waits until no message is in flight. */
async function land(rooms: readonly Load[]): Promise<void> {
  const deadline = performance.now() + landingMs;
  while (rooms.some((room) => room.inFlight > 0)) {
    if (performance.now() > deadline) throw new Error("messages in flight did not land within ten seconds");
    await sleep(5);
  }
}

function summary(workload: Workload, latencies: number[], before: Reading, after: Reading): Measurement {
  const messages = latencies.length;
  const receipts = workload.over === "http" ? 0 : messages * (workload.members - 1);
  const ms = after.at - before.at;
  const cpu =
    before.usage && after.usage ? after.usage.cpuMicroseconds - before.usage.cpuMicroseconds : undefined;
  const generatorCpu = after.generatorCpu - before.generatorCpu;
  const busy = after.busy === undefined || before.busy === undefined ? undefined : after.busy - before.busy;
  const others = busy === undefined || cpu === undefined ? undefined : Math.max(0, busy - cpu - generatorCpu);
  return {
    messagesPerSecond: (messages / ms) * 1_000,
    deliveriesPerSecond: (receipts / ms) * 1_000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpuPerMessage: cpu === undefined ? undefined : cpu / messages,
    residentBytes: after.usage?.residentBytes,
    generatorShare: generatorCpu / 1_000 / ms,
    othersShare: others === undefined ? undefined : others / 1_000 / ms / cpus().length,
  };
}
