import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { befriend, expectFriendCall, friendRequests } from "../../support/accounts/friends.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { insertUsers } from "../../support/clients/chat.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await signedInUsers(2);
});

const outgoing = (who: SignedIn, query = "") => friendRequests(who, `?direction=outgoing${query}`);
const asked = async (who: SignedIn) => (await outgoing(who)).items.map(({ user }) => user.id);

describe("the requests for friendship that a user has sent", () => {
  test("are listed for the sender, and for nobody else", async () => {
    const before = Date.now() - 1;
    await expectFriendCall("PUT friends", ann, bob);
    const sent = await outgoing(ann);
    expect(sent).toEqual({
      items: [{ user: { ...bob.user, avatar: "", online: false }, created_at: expect.any(Number) }],
      next_cursor: null,
    });
    expect(sent.items[0]?.created_at).toBeGreaterThanOrEqual(before);
    expect(await asked(bob)).toEqual([]);
    expect((await friendRequests(ann)).items).toEqual([]);
    const incoming = await friendRequests(bob, "?direction=incoming");
    expect(incoming).toEqual(await friendRequests(bob));
    expect(incoming.items).toMatchObject([{ user: { id: ann.user.id } }]);
  });

  test.each([
    ["withdrawn", "DELETE friends", "sender"],
    ["rejected", "DELETE friends", "receiver"],
    ["accepted", "PUT friends", "receiver"],
    ["ended by a block", "PUT blocks", "receiver"],
  ] as const)("are no longer listed once they are %s", async (_, what, by) => {
    const [sender, receiver] = await signedInUsers(2);
    await expectFriendCall("PUT friends", sender, receiver);
    expect(await asked(sender)).toEqual([receiver.user.id]);
    await (by === "sender"
      ? expectFriendCall(what, sender, receiver)
      : expectFriendCall(what, receiver, sender));
    expect(await asked(sender)).toEqual([]);
  });

  test("to a deleted user are gone", async () => {
    const [cem, gone] = await Promise.all([register(), register()]);
    await expectFriendCall("PUT friends", cem, gone);
    expect((await deleteAccount(gone)).status).toBe(204);
    expect(await asked(cem)).toEqual([]);
  });

  test("come in pages, the newest first, with a cursor of their own", async () => {
    const [dan, others] = [await register(), await insertUsers(7)];
    const ids = others.map(({ user }) => user.id);
    const insert =
      "INSERT INTO friend_requests (user_id, from_id, created_at) SELECT value, ?, key / 3 FROM json_each(?)";
    await env.DB.prepare(insert).bind(dan.user.id, JSON.stringify(ids)).run();
    const seen: number[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await outgoing(dan, `&limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ user }) => user.id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids.toReversed());
  });

  test("show no presence before the other user agrees", async () => {
    const [sender, receiver] = await signedInUsers(2);
    await env.DB.prepare("UPDATE users SET online = 1 WHERE id = ?").bind(receiver.user.id).run();
    await expectFriendCall("PUT friends", sender, receiver);
    expect((await outgoing(sender)).items).toMatchObject([{ user: { online: false } }]);
    await befriend(receiver, sender);
    expect(await asked(sender)).toEqual([]);
  });

  test.each(["both", "", "OUTGOING", "outgoing&direction=incoming"])(
    "are not listed for the direction %j",
    async (direction) => {
      const answer = await call("GET", `/v1/friends/requests?direction=${direction}`, { token: ann.token });
      expectProblem(answer, 400, "validation_failed");
    },
  );
});
