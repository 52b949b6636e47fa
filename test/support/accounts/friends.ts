import { expect } from "vitest";
import type { z } from "zod";
import { FriendRequestList, UserList } from "../../../src/surfaces/v1/accounts/friends.ts";
import { User } from "../../../src/surfaces/v1/accounts/users.ts";
import { type Answer, call, registerUsers, type SignedIn } from "../clients/api.ts";

const StrictUsers = UserList.extend({ items: User.strict().array() }).strict();
const StrictRequest = FriendRequestList.shape.items.element.extend({ user: User.strict() }).strict();
const StrictRequests = FriendRequestList.extend({ items: StrictRequest.array() }).strict();

export type FriendCall = "PUT friends" | "DELETE friends" | "PUT blocks" | "DELETE blocks";
export const FRIEND_CALLS: FriendCall[] = ["PUT friends", "DELETE friends", "PUT blocks", "DELETE blocks"];

/** One friend or block call over HTTP: request or accept, end, block, unblock. */
export function friendCall(
  what: FriendCall,
  { token }: SignedIn,
  { user }: { user: { id: number } },
): Promise<Answer> {
  const [method = "", list = ""] = what.split(" ");
  return call(method, `/v1/${list}/${user.id}`, { token });
}

/** Like `friendCall`, and asserts success. @returns the answer's body */
export async function expectFriendCall(
  what: FriendCall,
  caller: SignedIn,
  other: { user: { id: number } },
): Promise<unknown> {
  const answer = await friendCall(what, caller, other);
  expect(answer.status, JSON.stringify(answer.body)).toBe(what === "PUT friends" ? 200 : 204);
  return answer.body;
}

/** Makes two users friends. */
export async function befriend(one: SignedIn, other: SignedIn): Promise<void> {
  await expectFriendCall("PUT friends", one, other);
  expect(await expectFriendCall("PUT friends", other, one)).toEqual({ state: "friends" });
}

export async function userList({ token }: SignedIn, list: "friends" | "blocks", query = "") {
  const answer = await call("GET", `/v1/${list}${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictUsers.parse(answer.body);
}

export async function friendRequests(
  { token }: SignedIn,
  query = "",
): Promise<z.infer<typeof StrictRequests>> {
  const answer = await call("GET", `/v1/friends/requests${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictRequests.parse(answer.body);
}

/** The user ids in a user's lists of friends, requests and blocks. */
export async function contactLists(who: SignedIn) {
  const [friends, asked, blocks] = await Promise.all([
    userList(who, "friends"),
    friendRequests(who),
    userList(who, "blocks"),
  ]);
  return {
    friends: friends.items.map(({ id }) => id),
    requests: asked.items.map(({ user }) => user.id),
    blocks: blocks.items.map(({ id }) => id),
  };
}

/**
 * Registers `count` users.
 * @returns a function that gives two of them at each call, each pair once: a test of a pair without history
 *   needs no sign-up of its own
 * @throws an Error when no pair is left
 */
export async function unrelatedPairs(count: number): Promise<() => [SignedIn, SignedIn]> {
  const registered = await registerUsers(count);
  const pairs = registered.flatMap((one, i) =>
    registered.slice(i + 1).map((other): [SignedIn, SignedIn] => [one, other]),
  );
  return () => {
    const pair = pairs.shift();
    if (!pair) throw new Error("there are not so many pairs");
    return pair;
  };
}
