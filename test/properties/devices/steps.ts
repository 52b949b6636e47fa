import fc from "fast-check";

/** The conversations of every story: the group of three, the direct one of two, and the group of all four. */
export const ROOMS = 3;

/** one of the four users */
const who = fc.nat(3);
/** one of the user's devices, counted round; a user without devices calls over HTTP */
const device = fc.nat(3);
/** a message, counted back from the newest, and round */
const back = fc.oneof({ weight: 4, arbitrary: fc.nat(7) }, { weight: 1, arbitrary: fc.nat(250) });
/** `later`: as a scheduled message, which is due at once. */
const way = fc.constantFrom("device", "device", "device", "http", "room", "later");
const count = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 230 }) },
);

const often = fc.constantFrom(true, true, false);
const seldom = fc.constantFrom(false, false, false, true);

/** A thread in which a message answers: its root, counted back, and whether it is in the main stream too. */
const answers = fc.option(fc.record({ back, alsoInMain: fc.boolean() }), { freq: 2 });
/** A poll, which may end this many ms after it was written. */
const poll = fc.option(
  fc.record({ multiple: fc.boolean(), anonymous: fc.boolean(), ends_at: fc.constantFrom(0, 0, 150) }),
  { freq: 2 },
);

/** One action in so many conversations. */
function actionIn(rooms: number) {
  // Most happens where all users are members.
  const room = fc.oneof(
    { weight: 4, arbitrary: fc.constant(2) },
    { weight: 3, arbitrary: fc.nat(rooms - 1) },
  );
  const maxMix = Math.max(12, rooms);
  const one = { room, who, device };
  /** Sends messages, in one frame each or all in one. */
  const say = fc.record({
    ...{ do: fc.constant("say"), ...one, way, count, together: fc.boolean() },
    ...{ answers, poll },
  });
  /** Sends to the conversations in turn, from this one on, in one frame. */
  const mix = fc.record({ do: fc.constant("mix"), ...one, count: fc.integer({ min: 2, max: maxMix }) });
  /** Sends an earlier draft again, with its client id. */
  const again = fc.record({ do: fc.constant("again"), ...one, way, back: fc.nat(5) });
  const read = fc.record({ do: fc.constant("read"), ...one, back, overHttp: fc.boolean() });
  /** Marks a message unread. */
  const mark = fc.record({ do: fc.constant("mark"), room, who, back });
  const revoke = fc.record({ do: fc.constant("revoke"), room, who, back });
  const hide = fc.record({ do: fc.constant("hide"), room, who, back });
  /** A message gets another text. */
  const edit = fc.record({ do: fc.constant("edit"), room, who, back, isForeign: seldom, isStale: seldom });
  const react = fc.record({
    ...{ do: fc.constant("react"), room, who, back },
    ...{ key: fc.constantFrom("👍", "❤", ":yes:"), isOn: often },
  });
  const pin = fc.record({ do: fc.constant("pin"), room, who, back, isOn: often });
  /** Two users react to one message with more keys than it may have. */
  const reactions = fc.record({
    ...{ do: fc.constant("reactions"), room, who, other: who, back: fc.nat(3), first: fc.nat(3) },
  });
  /** Votes in a poll, counted back from the newest one, one after the other. */
  const votes = fc.record({
    ...{ do: fc.constant("votes"), room, who, back: fc.nat(2) },
    ballots: fc.array(fc.record({ who, options: fc.uniqueArray(fc.nat(2), { maxLength: 2 }) }), {
      ...{ minLength: 1, maxLength: 5 },
    }),
  });
  const close = fc.record({ do: fc.constant("close"), room, who, back: fc.nat(2) });
  /** What a user does about a thread that has replies, counted back, besides writing in it. */
  const thread = fc.record({
    ...{ do: fc.constant("thread"), room, who, nth: fc.nat(3), back },
    how: fc.constantFrom("read", "read", "follow", "unfollow"),
  });
  /** A user archives or mutes a conversation, or ends that. */
  const prefer = fc.record({
    ...{ do: fc.constant("prefer"), room, who, isOn: often },
    what: fc.constantFrom("archived", "silent"),
  });
  /** A user saves a message for themselves, or ends that. */
  const save = fc.record({ do: fc.constant("save"), room, who, back, isOn: often });
  /** A user writes a composer draft, or discards it. */
  const compose = fc.record({ do: fc.constant("compose"), room, who, isOn: often });
  const leave = fc.record({ do: fc.constant("leave"), room, who });
  /** The owner bans a user, or lifts the ban. */
  const ban = fc.record({ do: fc.constant("ban"), room, who, isOn: fc.boolean() });
  /** A user accepts an invitation of the owner. */
  const accept = fc.record({ do: fc.constant("accept"), room, who });
  const remove = fc.record({ do: fc.constant("remove"), room, who });
  const join = fc.record({ do: fc.constant("join"), room, who });
  const add = fc.record({ do: fc.constant("add"), room, who });
  /** One of the two users deletes the direct conversation for themselves. */
  const clear = fc.record({ do: fc.constant("clear"), who: fc.nat(1) });
  /** One of the two users blocks the other, or ends the block. */
  const block = fc.record({ do: fc.constant("block"), who: fc.nat(1), on: fc.boolean() });
  /** A device leaves a conversation to a room socket, or turns back to it and syncs. */
  const focus = fc.record({ do: fc.constant("focus"), ...one, isOn: fc.boolean() });
  const look = fc.record({ do: fc.constant("look"), ...one });
  const typing = fc.record({ do: fc.constant("typing"), ...one });
  /** A device disconnects at once, whatever is on its way. */
  const away = fc.record({ do: fc.constant("away"), who, device });
  /** A device reconnects. An eager one sends its drafts before it has seen what it missed. */
  const come = fc.record({ do: fc.constant("come"), who, device, eager: fc.boolean() });
  /** A device disconnects and reconnects at once. */
  const reopen = fc.record({ do: fc.constant("reopen"), who, device, eager: fc.boolean() });
  /** An object restarts. Its sockets are kept, or cut off. */
  const evictRoom = fc.record({ do: fc.constant("evictRoom"), room, cut: fc.boolean() });
  const evictInbox = fc.record({ do: fc.constant("evictInbox"), who, cut: fc.boolean() });

  return fc.oneof(
    { weight: 10, arbitrary: say },
    { weight: rooms > ROOMS ? 8 : 2, arbitrary: mix },
    { weight: 2, arbitrary: again },
    { weight: 4, arbitrary: read },
    { weight: 3, arbitrary: mark },
    { weight: 4, arbitrary: revoke },
    { weight: 4, arbitrary: hide },
    { weight: 8, arbitrary: edit },
    { weight: 8, arbitrary: react },
    { weight: 3, arbitrary: pin },
    { weight: 1, arbitrary: reactions },
    { weight: 6, arbitrary: votes },
    { weight: 1, arbitrary: close },
    { weight: 7, arbitrary: thread },
    { weight: 2, arbitrary: prefer },
    { weight: 3, arbitrary: save },
    { weight: 2, arbitrary: compose },
    { weight: 2, arbitrary: leave },
    { weight: 2, arbitrary: remove },
    { weight: 3, arbitrary: join },
    { weight: 2, arbitrary: add },
    { weight: 2, arbitrary: ban },
    { weight: 2, arbitrary: accept },
    { weight: 1, arbitrary: clear },
    { weight: 2, arbitrary: block },
    { weight: 1, arbitrary: typing },
    { weight: 3, arbitrary: focus },
    { weight: 2, arbitrary: look },
    { weight: 5, arbitrary: away },
    { weight: 6, arbitrary: come },
    { weight: rooms > ROOMS ? 8 : 3, arbitrary: reopen },
    { weight: 2, arbitrary: evictRoom },
    { weight: 3, arbitrary: evictInbox },
  );
}

