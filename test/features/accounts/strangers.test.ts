import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { createGroup } from "../../support/clients/chat.ts";
import { advanceClock } from "../../support/clock.ts";
import { itemAt, range } from "../../support/objects/room.ts";

const DAY_MS = 86_400_000;

let ann: SignedIn;
let member: SignedIn;
let stranger: SignedIn;
let friend: SignedIn;
let group: number;

/**
 * Ann has a group with one user, has asked another for friendship, and does not know a third. Their sessions
 * outlast the days by which the tests move the clock.
 */
beforeEach(async () => {
  const all = await signedInUsers(4, 3 * (DAY_MS / 1_000));
  [ann, member, stranger, friend] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2), itemAt(all, 3)];
  group = (await createGroup(ann, [member])).id;
  await ask("PUT", `/friends/${friend.user.id}`);
});

const ask = (method: string, path: string, body?: object) =>
  call(method, `/v1${path}`, { token: ann.token, ...(body && { body }) });
const look = (...ids: number[]) => ask("GET", `/users?ids=${ids.join()}`);

/** Looks up as many numbers as there may be in a day. */
async function useUp(): Promise<void> {
  // A day has begun: no test runs over its end.
  advanceClock(DAY_MS - (Date.now() % DAY_MS) + 1);
  for (const i of range(0, LIMITS.strangersADay / 100 - 1)) {
    const ids = range(1, 100).map((n) => 500_000_000 + i * 100 + n);
    expect((await look(...ids)).status).toBe(200);
  }
}

test("who lists users by their numbers ends after a thousand strangers, until the next day", async () => {
  await useUp();
  const tried = [
    look(stranger.user.id),
    look(member.user.id, stranger.user.id),
    ask("GET", `/users/${stranger.user.id}`),
    ask("POST", "/conversations", { kind: "direct", user_id: stranger.user.id }),
    ask("PUT", `/blocks/${stranger.user.id}`),
    ask("PUT", `/friends/${stranger.user.id}`),
    ask("PUT", `/conversations/${group}/bans/${stranger.user.id}`, {}),
    look(1),
  ];
  for (const answer of await Promise.all(tried)) {
    expectProblem(answer, 429, "rate_limited");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(60);
  }
  // Whom one shares something with is shown, and so is anybody by their exact name.
  expect((await look(member.user.id, friend.user.id, ann.user.id)).body).toMatchObject({
    items: [{ id: member.user.id }, { id: friend.user.id }, { id: ann.user.id }],
  });
  const named = await ask("GET", `/users?username=${encodeURIComponent(stranger.user.username)}`);
  expect(named.body).toMatchObject({ items: [{ id: stranger.user.id }] });
  advanceClock(DAY_MS);
  expect((await look(stranger.user.id)).body).toMatchObject({ items: [{ id: stranger.user.id }] });
});

test("looking up users with whom one shares something writes nothing", async () => {
  const count = () =>
    env.DB.prepare("SELECT count FROM stranger_lookups WHERE user_id = ?").bind(ann.user.id).first("count");
  const before = await count();
  await look(member.user.id, friend.user.id, ann.user.id);
  await ask("GET", `/users/${member.user.id}`);
  expect(await count()).toBe(before);
  await look(member.user.id, stranger.user.id);
  expect(await count()).toBe(Number(before) + 1);
});

test("concurrent look-ups are counted one after the other", async () => {
  await useUp();
  advanceClock(DAY_MS);
  const many = range(0, 14).map((i) => look(...range(1, 100).map((n) => 600_000_000 + i * 100 + n)));
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(LIMITS.strangersADay / 100);
});
