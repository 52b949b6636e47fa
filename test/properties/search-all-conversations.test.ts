import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../support/accounts/users.ts";
import { call, type SignedIn } from "../support/clients/api.ts";
import { createGroup, deleteMessage, openDirect, page } from "../support/clients/chat.ts";
import type { StrictMessage } from "../support/clients/shapes.ts";
import { aside } from "../support/clients/threads.ts";
import { addresses, allPages } from "../support/clients/wide-search.ts";
import { advanceClock, freezeClock } from "../support/clock.ts";
import { itemAt } from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { setNoRateLimits } from "../support/settings.ts";
import { setTiming } from "../support/timing.ts";

const CONVERSATIONS = 7;

const chooses = fc.nat(1_000);
const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      say: fc.constantFrom("fish", "fish and bird", "bird"),
      to: fc.nat(CONVERSATIONS - 1),
      by: fc.nat(2),
      // Few times, so that many messages have the same.
      gap: fc.constantFrom(0, 0, 1, 5),
      // Half of the messages are thread-only replies, as far as there is such a root.
      root: fc.option(fc.integer({ min: 1, max: 6 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      delete: chooses,
      to: fc.nat(CONVERSATIONS - 1),
      by: fc.nat(2),
      forAll: fc.boolean(),
    }),
  },
  fc.record({ clear: fc.nat(CONVERSATIONS - 1), by: fc.nat(2) }),
  fc.record({ leave: fc.nat(CONVERSATIONS - 1), by: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ join: fc.nat(CONVERSATIONS - 1), by: fc.integer({ min: 1, max: 2 }) }),
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

const search = fc.record({
  limit: fc.integer({ min: 1, max: 5 }),
  calls: fc.integer({ min: 1, max: 5 }),
  parallel: fc.integer({ min: 1, max: 3 }),
  kept: fc.integer({ min: 1, max: 3 }),
  q: fc.constantFrom("fish", "bird", "h a"),
});

beforeAll(setNoRateLimits);

/** Three users in five groups and a direct conversation each of Ann with the others. */
class Story {
  readonly users: SignedIn[];
  readonly ids: number[];

  private constructor(users: SignedIn[], ids: number[]) {
    this.users = users;
    this.ids = ids;
  }

  static async begin(): Promise<Story> {
    const users = await signedInUsers(3);
    const [ann, ...others] = users;
    if (!ann) throw new Error("there are three");
    const ids: number[] = [];
    for (const other of others) ids.push((await openDirect(ann, other)).id);
    while (ids.length < CONVERSATIONS) {
      const { id } = await createGroup(ann, others);
      await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body: { join_policy: "free" } });
      ids.push(id);
    }
    return new Story(users, ids);
  }

  /** Does what an event says. A refusal is as good: the model reads what each user sees. */
  async apply(event: Event): Promise<void> {
    const who = itemAt(this.users, event.by);
    const { token } = who;
    const path = (index: number) => `/v1/conversations/${itemAt(this.ids, index)}`;
    if ("say" in event) {
      advanceClock(event.gap);
      const main = { kind: "text", body: { text: event.say } };
      const body = event.root === null ? main : aside(event.root, event.say);
      const { status } = await call("POST", `${path(event.to)}/messages`, { token, body });
      if (status >= 400) await call("POST", `${path(event.to)}/messages`, { token, body: main });
    } else if ("delete" in event) {
      const id = itemAt(this.ids, event.to);
      await deleteMessage(who, id, 1 + (event.delete % 6), event.forAll ? "everyone" : "me");
    } else if ("clear" in event) {
      // A group is dissolved by it, if the owner clears it: one of them is enough.
      if (event.by > 0 || event.clear === 2) await call("DELETE", path(event.clear), { token });
    } else if ("leave" in event) await call("POST", `${path(event.leave)}/leave`, { token });
    else await call("POST", `${path(event.join)}/join`, { token, body: {} });
  }

  /** Every message that a user sees in their conversations, newest first. */
  async seenBy(who: SignedIn): Promise<StrictMessage[]> {
    const seen: StrictMessage[] = [];
    for (const id of this.ids) {
      const answer = await call("GET", `/v1/conversations/${id}`, { token: who.token });
      if (answer.status === 200) seen.push(...(await page(who, id, "?limit=100&threads=all")).items);
    }
    return seen.sort(
      (a, b) => b.created_at - a.created_at || b.conversation_id - a.conversation_id || b.seq - a.seq,
    );
  }
}

const textOf = ({ body }: StrictMessage) => ("text" in body ? String(body.text) : "");

test("a search over all conversations finds what a user sees in each, newest first, whatever a page may cost", async () => {
  const property = fc.asyncProperty(
    fc.array(event, { minLength: 10, maxLength: 50 }),
    fc.array(search, { minLength: 3, maxLength: 3 }),
    async (events, searches) => {
      const story = await Story.begin();
      freezeClock();
      for (const event of events) await story.apply(event);
      for (const who of story.users) {
        const seen = await story.seenBy(who);
        for (const { limit, q, ...budget } of searches) {
          const restore = setTiming({ wideSearch: budget });
          const pages = await allPages(who, q, `&limit=${limit}`).finally(restore);
          const hits = seen.filter((message) => !message.revoked && textOf(message).includes(q));
          expect(addresses(pages)).toEqual(hits.map((hit) => `${hit.conversation_id}/${hit.seq}`));
          expect(pages.flatMap(({ unreachable }) => unreachable)).toEqual([]);
        }
      }
    },
  );
  await fc.assert(property, runOptions(4));
});
