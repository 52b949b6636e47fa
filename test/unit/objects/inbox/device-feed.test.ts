import { expect, test } from "vitest";
import type { PolicyName } from "../../../../src/domain/conversations/group-kind.ts";
import { ConversationId, Position, Seq } from "../../../../src/domain/ids.ts";
import type { DevicePage } from "../../../../src/domain/sync/replay.ts";
import { newFrames } from "../../../../src/inbox/devices/bring-up.ts";
import { deviceProtocol } from "../../../../src/surfaces/v1/frames/device.ts";
import type { Step } from "../../../support/device-feed/steps.ts";
import { type Wait, World } from "../../../support/device-feed/world.ts";
import { nextTurn } from "../../../support/event-loop.ts";
import { eventually } from "../../../support/eventually.ts";
import { ANN, inIsolatedObject } from "../../../support/objects/isolated-room.ts";

const VIEW = { protocol: deviceProtocol, showsThreads: false, userId: ANN };

/**
 * `hold`: delays of this kind wait. `free`: the first of them ends. `rest`: all that need not wait runs
 * first. At the end of a chapter every delay ends.
 */
type Cue = { hold: Wait } | { free: Wait } | "rest";

/** Runs these chapters. After each delivery to the inbox, Bob's devices must show what they should. */
function story(...chapters: (Step | Cue)[][]): Promise<void> {
  return storyIn("group", ...chapters);
}

function storyIn(policy: PolicyName, ...chapters: (Step | Cue)[][]): Promise<void> {
  const held = new Map<Wait, (() => void)[]>();
  const pause = (what: Wait) => new Promise<void>((go) => held.get(what)?.push(go) ?? go());
  const tell = async (_: DurableObjectStorage, state: DurableObjectState) => {
    const world = new World(state, pause);
    for (const steps of chapters) {
      for (const step of steps) {
        if (step === "rest") await nextTurn();
        else if ("do" in step) await world.step(step);
        else if ("hold" in step) held.set(step.hold, []);
        else held.get(step.free)?.shift()?.();
        if (held.size > 0) await nextTurn();
      }
      const waiting = [...held.values()].flat();
      held.clear();
      for (const go of waiting) go();
      await world.deliverAll();
      await nextTurn();
      await eventually(() => world.check());
    }
    await world.end();
  };
  return inIsolatedObject("group", tell, policy);
}

const hold = (what: Wait): Cue => ({ hold: what });
const free = (what: Wait): Cue => ({ free: what });
const come: Step = { do: "come", device: 0, eager: false };

test.each(["group", "community"] as const)(
  "a user who rejoins a %s is sent all messages since then, even if they send before their devices know",
  (policy) =>
    storyIn(
      policy,
      [come],
      [{ do: "leave" }],
      [{ do: "join" }, { do: "say", byBob: false, count: 2 }, { do: "say", byBob: true, count: 1 }],
    ),
);

test("a user who leaves and rejoins before their devices know is sent no message twice", () =>
  story([
    { do: "say", byBob: false, count: 1 },
    { do: "leave" },
    hold("up"),
    come,
    hold("bump"),
    { do: "bump", hint: "last" },
    { do: "join" },
    free("bump"),
  ]));

test("a user who leaves and rejoins during a replay gets newer messages live", () =>
  story(
    [{ do: "load", count: 13 }],
    [hold("up"), come, free("up"), free("up"), { do: "leave" }, free("up"), { do: "join" }],
  ));

test("a device that syncs before the late news of its user's leaving gets nothing both live and in its page", () =>
  storyIn("community", [
    { do: "say", byBob: false, count: 1 },
    { do: "leave" },
    hold("up"),
    come,
    hold("answer"),
    { do: "bump", hint: "now" },
    free("answer"),
    { do: "join" },
    free("up"),
    free("answer"),
  ]));

test("a device gets the update that waits behind its sync, if the page lacks it", () =>
  story([
    come,
    "rest",
    // From now on updates have a page.
    { do: "bump", hint: "last" },
    "rest",
    hold("answer"),
    { do: "resync", device: 0, withRev: true, back: 0 },
    "rest",
    { do: "say", byBob: false, count: 1 },
    { do: "bump", hint: "last" },
    free("answer"),
  ]));

test("a device that syncs after its user left gets nothing that it has", () =>
  story([
    { do: "say", byBob: false, count: 2 },
    come,
    "rest",
    { do: "go", device: 0 },
    { do: "leave" },
    come,
    "rest",
  ]));

test("a device that resyncs a conversation its user has left gets nothing twice", () =>
  story(
    [come],
    [{ do: "say", byBob: false, count: 1 }, { do: "send", device: 0, count: 1, together: false }, "rest"],
    [{ do: "leave" }, { do: "resync", device: 0, withRev: true, back: 2 }, "rest"],
  ));

test("a user who rejoins and sends gets the changes of the meantime before the ack", () =>
  story(
    [{ do: "leave" }],
    [
      come,
      "rest",
      hold("answer"),
      { do: "send", device: 0, count: 2, together: true },
      { do: "join" },
      hold("store"),
      free("answer"),
      { do: "hide", back: 0, count: 1 },
      free("store"),
    ],
  ));

test("a replay goes on when the news of a leave arrives late, and nothing comes live before its end", () =>
  storyIn("community", [
    { do: "say", byBob: false, count: 120 },
    { do: "leave" },
    hold("bump"),
    { do: "bump", hint: "now" },
    { do: "join" },
    hold("up"),
    come,
    free("up"),
    free("bump"),
    { do: "say", byBob: false, count: 1 },
    { do: "bump", hint: "last" },
    free("bump"),
  ]));

test("a device that syncs without a rev gets a revoke that is on its way", () =>
  story(
    [come, { do: "say", byBob: false, count: 2 }],
    [
      { do: "revoke", back: 0, count: 1 },
      { do: "resync", device: 0, withRev: false, back: 0 },
    ],
  ));

test("changes arrive in the order of their revs, whichever messages they concern", () => {
  const [old, late] = [Seq.parse(1), Seq.parse(2)];
  const [after, lastSeq] = [Position.parse(1), Position.parse(3)];
  const page: DevicePage = {
    ...{ after, since: 4, messages: [], changed: [], formats: [], lastSeq, rev: 7, hasMore: false },
    changes: [
      { rev: 5, seq: old, by: ANN },
      { rev: 7, seq: old, by: null },
      { rev: 6, seq: late, by: ANN },
    ],
  };
  const id = ConversationId.parse(1);
  const way = { from: { seq: lastSeq, rev: 4 }, to: { seq: lastSeq, rev: 7 } };
  const frames = newFrames(page, way, id, {
    ...VIEW,
    takesChanges: false,
    excluded: new Set(),
  });
  expect(frames.map((frame) => JSON.parse(frame).rev)).toEqual([5, 6, 7]);
});
