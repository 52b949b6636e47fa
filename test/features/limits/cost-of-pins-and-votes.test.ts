import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import { expectAsked, send } from "../../support/clients/chat.ts";
import { Costs } from "../../support/objects/costs.ts";
import { conversationObject, createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";

beforeAll(() => setNoRateLimits());

const TIMES = 20;

test("a vote writes six rows, a pin six with its tip, an unpin four", async () => {
  // Longer than the test: the first change is announced at once, all others wait.
  overrideTiming({ changes: { intervalMs: 600_000 } });
  const users = await signedInUsers(TIMES);
  const ann = itemAt(users, 0);
  using costs = new Costs(users);
  const id = await createGroupId(ann, ...users.slice(1));
  const body = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  const { seq } = await send(ann, id, { kind: "poll", body });
  const pinned: number[] = [];
  for (const i of range(1, TIMES)) pinned.push(await postText(id, ann, `${i}`));
  await untilCheckpoint(id);
  await costs.watch("conversation", conversationObject(id));
  costs.reset();
  await Promise.all(
    users.map((user) => expectAsked(user, id, "PUT", `/messages/${seq}/votes`, { options: [0] })),
  );
  const votes = costs.rows("conversation") / TIMES;
  expect([...costs.inboxUpdates.values()]).toEqual([]);
  costs.reset();
  for (const at of pinned) await expectAsked(ann, id, "PUT", `/messages/${at}/pin`);
  await untilCheckpoint(id);
  // One row more, of the checkpoint, is shared by all pins.
  const pins = Math.floor(costs.rows("conversation") / TIMES);
  costs.reset();
  for (const at of pinned) await expectAsked(ann, id, "DELETE", `/messages/${at}/pin`);
  const unpins = costs.rows("conversation") / TIMES;
  expect({ votes, pins, unpins }).toEqual({ votes: 6, pins: 6, unpins: 4 });
});
