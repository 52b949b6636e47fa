import { beforeAll, expect, test } from "vitest";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, getMessage, listedConversation, send } from "../../support/clients/chat.ts";
import { edit, edits, patch } from "../../support/clients/edits.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { breakAt, failStatement } from "../../support/faults/injected-fault.ts";
import { eachStep } from "../../support/faults/sampled-steps.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() =>
  setTiming({ rpcRetry: { backoffMs: 1 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

test.each(["crash", "error"] as const)(
  "an edit interrupted by a %s at any statement is stored whole or not at all, and can be repeated",
  async (fault) => {
    await eachStep(`edit, ${fault}`, 6, async (step) => {
      const { id } = await createGroup(ann, [bob]);
      await send(ann, id, { kind: "text", body: { text: "one" }, mentions: [bob.user.id] });
      const change = { body: "uno", mentions: [] };
      const broken = await (fault === "crash"
        ? breakAt("conversation", step, { conversationId: id, userId: bob.user.id })
        : failStatement(id, step));
      try {
        await patch(ann, id, 1, change).catch(() => undefined);
      } finally {
        broken[Symbol.dispose]();
      }
      const when = `${fault} ${step}`;
      const now = await getMessage(bob, id, 1);
      const former = await edits(bob, id, 1);
      const isStored = now.version === 2;
      expect(now.body, when).toEqual({ text: isStored ? "uno" : "one" });
      expect(now.rev, when).toBe(isStored ? 1 : 0);
      expect(former, when).toHaveLength(isStored ? 1 : 0);
      const edited = await edit(ann, id, 1, change);
      expect(edited, when).toMatchObject({ body: { text: "uno" }, mentions: [], version: 2, rev: 1 });
      expect(await edits(bob, id, 1), when).toMatchObject([{ version: 1, body: { text: "one" } }]);
      const socket = await openRoom(id, bob.token, "?after=1&rev=0");
      await socket.next("synced");
      expect(socket.of("changed"), when).toMatchObject([{ rev: 1, items: [{ body: { text: "uno" } }] }]);
      socket.close();
      const list = async () => (await listedConversation(bob, id)).last_message?.body;
      await expect.poll(list, { timeout: 20_000 }).toEqual({ text: "uno" });
      return { isHit: broken.isHit, steps: broken.steps };
    });
  },
);
