import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../src/domain/ids.ts";
import { newSession } from "../support/accounts/sessions.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import type { SignedIn } from "../support/clients/api.ts";
import { ask, page } from "../support/clients/chat.ts";
import { DeviceRecipe } from "../support/clients/recipes/device-recipe.ts";
import type { Shown } from "../support/clients/recipes/kept.ts";
import { RoomRecipe } from "../support/clients/recipes/room-recipe.ts";
import {
  createGroupId,
  expectDeleted,
  itemAt,
  loseConversation,
  postText,
  range,
} from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { setNoRateLimits } from "../support/settings.ts";
import { setTiming } from "../support/timing.ts";

beforeAll(() => setNoRateLimits());
// Several reactions share an announcement, and some wait while a client comes or the object is lost.
beforeAll(() => setTiming({ changes: { intervalMs: 20 }, deviceFeed: { holdMs: 1 } }));

const MESSAGES = 4;
const KEYS = ["👍", "❤", ":yes:"];

const who = fc.nat(1);
const seq = fc.integer({ min: 1, max: MESSAGES });
const method = fc.constantFrom("PUT", "PUT", "DELETE");
const react = fc.record({ do: fc.constant("react"), who, seq, method, key: fc.constantFrom(...KEYS) });
const action = fc.oneof(
  { weight: 12, arbitrary: react },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("say"), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("revoke"), seq }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("lose"), client: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("come"), client: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash") }) },
);
/** The actions of a step are concurrent. */
const story = fc.array(fc.array(action, { minLength: 1, maxLength: 5 }), { maxLength: 12, size: "max" });
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** A client that follows a recipe of the guide, and its user. */
interface Client {
  user: SignedIn;
  settle(holds?: () => boolean): Promise<void>;
  lose(): void;
  shown(): Shown[];
}

function clientsOf(user: SignedIn, id: ConversationId): Client[] {
  const signIn = async () => (await newSession(user)).token;
  const devices = range(1, 2).map((): Client => {
    const device = new DeviceRecipe(user.token, signIn);
    return {
      user,
      settle: (holds) => device.settle(holds),
      lose: () => device.lose(),
      shown: () => device.shown(id),
    };
  });
  const room = new RoomRecipe(id, user.token, signIn, "replay");
  return [
    ...devices,
    { user, settle: (holds) => room.settle(holds), lose: () => room.lose(), shown: () => room.shown },
  ];
}

const revsOf = (messages: readonly { seq: number; rev: number }[]) =>
  messages.map(({ seq, rev }) => `${seq} ${rev}`).join();

test("every client ends with the reactions that a fresh load shows, and with its user's own", async () => {
  const property = fc.asyncProperty(story, async (steps) => {
    const users = await signedInUsers(2);
    const ann = itemAt(users, 0);
    const id = await createGroupId(ann, itemAt(users, 1));
    for (const n of range(1, MESSAGES)) await postText(id, ann, `text ${n}`);
    const clients = users.flatMap((user) => clientsOf(user, id));
    await Promise.all(clients.map((client) => client.settle()));
    const act = async (action: Action): Promise<void> => {
      switch (action.do) {
        case "react": {
          const path = `/messages/${action.seq}/reactions/${encodeURIComponent(action.key)}`;
          const { status } = await ask(itemAt(users, action.who), id, action.method, path);
          // A revoked message takes none.
          expect([200, 400]).toContain(status);
          return;
        }
        case "say":
          await postText(id, itemAt(users, action.who), "more");
          return;
        case "revoke":
          return expectDeleted(id, ann, action.seq, "everyone");
        case "lose":
          return itemAt(clients, action.client).lose();
        case "come":
          return itemAt(clients, action.client).settle();
      }
    };
    for (const step of steps) {
      // No client uses two calls of one recipe at once, and no call is under way in a crash.
      const coming = new Set<number>();
      const calls = step.filter((action) => {
        if (action.do !== "come" && action.do !== "lose") return action.do !== "crash";
        const isFirst = !coming.has(action.client);
        coming.add(action.client);
        return isFirst;
      });
      await Promise.all(calls.map(act));
      if (step.some((action) => action.do === "crash")) await loseConversation(id);
    }
    for (const [i, client] of clients.entries()) {
      const { items } = await page(client.user, id, "?limit=100");
      await client.settle(() => revsOf(client.shown()) === revsOf(items));
      expect(client.shown(), `client ${i}`).toEqual(items);
    }
  });
  await fc.assert(property, runOptions(2, 3));
});
