import { expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, type SignedIn } from "../../support/clients/api.ts";
import { ask, list, openForSelf, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { breakAt, FAULT_PLACES, type FaultPlace } from "../../support/faults/injected-fault.ts";
import { eachStep } from "../../support/faults/sampled-steps.ts";

// Ann writes to Bob, who wants to be asked, and something breaks at a step. Both repeat what has failed.
let ann: SignedIn;
let bob: SignedIn;

const Requests = z.object({ items: z.array(z.object({ conversation_id: z.int() })) });
const asked = async () =>
  Requests.parse((await call("GET", "/v1/requests", { token: bob.token })).body).items.map(
    (item) => item.conversation_id,
  );
const listed = async () => (await list(bob)).items.map(({ id, unread_count }) => [id, unread_count]);

/** A conversation of Ann's, which Bob has not accepted. */
async function fresh(): Promise<number> {
  [ann, bob] = await signedInUsers(2);
  await call("PATCH", "/v1/me", { token: bob.token, body: { who_may_write: "nobody" } });
  return (await openForSelf(ann, bob)).id;
}

/** Repeats a call, as clients do after an error of the server. */
async function untilDone(work: () => Promise<Answer>): Promise<void> {
  await eventually(async () => expect((await work()).status).toBeLessThan(300));
}

async function broken(place: FaultPlace, step: number, id: number, work: () => Promise<Answer>) {
  const fault = await breakAt(place, step, { conversationId: id, userId: bob.user.id });
  try {
    await work().catch(() => undefined);
  } finally {
    fault[Symbol.dispose]();
  }
  await untilDone(work);
  return { isHit: fault.isHit, steps: fault.steps };
}

test.each(FAULT_PLACES.filter((place) => place !== "inbox"))(
  "a first message asks once it is stored: %s",
  async (place) => {
    await eachStep(`a first message, ${place}`, 3, async (step) => {
      const id = await fresh();
      const body = { kind: "text", body: { text: "hello" }, client_msg_id: "m1" };
      const result = await broken(place, step, id, () => ask(ann, id, "POST", "/messages", body));
      await eventually(async () => expect(await asked()).toEqual([id]));
      expect(await listed()).toEqual([]);
      return result;
    });
  },
);

test.each(FAULT_PLACES)(
  "an accepted request is a conversation, and no request any more: %s",
  async (place) => {
    await eachStep(`an acceptance, ${place}`, 3, async (step) => {
      const id = await fresh();
      await send(ann, id, "hello");
      await eventually(async () => expect(await asked()).toEqual([id]));
      const body = { answer: "accept" };
      const accept = () => call("PUT", `/v1/requests/${id}`, { token: bob.token, body });
      const result = await broken(place, step, id, accept);
      await eventually(async () => expect([await listed(), await asked()]).toEqual([[[id, 1]], []]));
      return result;
    });
  },
);
