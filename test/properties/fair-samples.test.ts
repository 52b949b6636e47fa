import fc from "fast-check";
import { expect, test } from "vitest";
import { Sampling } from "../../src/conversation/viewers/sampling.ts";
import { Seq, UserId } from "../../src/domain/ids.ts";
import { advanceClock, freezeClock } from "../support/clock.ts";
import { itemAt } from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { timing } from "../support/timing.ts";

const SECONDS = 60;
/** A count is as far from its mean by chance in one of some 10⁷ cases. */
const DEVIATIONS = 6;

/** Senders, each as often as their weight says, and how many messages a commit has at most. */
const crowd = fc.record({
  rate: fc.integer({ min: 50, max: 200 }),
  /** how many times the rate the messages of a second are */
  load: fc.integer({ min: 2, max: 5 }),
  weights: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 6 }),
  commit: fc.integer({ min: 1, max: 20 }),
});
type Crowd = typeof crowd extends fc.Arbitrary<infer T> ? T : never;

/** How many messages each sender sends in a minute, and what sockets get of them, in which second. */
function sample({ rate, load, weights, commit }: Crowd) {
  const members = { findSender: () => null };
  const sampling = new Sampling({ rate, members, timing: timing.viewers, tell: () => undefined });
  const senders = weights.flatMap((weight, i) => Array.from({ length: weight }, () => UserId.parse(i + 1)));
  const sent = new Map<UserId, number>();
  const kept: { senderId: UserId; second: number }[] = [];
  freezeClock();
  for (let seq = 0, second = 0; second < SECONDS; ) {
    const count = 1 + Math.floor(Math.random() * commit);
    const rows = Array.from({ length: count }, () => {
      const sender_id = itemAt(senders, Math.floor(Math.random() * senders.length));
      return { seq: Seq.parse(++seq), sender_id, mentions: null, shadowed: null };
    });
    const leftOut = sampling.of(rows)?.leftOut;
    for (const { seq, sender_id: senderId } of rows) {
      sent.set(senderId, (sent.get(senderId) ?? 0) + 1);
      if (!leftOut?.has(seq)) kept.push({ senderId, second: Math.floor(second) });
    }
    const passed = count / (rate * load);
    advanceClock(passed * 1_000);
    second += passed;
  }
  return { sent, kept };
}

test("each sender has their share of what is sent among what is shown, which is no more than the rate", () => {
  const property = fc.property(crowd, (given) => {
    const { rate } = given;
    const { sent, kept } = sample(given);
    const all = [...sent.values()].reduce((sum, count) => sum + count, 0);
    for (const [senderId, count] of sent) {
      const share = count / all;
      const shown = kept.filter((message) => message.senderId === senderId).length;
      const deviation = Math.sqrt(kept.length * share * (1 - share));
      expect(Math.abs(shown - kept.length * share), `of ${senderId}`).toBeLessThan(DEVIATIONS * deviation);
    }
    // The first second lacks one before it, of which the chance is made.
    const later = kept.filter(({ second }) => second > 0);
    const mean = later.length / (SECONDS - 1);
    const deviation = Math.sqrt(rate / (SECONDS - 1));
    expect(mean, "shown in a second, as a mean").toBeLessThan(rate + DEVIATIONS * deviation);
    expect(mean, "shown in a second, as a mean").toBeGreaterThan(0.8 * rate - DEVIATIONS * deviation);
    const most = Math.max(
      ...[...Map.groupBy(later, ({ second }) => second).values()].map(({ length }) => length),
    );
    expect(most, "shown in a second").toBeLessThan(rate + (DEVIATIONS + 1) * Math.sqrt(rate));
  });
  fc.assert(property, runOptions(4));
});
