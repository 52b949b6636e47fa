import fc from "fast-check";

/** one of the four users */
const who = fc.nat(3);
const whom = fc.nat(3);
const on = fc.boolean();

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("say"), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("read"), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("join"), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("leave"), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("add"), who, whom }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove"), who, whom }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("role"), who, whom, role: fc.constantFrom("admin", "member") }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("mute"), who, whom, on }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("ban"), who, whom, on }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("owner"), who, whom }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("policy"),
      who,
      policy: fc.constantFrom("free", "approval", "closed"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("decide"), who, id: fc.integer({ min: 1, max: 4 }), accept: on }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("block"), who, whom, on }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("whisper"), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear"), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("evict") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("alarm") }) },
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** One call, or two at the same time. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(action) },
  { weight: 2, arbitrary: fc.tuple(action, action) },
);

/** A story: steps, one after the other. */
export const story = fc.array(step, { minLength: 1, maxLength: 25, size: "max" });
