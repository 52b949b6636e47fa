import fc from "fast-check";
import { expect, test } from "vitest";
import { MarkStore } from "../../src/conversation/marks/mark-store.ts";
import { REACTIONS, readTally } from "../../src/conversation/reactions/tally.ts";
import { Seq, UserId } from "../../src/domain/ids.ts";
import { ReactionKey } from "../../src/domain/messages/reactions.ts";
import { ANN, inIsolatedObject, isolatedRoom } from "../support/objects/isolated-room.ts";
import { runOptions } from "../support/property-runs.ts";

const KEYS = ["👍", "❤", ":yes:"].map((key) => ReactionKey.parse(key));
const SEQ = Seq.parse(1);

const toggle = fc.record({ user: fc.integer({ min: 1, max: 6 }), key: fc.constantFrom(...KEYS) });
const story = fc.array(fc.oneof({ weight: 30, arbitrary: toggle }, fc.constant("revoke" as const)), {
  maxLength: 60,
  size: "max",
});

/** The users of each key, in order; the keys in the order of their first use. */
type Model = Map<ReactionKey, number[]>;

/** Adds a user's reaction, or takes it back if it is there. @returns whether it was there */
function toggleIn(model: Model, user: number, key: ReactionKey): boolean {
  const users = model.get(key) ?? [];
  const wasThere = users.includes(user);
  const rest = wasThere ? users.filter((other) => other !== user) : [...users, user];
  if (rest.length === 0) model.delete(key);
  else model.set(key, rest);
  return wasThere;
}

test("the tally of a message, its rows and what is each user's own agree with a list of reactions", async () => {
  const property = fc.asyncProperty(story, (steps) =>
    inIsolatedObject("group", async (storage) => {
      const room = isolatedRoom(storage);
      const draft = { clientMsgId: undefined, kind: "text", body: "{}", quoteSeq: undefined } as const;
      room.sends.submit(ANN, [{ ...draft, mentions: [] }], { resolve: () => undefined });
      room.flushSends();
      const store = new MarkStore(storage.sql, REACTIONS);
      const model: Model = new Map();
      for (const [rev, step] of steps.entries()) {
        const row = room.log.get(SEQ);
        if (!row) throw new Error("the message is stored");
        if (step === "revoke") {
          store.clear(row);
          model.clear();
        } else {
          const userId = UserId.parse(step.user);
          const before = store.of(SEQ, userId);
          const wasThere = toggleIn(model, userId, step.key);
          const after = wasThere ? before.filter((key) => key !== step.key) : [...before, step.key];
          store.replace(row, { userId, before, after }, rev + 1);
        }
        const expected = [...model].map(([key, users]) => ({
          ...{ key, count: users.length },
          userIds: users.slice(0, 3),
        }));
        expect(readTally(room.log.get(SEQ)?.reactions ?? null)).toEqual(expected);
      }
      for (const key of KEYS)
        expect(store.page(SEQ, key, 0, 100).map((row) => row.user_id)).toEqual(model.get(key) ?? []);
      for (const user of [1, 2, 3, 4, 5, 6]) {
        const keys = KEYS.filter((key) => model.get(key)?.includes(user));
        expect(new Set(store.of(SEQ, UserId.parse(user)))).toEqual(new Set(keys));
      }
    }),
  );
  await fc.assert(property, runOptions(15));
});
