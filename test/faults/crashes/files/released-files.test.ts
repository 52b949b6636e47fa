import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import {
  expectGone,
  passMinute,
  sendFile,
  statusOf,
  untilRecorded,
  uploadFile,
} from "../../../features/files/lifetime.ts";
import { deleteAccount } from "../../../support/accounts/deletion.ts";
import { register, type SignedIn } from "../../../support/clients/api.ts";
import { createGroup, deleteMessage } from "../../../support/clients/chat.ts";
import { expectPosted } from "../../../support/clients/forwards.ts";
import {
  breakAt,
  type FaultPlace,
  type InjectedFault,
  loseAfterD1,
} from "../../../support/faults/injected-fault.ts";
import { eachStep } from "../../../support/faults/sampled-steps.ts";
import { setTiming } from "../../../support/timing.ts";

type Place = FaultPlace | "object after D1" | "R2";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() => setTiming({ rpcRetry: { backoffMs: 1 }, indexing: { idleMs: 1 } }));
beforeEach(async () => {
  [ann, bob] = [await register(), await register()];
});

/** Makes the n-th deletion of bytes fail. */
function loseR2(step: number): InjectedFault {
  const found = { isHit: false, steps: 0, [Symbol.dispose]: () => {} };
  const { FILES } = env;
  const original = FILES.delete.bind(FILES);
  const value: typeof original = (keys) => {
    found.steps++;
    if (found.steps !== step) return original(keys);
    found.isHit = true;
    return Promise.reject(new Error("Network connection lost."));
  };
  Object.defineProperty(FILES, "delete", { configurable: true, value });
  found[Symbol.dispose] = () => void Reflect.deleteProperty(FILES, "delete");
  return found;
}

/** Injects a fault at the n-th step of an object, of D1 or of R2. */
function breakIn(place: Place, step: number, stub: DurableObjectStub, id: number, userId: number) {
  if (place === "R2") return loseR2(step);
  if (place === "object after D1") return loseAfterD1(stub, step);
  return breakAt(place, step, { conversationId: id, userId });
}

test.each([
  ...["conversation", "D1 before", "D1 after", "conversation at D1", "object after D1", "R2"],
] as Place[])(
  "a revoke interrupted at any step of %s: the file goes, and what a racing forward shows stays",
  async (place) => {
    const { id } = await createGroup(ann, [bob]);
    const { id: other } = await createGroup(bob);
    const stub = env.CONVERSATION.getByName(String(id));
    await eachStep(`released files, ${place}`, 6, async (step) => {
      const [goes, forwarded] = [await uploadFile(ann), await uploadFile(ann)];
      const seqs = [await sendFile(ann, id, goes), await sendFile(ann, id, forwarded)];
      await untilRecorded(id);
      for (const seq of seqs) {
        if (seq === seqs[1]) await expectPosted(bob, other, { forward: { conversation_id: id, seq } });
        expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
      }
      const broken = await breakIn(place, step, stub, id, bob.user.id);
      try {
        await passMinute({ conversations: [id, other] });
      } finally {
        broken[Symbol.dispose]();
      }
      // What D1 did not answer begins anew.
      await passMinute({ conversations: [id, other] });
      await expectGone(goes);
      expect(await statusOf(forwarded), `${place} ${step}`).toBe(200);
      return { isHit: broken.isHit, steps: broken.steps };
    });
  },
);

test.each([...["inbox", "D1 before", "D1 after", "object after D1", "R2"]] as Place[])(
  "the deletion of an account interrupted at any step of %s: its files go",
  async (place) => {
    const { id } = await createGroup(ann);
    await eachStep(`files of deleted accounts, ${place}`, 6, async (step) => {
      const dan = await register();
      const [unsent, shown] = [await uploadFile(dan), await uploadFile(dan)];
      await sendFile(ann, id, shown);
      await untilRecorded(id);
      expect((await deleteAccount(dan)).status).toBe(204);
      const stub = env.INBOX.getByName(String(dan.user.id));
      const broken = await breakIn(place, step, stub, id, dan.user.id);
      try {
        await passMinute({ users: [dan] });
      } finally {
        broken[Symbol.dispose]();
      }
      await passMinute({ users: [dan] });
      await expectGone(unsent);
      expect(await statusOf(shown), `${place} ${step}`).toBe(200);
      return { isHit: broken.isHit, steps: broken.steps };
    });
  },
);
