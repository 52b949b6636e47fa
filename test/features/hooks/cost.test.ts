import { afterAll, beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { Costs } from "../../support/objects/costs.ts";
import { conversationObject } from "../../support/objects/room.ts";
import { evict, untilCheckpoint } from "../../support/objects/sleep.ts";
import { overrideTiming } from "../../support/timing.ts";

const SENDS = 20;

let key = "";
let ann: SignedIn;
let ben: SignedIn;
let receiver: HookReceiver;
/** Two groups that are alike. The second one has a hook. */
let plain: ConversationId;
let told: ConversationId;

beforeAll(async () => {
  key = (await makeServerKey(["hooks"])).text;
  [ann, ben] = await signedInUsers(2);
  const group = async () => ConversationId.parse((await createGroup(ann, [ben])).id);
  [plain, told] = [await group(), await group()];
  receiver = await HookReceiver.start(key, { events: ["*"], conversations: [told] });
});
afterAll(() => call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key }));

/** The rows that a conversation writes for a message, on average. */
async function rowsOf(id: ConversationId): Promise<number> {
  await send(ann, id, "the first of a burst");
  await untilCheckpoint(id);
  using costs = new Costs();
  await costs.watch("conversation", conversationObject(id));
  const before = (await (id === told ? receiver.untilCalls(1) : receiver.calls())).length;
  for (let i = 0; i < SENDS; i++) {
    await send(ann, id, `message ${i}`);
    if (id === told) await receiver.untilCalls(before + i + 1);
  }
  return costs.rows("conversation") / SENDS;
}

test("a hook costs four rows for a message at most, and other conversations nothing", async () => {
  const [without, withOne] = [await rowsOf(plain), await rowsOf(told)];
  // The message itself, and now and then the marker of the fan-out.
  expect(without).toBeLessThanOrEqual(1.5);
  expect(withOne).toBeLessThanOrEqual(without + 4);
});

test("an object sleeps once a hook has answered: no timer is left of the call", async () => {
  overrideTiming({ hooks: { answerMs: 600_000 } });
  const before = (await receiver.calls()).length;
  await send(ann, told, "told");
  await receiver.untilCalls(before + 1);
  // It waits for pending timers.
  await evict(told);
});
