import { expect } from "vitest";
import type { z } from "zod";
import { User } from "../../../src/surfaces/v1/schemas/accounts.ts";
import { FriendRequestList, UserList } from "../../../src/surfaces/v1/schemas/friends.ts";
import { type Answer, call, type SignedIn } from "../clients/api.ts";
import { people } from "../objects/room.ts";

const StrictUsers = UserList.extend({ items: User.strict().array() }).strict();
const StrictRequest = FriendRequestList.shape.items.element.extend({ user: User.strict() }).strict();
const StrictRequests = FriendRequestList.extend({ items: StrictRequest.array() }).strict();

export type FriendCall = "PUT friends" | "DELETE friends" | "PUT blocks" | "DELETE blocks";
export const FRIEND_CALLS: FriendCall[] = ["PUT friends", "DELETE friends", "PUT blocks", "DELETE blocks"];

/** Asks, ends, blocks, unblocks. */
export function ask(
  what: FriendCall,
  { token }: SignedIn,
  { user }: { user: { id: number } },
): Promise<Answer> {
  const [method = "", list = ""] = what.split(" ");
  return call(method, `/v1/${list}/${user.id}`, { token });
}

/** The same where it is done. */
export async function done(
  what: FriendCall,
  caller: SignedIn,
  other: { user: { id: number } },
): Promise<unknown> {
  const answer = await ask(what, caller, other);
  expect(answer.status, JSON.stringify(answer.body)).toBe(what === "PUT friends" ? 200 : 204);
  return answer.body;
}

/** Makes two people friends. */
export async function befriend(one: SignedIn, other: SignedIn): Promise<void> {
  await done("PUT friends", one, other);
  expect(await done("PUT friends", other, one)).toEqual({ state: "friends" });
}

export async function users({ token }: SignedIn, list: "friends" | "blocks", query = "") {
  const answer = await call("GET", `/v1/${list}${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictUsers.parse(answer.body);
}

export async function requests({ token }: SignedIn, query = ""): Promise<z.infer<typeof StrictRequests>> {
  const answer = await call("GET", `/v1/friends/requests${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictRequests.parse(answer.body);
}

/** What somebody's lists hold, as ids. */
export async function listsOf(who: SignedIn) {
  const [friends, asked, blocks] = await Promise.all([
    users(who, "friends"),
    requests(who),
    users(who, "blocks"),
  ]);
  return {
    friends: friends.items.map(({ id }) => id),
    requests: asked.items.map(({ user }) => user.id),
    blocks: blocks.items.map(({ id }) => id),
  };
}

/**
 * Registers so many people. @returns what gives two of them at each call, each two once: nobody has to sign
 *   up for a pair that has nothing behind it
 */
export async function strangers(count: number): Promise<() => [SignedIn, SignedIn]> {
  const registered = await people(count);
  const pairs = registered.flatMap((one, i) =>
    registered.slice(i + 1).map((other): [SignedIn, SignedIn] => [one, other]),
  );
  return () => {
    const pair = pairs.shift();
    if (!pair) throw new Error("there are not so many pairs");
    return pair;
  };
}
