import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { expectFriendCall } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { freezeClock } from "../../../support/clock.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "../client.ts";
import { connect, givenID, listed, Message, messagesOnce, say } from "./socket.ts";

describe("a message that nothing stores", () => {
  let ann: SignedIn;
  let bob: SignedIn;
  let cid: SignedIn;

  beforeEach(async () => {
    const all = await signedInUsers(3);
    [ann, bob, cid] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2)];
    await say(ann, nameOf(bob), "hello");
  });

  const online = (who: SignedIn, to: string, more: object = {}) =>
    tim(who, "/message/sendMessage", {
      message: { ID: givenID(who), to, conversationType: "C2C", payload: { text: "ring" }, ...more },
      onlineUserOnly: true,
    });
  const Sent = z.object({ message: Message });

  test("reaches those who are online, and is in no list", async () => {
    const [anns, bobs] = [await connect(ann), await connect(bob)];
    const { message } = Sent.parse(success(await online(ann, nameOf(bob), { cloudCustomData: "more" })).data);
    expect(message).toMatchObject({ status: "success", flow: "out", to: nameOf(bob), sequence: 0 });
    const { message: shown } = Sent.parse(await bobs.next("online"));
    expect(shown).toMatchObject({
      ...{
        ID: message.ID,
        from: nameOf(ann),
        to: nameOf(bob),
        flow: "in",
        conversationID: `C2C${nameOf(ann)}`,
      },
      ...{ payload: { text: "ring" }, cloudCustomData: "more" },
    });
    await say(ann, nameOf(bob), "then");
    await messagesOnce(bobs, 1);
    expect((await listed(bob, `C2C${nameOf(ann)}`)).map(({ payload }) => payload.text)).toEqual([
      "hello",
      "then",
    ]);
    expect(anns.of("online")).toEqual([]);
    // A socket that opens later is told nothing of it.
    const later = await connect(bob);
    await say(ann, nameOf(bob), "last");
    await messagesOnce(later, 1);
    expect(later.of("online")).toEqual([]);
  });

  test("is refused where a send is, if it is large, and if there are many", async () => {
    failure(await online(ann, nameOf(bob), { payload: { text: "x".repeat(5_000) } }), 80_002);
    failure(await online(ann, nameOf(bob), { ID: givenID(bob) }), 70_402, "ID");
    failure(await online(ann, nameOf(bob), { payload: { text: "hi", atUserList: [nameOf(bob)] } }), 70_402);
    failure(await online(ann, "nobody at all"), 20_003);
    const Created = z.object({ group: z.object({ groupID: z.string() }) });
    const { group } = await data(Created, ann, "/group/createGroup", { name: "lunch" });
    failure(await online(cid, group.groupID, { conversationType: "GROUP" }), 10_007);
    freezeClock();
    const codes = [];
    for (let i = 0; i < 6; i++) codes.push((await online(ann, nameOf(bob))).status);
    expect(codes).toEqual([200, 200, 200, 200, 200, 429]);
    await expectFriendCall("PUT blocks", bob, ann);
    failure(await online(ann, nameOf(bob)), 20_007);
  });
});
