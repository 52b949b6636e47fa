import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { newSession } from "../support/accounts/sessions.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { ask, deleteMessage, page } from "../support/clients/chat.ts";
import { RoomRecipe } from "../support/clients/recipes/room-recipe.ts";
import { failingRelay, relayObject } from "../support/faults/relays.ts";
import {
  conversationObject,
  createGroupId,
  evictRunning,
  itemAt,
  loseConversation,
  postText,
  range,
} from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { setCrowdMembers, setLiveMembers, setNoRateLimits } from "../support/settings.ts";
import { setTiming } from "../support/timing.ts";

// The first socket is in the object of the conversation, and the others are in relays.
beforeAll(() => setCrowdMembers(2));
beforeAll(() => setLiveMembers(1));
beforeAll(() => setNoRateLimits());
beforeAll(() => setTiming({ changes: { intervalMs: 20 }, relays: { retryMs: 10, maxRetryMs: 50 } }));

const USERS = 4;
const CLIENTS = 2 * USERS;

const who = fc.nat(USERS - 1);
const client = fc.nat(CLIENTS - 1);
const back = fc.nat(5);
const action = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant("say"), who, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("react"), who, back }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("revoke"), back }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("hide"), who, back }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("lose"), client }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("come"), client }) },
);
/** What happens to objects while a step's actions are under way, or behind them. */
const fault = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  fc.record({ do: fc.constant("fail"), who }),
  fc.record({ do: fc.constant("crash"), who: fc.option(who) }),
  fc.record({ do: fc.constant("evict"), who: fc.option(who) }),
);
/** The actions of a step are concurrent. */
const step = fc.record({ actions: fc.array(action, { minLength: 1, maxLength: 5 }), fault });
const story = fc.array(step, { maxLength: 12, size: "max" });
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const revsOf = (messages: readonly { seq: number; rev: number }[]) =>
  messages.map(({ seq, rev }) => `${seq} ${rev}`).join();

test("every client of a crowd ends with what a fresh load shows, whichever objects and calls are lost", async () => {
  const property = fc.asyncProperty(story, async (steps) => {
    const users = await signedInUsers(USERS);
    const ann = itemAt(users, 0);
    const id = await createGroupId(ann, ...users.slice(1));
    await postText(id, ann, "first");
    let last = 1;
    const clients = range(0, CLIENTS - 1).map((n) => {
      const user = itemAt(users, n % USERS);
      const signIn = async () => (await newSession(user)).token;
      return { user, room: new RoomRecipe(id, user.token, signIn, "replay") };
    });
    for (const { room } of clients) await room.settle();
    const act = async (action: Action): Promise<void> => {
      const seq = "back" in action ? Math.max(1, last - action.back) : last;
      switch (action.do) {
        case "say":
          for (const n of range(1, action.count)) {
            await postText(id, itemAt(users, action.who), `text ${n}`);
            last++;
          }
          return;
        case "react": {
          const path = `/messages/${seq}/reactions/${encodeURIComponent("👍")}`;
          const { status } = await ask(itemAt(users, action.who), id, "PUT", path);
          // A revoked or hidden message takes none.
          expect([200, 400, 404]).toContain(status);
          return;
        }
        case "revoke":
          expect([204, 404]).toContain((await deleteMessage(ann, id, seq, "everyone")).status);
          return;
        case "hide":
          expect([204, 404]).toContain(
            (await deleteMessage(itemAt(users, action.who), id, seq, "me")).status,
          );
          return;
        case "lose":
          return itemAt(clients, action.client).room.lose();
        case "come":
          return itemAt(clients, action.client).room.settle();
      }
    };
    for (const { actions, fault } of steps) {
      // No client uses two calls of one recipe at once.
      const coming = new Set<number>();
      const calls = actions.filter((action) => {
        if (!("client" in action)) return true;
        const isFirst = !coming.has(action.client);
        coming.add(action.client);
        return isFirst;
      });
      if (fault?.do === "fail") {
        using failing = failingRelay(id, itemAt(users, fault.who));
        await Promise.all(calls.map(act));
        failing.isOver = true;
        continue;
      }
      await Promise.all(calls.map(act));
      if (fault === null) continue;
      const object = fault.who === null ? conversationObject(id) : relayObject(id, itemAt(users, fault.who));
      if (fault.do === "evict") await evictRunning(object);
      else if (fault.who === null) await loseConversation(id);
      else
        await runInDurableObject(object, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
    }
    for (const [i, { user, room }] of clients.entries()) {
      const { items } = await page(user, id, "?limit=100");
      await room.settle(() => revsOf(room.shown) === revsOf(items));
      expect(room.shown, `client ${i}`).toEqual(items);
    }
  });
  await fc.assert(property, runOptions(2, 3));
});
