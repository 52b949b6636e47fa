import { expect, test } from "vitest";
import { Position, Seq } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { seqsKnownTo } from "../../support/clients/device-frames.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { loseCalls, type ObjectCall } from "../../support/faults/calls.ts";
import { runAlarm } from "../../support/objects/assert-consistent.ts";
import { conversationObject, createGroupId, itemAt, range } from "../../support/objects/room.ts";

const SHOWN = 51;
const OTHERS = 320;

test("a device gets the revoke of a message that it shows, after 320 others while its inbox was unreachable", async () => {
  const all = await signedInUsers(2);
  const [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  const id = await createGroupId(ann, bob);
  const room = conversationObject(id);
  const say = async (count: number) => {
    const draft = {
      clientMsgId: undefined,
      kind: "text",
      body: '{"text":"x"}',
      quoteSeq: undefined,
    } as const;
    const sent = range(1, count).map(() =>
      room.send({ userId: ann.user.id, draft: { ...draft, mentions: [] } }),
    );
    for (const answer of await Promise.all(sent)) expect(answer).toHaveProperty("ok", true);
  };
  const revoke = async (seq: number) =>
    expect(await room.revoke({ userId: ann.user.id, seq: Seq.parse(seq) })).toHaveProperty("ok", true);
  const toBob = ({ method, id }: ObjectCall) => method === "applyUpdate" && id === bob.user.id;
  const device = await openDevice(bob.token);
  await say(10);
  await device.until(() => seqsKnownTo(device, id).length === 10);

  // The conversation takes the device to have the first messages only.
  const answers = loseCalls("answer", toBob);
  await say(SHOWN - 10);
  await eventually(async () => {
    await runAlarm(id);
    expect(seqsKnownTo(device, id)).toEqual(range(1, SHOWN));
  });
  answers[Symbol.dispose]();
  {
    using _ = loseCalls("call", toBob);
    await say(OTHERS);
    await Promise.all(range(SHOWN + 1, SHOWN + OTHERS).map(revoke));
    await revoke(40);
  }
  await eventually(async () => {
    await runAlarm(id);
    expect(seqsKnownTo(device, id)).toHaveLength(SHOWN + OTHERS);
  });
  expect(device.of("revoked").map(({ seq }) => seq)).toEqual([Position.parse(40)]);
});
