import fc from "fast-check";

/** Which of Bob's devices. */
const device = fc.nat(2);
/** Which message, counted back from the newest. */
const back = fc.oneof({ weight: 3, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(300) });
const count = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 230 }) },
);
const many = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(150) });

/** Somebody sends without a device: Bob, or Ann. */
const say = fc.record({ do: fc.constant("say"), byBob: fc.boolean(), count });
/** Ann says so much that a page ends before its hundred messages. */
const load = fc.record({ do: fc.constant("load"), count: fc.integer({ min: 1, max: 50 }) });
/** A device sends, its messages in one frame or each in one. */
const send = fc.record({
  do: fc.constant("send"),
  device,
  count: fc.integer({ min: 1, max: 5 }),
  together: fc.boolean(),
});
const revoke = fc.record({ do: fc.constant("revoke"), back, count: many });
const hide = fc.record({ do: fc.constant("hide"), back, count: many });
/** The fan-out makes a bump, whatever it believes that Bob's devices know. */
const bump = fc.record({ do: fc.constant("bump"), hint: fc.constantFrom("last", "none", "old", "now") });
/** A bump that came already comes once more. */
const again = fc.record({ do: fc.constant("again"), back: fc.nat(5) });
/** His list is asked for, and asks for the newest. */
const list = fc.record({ do: fc.constant("list") });
const come = fc.record({ do: fc.constant("come"), device, eager: fc.boolean() });
const go = fc.record({ do: fc.constant("go"), device });
/** A device that is up to date asks for what came since, or for the last of what it has too, as if it were not. */
const resync = fc.record({ do: fc.constant("resync"), device, withRev: fc.boolean(), back });
/** The next call of the conversation fails, or its answer is lost. */
const fail = fc.record({ do: fc.constant("fail"), isDone: fc.boolean() });
const leave = fc.record({ do: fc.constant("leave") });
const join = fc.record({ do: fc.constant("join") });
/** The group is no more. */
const dissolve = fc.record({ do: fc.constant("dissolve") });
/** Devices are told so much besides that a page finds no room. */
const crowd = fc.record({ do: fc.constant("crowd") });
/** The inbox starts anew, once nothing is under way, or at once: what it has asked gets no answer then. */
const restart = fc.record({ do: fc.constant("restart"), isCrash: fc.boolean() });

const step = fc.oneof(
  { weight: 24, arbitrary: say },
  { weight: 20, arbitrary: send },
  { weight: 16, arbitrary: revoke },
  { weight: 12, arbitrary: hide },
  { weight: 32, arbitrary: bump },
  { weight: 8, arbitrary: again },
  { weight: 4, arbitrary: list },
  { weight: 20, arbitrary: come },
  { weight: 12, arbitrary: go },
  { weight: 8, arbitrary: resync },
  { weight: 4, arbitrary: fail },
  { weight: 4, arbitrary: leave },
  { weight: 4, arbitrary: join },
  { weight: 4, arbitrary: crowd },
  { weight: 8, arbitrary: restart },
  // They end a story, or make it long.
  { weight: 1, arbitrary: dissolve },
  { weight: 1, arbitrary: load },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What happens; when which call and which frame arrives is the scheduler's to choose. */
export const story = fc.record({
  steps: fc.array(step, { maxLength: 30, size: "max" }),
  // Whether who comes back sees what was said without him.
  policy: fc.constantFrom("group" as const, "community" as const),
});
