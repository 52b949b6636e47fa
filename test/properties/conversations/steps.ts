import fc from "fast-check";

/** the conversation: the group of all, or the direct one of two of them */
const room = fc.nat(1);
/** the user, counted round among the members of the conversation */
const who = fc.nat(3);
/** one of the user's two devices */
const device = fc.nat(1);
/** a message, counted back from the newest, or none */
const back = fc.oneof({ weight: 3, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.nat(200) });
const maybe = fc.option(back, { freq: 3 });
/** an earlier client id of the user to be reused; null: a new one */
const again = fc.option(fc.nat(7), { freq: 4 });

const often = fc.constantFrom(true, true, false);
const seldom = fc.constantFrom(false, false, false, true);
const poll = fc.option(fc.record({ multiple: fc.boolean(), anonymous: fc.boolean() }), {
  ...{ freq: 2, nil: undefined },
});

/** A thread in which a message answers: its root, counted back, and whether it is in the main stream too. */
const thread = fc.option(fc.record({ back, alsoInMain: fc.boolean() }), { freq: 2 });

/** A send over a socket: `count` messages, in one frame each or all in one. The last one may be a poll. */
const say = fc.record({
  do: fc.constant("say"),
  room,
  who,
  device,
  count: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 4 }) },
    fc.integer({ min: 60, max: 130 }),
  ),
  together: fc.boolean(),
  again,
  quote: maybe,
  thread,
  poll,
});
/** A send over HTTP. */
const post = fc.record({
  ...{ do: fc.constant("post"), room, who, again },
  ...{ quote: maybe, named: fc.boolean(), thread, poll },
});
/** A read, over HTTP if no device is named. */
const read = fc.record({ do: fc.constant("read"), room, who, device: fc.option(device, { freq: 2 }), back });
/** A message is marked unread. */
const mark = fc.record({ do: fc.constant("mark"), room, who, back });
/** A read of a thread that the user follows. */
const readThread = fc.record({ do: fc.constant("readThread"), room, who, nth: fc.nat(5), back });
const revoke = fc.record({ do: fc.constant("revoke"), room, who, back });
/** A message gets another text: `isSame` as it is, `isStale` for a version that it does not have. */
const edit = fc.record({
  ...{ do: fc.constant("edit"), room, who, back },
  ...{ isForeign: seldom, isStale: seldom, isSame: seldom },
});
const react = fc.record({
  ...{ do: fc.constant("react"), room, who, back },
  ...{ key: fc.constantFrom("👍", "❤", ":yes:"), isOn: often },
});
const pin = fc.record({ do: fc.constant("pin"), room, who: fc.constantFrom(0, 0, 0, 1), back, isOn: often });
/** A vote in a poll, counted back from the newest one. */
const vote = fc.record({
  ...{ do: fc.constant("vote"), room, who, back: fc.nat(2) },
  options: fc.uniqueArray(fc.nat(2), { maxLength: 2 }),
});
const close = fc.record({ do: fc.constant("close"), room, who, back: fc.nat(2) });
const hide = fc.record({ do: fc.constant("hide"), room, who, back });
/** A device disconnects at once, whatever is on its way. */
const leave = fc.record({ do: fc.constant("leave"), room, who, device });
/** A device reconnects. An eager one sends its drafts before it has seen what it missed. */
const come = fc.record({ do: fc.constant("come"), room, who, device, eager: fc.boolean() });
/** The conversation's object restarts. Its sockets are kept or cut off. */
const evictRoom = fc.record({ do: fc.constant("evictRoom"), room, cut: fc.boolean() });
const evictInbox = fc.record({ do: fc.constant("evictInbox"), room, who });
const alarm = fc.record({ do: fc.constant("alarm"), room });

const action = fc.oneof(
  { weight: 8, arbitrary: say },
  { weight: 4, arbitrary: post },
  { weight: 4, arbitrary: read },
  { weight: 3, arbitrary: mark },
  { weight: 2, arbitrary: readThread },
  { weight: 3, arbitrary: revoke },
  { weight: 3, arbitrary: hide },
  { weight: 5, arbitrary: edit },
  { weight: 7, arbitrary: react },
  { weight: 3, arbitrary: pin },
  { weight: 5, arbitrary: vote },
  { weight: 1, arbitrary: close },
  { weight: 3, arbitrary: leave },
  { weight: 4, arbitrary: come },
  { weight: 1, arbitrary: evictRoom },
  { weight: 1, arbitrary: evictInbox },
  { weight: 1, arbitrary: alarm },
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
/** The action with this name. */
export type Of<Name extends Action["do"]> = Extract<Action, { do: Name }>;

/** Concurrent actions. The next step begins when all are answered. */
const step = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(action) },
  { weight: 3, arbitrary: fc.array(action, { minLength: 2, maxLength: 7 }) },
);

/** A story: steps, one after the other. */
export const story = fc.array(step, { maxLength: 12, size: "max" });
