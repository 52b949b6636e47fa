import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { deleteExpired } from "../../../src/core/maintenance.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { contactLists, expectFriendCall, friendCall } from "../../support/accounts/friends.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { timing } from "../../support/timing.ts";

describe("after a rejected request", () => {
  const DAY_MS = 24 * 60 * 60_000;
  const rejections = async ({ user }: SignedIn) =>
    (await env.DB.prepare("SELECT * FROM friend_rejections WHERE from_id = ?").bind(user.id).all()).results;

  async function rejected(): Promise<[SignedIn, SignedIn]> {
    const [one, other] = await signedInUsers(2, 7 * 24 * 60 * 60);
    expect(await expectFriendCall("PUT friends", one, other)).toEqual({ state: "requested" });
    await expectFriendCall("DELETE friends", other, one);
    return [one, other];
  }

  test("the same user waits a day, and the other one is not asked meanwhile", async () => {
    freezeClock();
    const [one, other] = await rejected();
    const refused = await friendCall("PUT friends", one, other);
    expectProblem(refused, 429, "rate_limited");
    expect(refused.headers.get("Retry-After")).toBe(String(DAY_MS / 1_000));
    expect((await contactLists(other)).requests).toEqual([]);
    advanceClock(DAY_MS - 1);
    expectProblem(await friendCall("PUT friends", one, other), 429, "rate_limited");
    advanceClock(1);
    expect(await expectFriendCall("PUT friends", one, other)).toEqual({ state: "requested" });
    expect((await contactLists(other)).requests).toEqual([one.user.id]);
  });

  test("the other user can ask, and then both are friends and nothing is kept of it", async () => {
    const [one, other] = await rejected();
    expect(await expectFriendCall("PUT friends", other, one)).toEqual({ state: "requested" });
    expect(await expectFriendCall("PUT friends", one, other)).toEqual({ state: "friends" });
    expect(await rejections(one)).toEqual([]);
    // The end of a friendship rejects nothing.
    await expectFriendCall("DELETE friends", other, one);
    expect(await expectFriendCall("PUT friends", one, other)).toEqual({ state: "requested" });
  });

  test("a request that was withdrawn may come again at once, one that ended by a block not", async () => {
    const [one, other] = await signedInUsers(2);
    await expectFriendCall("PUT friends", one, other);
    await expectFriendCall("DELETE friends", one, other);
    expect(await expectFriendCall("PUT friends", one, other)).toEqual({ state: "requested" });
    await expectFriendCall("PUT blocks", other, one);
    await expectFriendCall("DELETE blocks", other, one);
    expectProblem(await friendCall("PUT friends", one, other), 429, "rate_limited");
  });

  test("who accepts everybody later gets the user as a friend at once", async () => {
    const [one, other] = await rejected();
    await call("PATCH", "/v1/me", { token: other.token, body: { friend_policy: "allow" } });
    expect(await expectFriendCall("PUT friends", one, other)).toEqual({ state: "friends" });
  });

  test("of concurrent rejections and requests no request is left over", async () => {
    const [one, other] = await signedInUsers(2);
    await expectFriendCall("PUT friends", one, other);
    await Promise.all([
      friendCall("PUT friends", one, other),
      friendCall("DELETE friends", other, one),
      friendCall("PUT friends", one, other),
    ]);
    expect((await contactLists(other)).requests).toEqual([]);
    expectProblem(await friendCall("PUT friends", one, other), 429, "rate_limited");
  });

  test("the hourly cleanup deletes what has no effect any more, and an account's deletion all of its own", async () => {
    freezeClock();
    const [one] = await rejected();
    const clean = () => deleteExpired(openDatabase(env.DB), env.FILES, timing);
    await clean();
    expect((await rejections(one)).length).toBe(1);
    advanceClock(DAY_MS);
    await clean();
    expect(await rejections(one)).toEqual([]);
    const asking = await register();
    const [other] = await signedInUsers(1);
    await expectFriendCall("PUT friends", asking, other);
    await expectFriendCall("DELETE friends", other, asking);
    expect((await rejections(asking)).length).toBe(1);
    const gone = await call("DELETE", "/v1/me", { token: asking.token, body: { password: PASSWORD } });
    expect(gone.status).toBe(204);
    expect(await rejections(asking)).toEqual([]);
  });
});
