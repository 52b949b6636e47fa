import { expect, test } from "vitest";
import { registerUsers } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { conversationObject, createGroupId, range } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { Writes } from "../../support/objects/writes.ts";
import { overrideTiming } from "../../support/timing.ts";

/** The message twice and its index by rev, the counters of the conversation, the former version. */
const ROWS = 5;

test.each([
  ["the newest message, which lists show,", 2],
  ["an older message", 1],
])(
  "an edit of %s writes five rows in its conversation, and one more once a version is dropped",
  async (_, seq) => {
    const [ann, bob] = await registerUsers(2);
    const id = await createGroupId(ann, bob);
    await send(ann, id, "one");
    await send(ann, id, "two");
    await untilCheckpoint(id);
    // No other checkpoint is counted. The first edit sets the retry marker.
    overrideTiming({ fanout: { checkpointMs: 600_000 } });
    await edit(ann, id, seq, { body: "edit 2" });
    using writes = await Writes.begin(conversationObject(id));
    const rows = () => writes.written.conversationRows;
    for (const version of range(2, 20)) {
      await edit(ann, id, seq, { body: `edit ${version + 1}`, base_version: version });
    }
    expect(rows()).toBe(19 * ROWS);
    await edit(ann, id, seq, { body: "edit 22", base_version: 21 });
    expect(rows()).toBe(19 * ROWS + ROWS + 1);
    expect((await edit(ann, id, seq, { body: "edit 22", base_version: 22 })).version).toBe(22);
    expect(rows()).toBe(20 * ROWS + 1);
  },
);