const action = actionIn(ROOMS);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
/** The action with this name. */
export type Of<Name extends Action["do"]> = Extract<Action, { do: Name }>;

/**
 * The number of devices of each user, how many conversations a frame of their syncs names, what makes a group
 * crowded, and the steps. The actions of a step are concurrent; the next step begins when all are answered
 * and delivered.
 */
function storyOf(rooms: number, maxSteps: number, maxActions: number, size: fc.Size | "max") {
  const done = actionIn(rooms);
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.tuple(done) },
    { weight: 5, arbitrary: fc.array(done, { minLength: 2, maxLength: maxActions, size }) },
  );
  return fc.record({
    devices: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
    pointsPerFrame: fc.integer({ min: 1, max: rooms }),
    // With 1 a group is crowded as soon as two members have devices.
    liveMembers: fc.constantFrom(200, 200, 1),
    hasPins: rooms > ROOMS ? fc.constant(false) : fc.integer({ min: 0, max: 9 }).map((one) => one === 5),
    // With 1 a device that was away often has to load a conversation anew.
    maxChanges: fc.constantFrom(5_000, 1),
    steps: fc.array(step, { minLength: 1, maxLength: maxSteps, size: "max" }),
  });
}

/** A story in the conversations of every story. */
export const story = storyOf(ROOMS, 9, 8, "max");

/** The conversations of a wide story. */
export const WIDE = 60;
/** A story in 60 conversations, where devices come and go and messages reach many conversations at once. */
export const wideStory = storyOf(WIDE, 6, 12, "small");
