import fc from "fast-check";

/** Which conversation: the group of three, the direct one of two, the group of all four. */
const room = fc.nat(2);
/** Who, of four people. */
const who = fc.nat(3);
/** Which of his devices, counted round; where he has none he calls over HTTP. */
const device = fc.nat(2);
/** Which message, counted back from the newest. */
const back = fc.oneof({ weight: 4, arbitrary: fc.nat(7) }, { weight: 1, arbitrary: fc.nat(250) });
const way = fc.constantFrom("device", "device", "device", "http", "room");
const count = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 230 }) },
);

const one = { room, who, device };
/** Sends: each message in a frame of its own, or all in one. */
const say = fc.record({ do: fc.constant("say"), ...one, way, count, together: fc.boolean() });
/** Sends to all conversations in turn, in one frame. */
const mix = fc.record({ do: fc.constant("mix"), who, device, count: fc.integer({ min: 2, max: 12 }) });
/** Sends once more what he has said before, with its client id. */
const again = fc.record({ do: fc.constant("again"), ...one, way, back: fc.nat(5) });
const read = fc.record({ do: fc.constant("read"), ...one, back, overHttp: fc.boolean() });
const revoke = fc.record({ do: fc.constant("revoke"), room, who, back });
const hide = fc.record({ do: fc.constant("hide"), room, who, back });
const leave = fc.record({ do: fc.constant("leave"), room, who });
const remove = fc.record({ do: fc.constant("remove"), room, who });
const join = fc.record({ do: fc.constant("join"), room, who });
const add = fc.record({ do: fc.constant("add"), room, who });
/** One of the two of the direct conversation deletes it for himself. */
const clear = fc.record({ do: fc.constant("clear"), who: fc.nat(1) });
/** One of the two blocks the other, or not any more. */
const block = fc.record({ do: fc.constant("block"), who: fc.nat(1), on: fc.boolean() });
const typing = fc.record({ do: fc.constant("typing"), ...one });
/** A device goes without a word, whatever is on its way. */
const away = fc.record({ do: fc.constant("away"), who, device });
/** A device comes back; an eager one says what it has to say before it has seen what it missed. */
const come = fc.record({ do: fc.constant("come"), who, device, eager: fc.boolean() });
/** It does so at once. */
const reopen = fc.record({ do: fc.constant("reopen"), who, device, eager: fc.boolean() });
/** An object starts anew; sockets are kept, an inbox's may be cut off. */
const evictRoom = fc.record({ do: fc.constant("evictRoom"), room });
const evictInbox = fc.record({ do: fc.constant("evictInbox"), who, cut: fc.boolean() });

const action = fc.oneof(
  { weight: 10, arbitrary: say },
  { weight: 2, arbitrary: mix },
  { weight: 2, arbitrary: again },
  { weight: 4, arbitrary: read },
  { weight: 4, arbitrary: revoke },
  { weight: 4, arbitrary: hide },
  { weight: 2, arbitrary: leave },
  { weight: 2, arbitrary: remove },
  { weight: 3, arbitrary: join },
  { weight: 2, arbitrary: add },
  { weight: 1, arbitrary: clear },
  { weight: 2, arbitrary: block },
  { weight: 1, arbitrary: typing },
  { weight: 3, arbitrary: away },
  { weight: 4, arbitrary: come },
  { weight: 3, arbitrary: reopen },
  { weight: 2, arbitrary: evictRoom },
  { weight: 3, arbitrary: evictInbox },
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** What happens at once; the next step begins when all of it is answered, and told. */
const step = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(action) },
  { weight: 5, arbitrary: fc.array(action, { minLength: 2, maxLength: 8 }) },
);

/** How many devices each of the four has, and what happens, one step after the other. */
export const story = fc.record({
  devices: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
  steps: fc.array(step, { minLength: 1, maxLength: 9, size: "max" }),
});
