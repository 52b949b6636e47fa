import { beforeAll, expect, inject, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import {
  type Cost,
  CountedGroup,
  isLarge,
  perMessage,
  type Size,
  updatedAtOnce,
} from "../../support/objects/counted-group.ts";
import type { Bill } from "../../support/objects/quiet-time.ts";
import { setTiming } from "../../support/timing.ts";

const BURST = Number(inject("costTable") || 50);
const MINUTE_MS = 60_000;
/** On a slow machine one message may take two inbox updates to a member. */
const slack = (calls: number) => calls * 1.25 + 1;

const SMALL: Size[] = [
  { members: 2, connected: 0 },
  { members: 10, connected: 10 },
  { members: 100, connected: 20 },
];
const ALL: Size[] = [
  { members: 2, connected: 0 },
  { members: 2, connected: 2 },
  { members: 10, connected: 0 },
  { members: 10, connected: 10 },
  { members: 100, connected: 0 },
  { members: 100, connected: 20 },
  { members: 100, connected: 100 },
  { members: 1_000, connected: 0 },
  { members: 1_000, connected: 20 },
  { members: 1_000, connected: 1_000 },
];

// Without a pace large groups settle soon.
beforeAll(() => setTiming({ pace: { perSecond: 10_000, burst: 1_000 } }));

test.for(inject("costTable") === "" ? SMALL : ALL)(
  "a message in a group of $members, of whom $connected are connected, stays within its cost bounds",
  // A thousand objects sleep and wake one after the other.
  { timeout: 900_000 },
  async (size) => {
    const group = await CountedGroup.open(size);
    const lone = await group.send(1);
    await group.settle();
    const burst = await group.burst(BURST);
    const hour = await group.pass(60 * MINUTE_MS);
    group.assertReceived();
    console.log(`| ${cells(size, lone, burst, hour).join(" | ")} |`);
    console.log(
      `calls: ${named(lone.byMethod, 1)}; in the burst, for each message: ${named(burst.byMethod, BURST)}`,
    );
    assertLone(size, lone);
    assertBurst(size, burst);
    assertHour(size, hour);
  },
);

/** A row of the table in docs/benchmarks/costs.md. */
function cells(size: Size, lone: Cost, burst: Cost, hour: Bill): number[] {
  const ofBurst = [burst.calls, burst.requests, burst.conversationRows, burst.inboxRows, burst.alarms];
  return [
    ...[size.members, size.connected],
    ...[lone.calls, lone.conversationRows, lone.inboxRows, lone.alarms],
    ...ofBurst.map((number) => perMessage(number, BURST)),
    perMessage(burst.inboxRows, BURST * updatedAtOnce(size)),
    Math.round((BURST * 1_000) / burst.elapsedMs),
    ...[hour.wakeUps, hour.alarms, hour.calls, hour.rows],
  ];
}

/** Calls for each message by the name of the method. */
function named(byMethod: Cost["byMethod"], messages: number): string {
  return [...byMethod].map(([method, calls]) => `${method} ${perMessage(calls, messages)}`).join(", ");
}

function assertLone(size: Size, { calls, conversationRows, inboxRows, alarms }: Cost): void {
  // The send, and an update for each member. A device's own update comes with the answer to its send.
  expect(calls).toBeLessThanOrEqual(slack(updatedAtOnce(size) + (size.connected > 0 ? 0 : 1)));
  // The message, its client id, the sender's position, the retry marker, the checkpoint.
  expect(conversationRows).toBeLessThanOrEqual(5);
  expect(inboxRows).toBeLessThanOrEqual(slack(updatedAtOnce(size) + heldRows(size)));
  expect(alarms).toBeLessThanOrEqual(1);
}

/** In a crowded group each device has a row, with its index, that says from where it was told of messages. */
function heldRows({ connected }: Size): number {
  return connected > LIMITS.liveMembers ? 2 * connected : 0;
}

function assertBurst(size: Size, cost: Cost): void {
  const { calls, requests, conversationRows, inboxRows, alarms, elapsedMs } = cost;
  const { callChannels, fanout, list, retryMarker } = TIMING;
  const times = (pauseMs: number) => elapsedMs / pauseMs;
  const { members, connected } = size;
  // A sender without devices gets an update for each message in a large group.
  const isUpdatedEachTime = isLarge(members) && connected === 0;
  const others = updatedAtOnce(size) - connected;
  const updates = isUpdatedEachTime ? BURST : others * (2 + times(fanout.cooldownMs));
  expect(calls).toBeLessThanOrEqual(slack(BURST * Math.max(1, connected) + updates));
  // A call and then a channel to each connected inbox, and so from the sender's. A pause closes them.
  const opened = (connected + 1) * (2 + 2 * times(callChannels.idleMs));
  expect(requests).toBeLessThanOrEqual(slack((connected > 0 ? opened : BURST) + updates));
  // The message with its client id; from 200 messages on its part of the search index.
  const rowsEach = BURST < 150 ? 2 : 3;
  expect(conversationRows).toBeLessThanOrEqual(rowsEach * BURST + 3 + times(fanout.checkpointMs));
  // Of an inbox: the first update, that the list is behind, the last state. Each 4 seconds one more, and one
  // at each pause of half a second.
  const written = connected * (3 + 2 * times(list.writeBehindMs));
  expect(inboxRows).toBeLessThanOrEqual(written + slack(updates) + heldRows(size));
  expect(alarms).toBeLessThanOrEqual(2 + times(retryMarker.dueMs));
}

function assertHour(size: Size, { calls, alarms, rows }: Bill): void {
  const { members, connected } = size;
  const deferred = members - updatedAtOnce(size);
  const rounds = deferred > 0 ? Math.ceil(members / TIMING.inboxCalls.maxPerAlarm) : 0;
  expect(calls).toBeLessThanOrEqual(deferred);
  // The retry marker is deleted. Each connected inbox looks for closed sockets every 15 minutes.
  expect(alarms).toBeLessThanOrEqual(1 + rounds + 4 * connected);
  expect(rows).toBeLessThanOrEqual(1 + 3 * rounds + deferred + 8 * connected);
}
