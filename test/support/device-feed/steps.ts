import fc from "fast-check";

/** the number of one of Bob's devices */
const device = fc.nat(2);
/** a message, counted back from the newest */
const back = fc.oneof({ weight: 3, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(300) });
const count = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 230 }) },
);
const many = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(150) });

/** Bob or Ann sends over HTTP. */
const say = fc.record({ do: fc.constant("say"), byBob: fc.boolean(), count });
/** Ann sends so many bytes that a page ends before its hundred messages. */
const load = fc.record({ do: fc.constant("load"), count: fc.integer({ min: 1, max: 50 }) });
/** A device sends its messages in one frame, or one each. */
const send = fc.record({
  do: fc.constant("send"),
  device,
  count: fc.integer({ min: 1, max: 5 }),
  together: fc.boolean(),
});
const revoke = fc.record({ do: fc.constant("revoke"), back, count: many });
const hide = fc.record({ do: fc.constant("hide"), back, count: many });
/** The fan-out makes an inbox update, with any assumption about the delivered position. */
const update = fc.record({ do: fc.constant("bump"), hint: fc.constantFrom("last", "none", "old", "now") });
/** An earlier inbox update arrives once more. */
const again = fc.record({ do: fc.constant("again"), back: fc.nat(5) });
/** The list is read, which subscribes to the conversation. */
const list = fc.record({ do: fc.constant("list") });
const come = fc.record({ do: fc.constant("come"), device, eager: fc.boolean() });
const go = fc.record({ do: fc.constant("go"), device });
/** A device that is up to date syncs again, at its position or before. */
const resync = fc.record({ do: fc.constant("resync"), device, withRev: fc.boolean(), back });
/** A device says that it shows the conversation over a room socket, or that it shows none. */
const focus = fc.record({ do: fc.constant("focus"), device, isOn: fc.boolean() });
/** A device that shows the conversation over a room socket syncs it. */
const look = fc.record({ do: fc.constant("look"), device });
/** The conversation counts as a crowded group from now on, or no longer. */
const crowded = fc.record({ do: fc.constant("crowded"), isCrowded: fc.boolean() });
/** The next call to the conversation fails, or its answer is lost. */
const fail = fc.record({ do: fc.constant("fail"), isDone: fc.boolean() });
const leave = fc.record({ do: fc.constant("leave") });
const join = fc.record({ do: fc.constant("join") });
/** The group is dissolved. */
const dissolve = fc.record({ do: fc.constant("dissolve") });
/** Devices are sent so much besides that a page has no room. */
const crowd = fc.record({ do: fc.constant("crowd") });
/** The inbox restarts, once it is idle, or at once: then its calls get no answer. */
const restart = fc.record({ do: fc.constant("restart"), isCrash: fc.boolean() });

const step = fc.oneof(
  { weight: 24, arbitrary: say },
  { weight: 20, arbitrary: send },
  { weight: 16, arbitrary: revoke },
  { weight: 12, arbitrary: hide },
  { weight: 32, arbitrary: update },
  { weight: 8, arbitrary: again },
  { weight: 4, arbitrary: list },
  { weight: 20, arbitrary: come },
  { weight: 12, arbitrary: go },
  { weight: 8, arbitrary: resync },
  { weight: 8, arbitrary: focus },
  { weight: 8, arbitrary: look },
  { weight: 4, arbitrary: crowded },
  { weight: 4, arbitrary: fail },
  { weight: 4, arbitrary: leave },
  { weight: 4, arbitrary: join },
  { weight: 4, arbitrary: crowd },
  { weight: 8, arbitrary: restart },
  // Rare, as they end a story or make it long.
  { weight: 1, arbitrary: dissolve },
  { weight: 1, arbitrary: load },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A story. The scheduler chooses when each call and frame arrives. */
export const story = fc.record({
  steps: fc.array(step, { maxLength: 30, size: "max" }),
  // Whether a user who rejoins sees the messages of their absence.
  policy: fc.constantFrom("group" as const, "community" as const),
});
