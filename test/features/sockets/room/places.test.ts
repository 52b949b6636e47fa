import { expect, test } from "vitest";
import { newSession } from "../../../support/accounts/sessions.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { expectProblem } from "../../../support/clients/api.ts";
import { openRoom, readRefusal, roomPath, upgrade } from "../../../support/clients/socket.ts";
import { eventually } from "../../../support/eventually.ts";
import { createGroupId, range } from "../../../support/objects/room.ts";
import { overrideTiming } from "../../../support/timing.ts";

/** Asks for `count` sockets at once. @returns the statuses, in rising order */
async function openAtOnce(id: number, token: string, count: number): Promise<number[]> {
  const responses = await Promise.all(range(1, count).map(() => upgrade(roomPath(id), token)));
  for (const { webSocket } of responses) webSocket?.accept();
  return responses.map(({ status }) => status).toSorted();
}

test("of fifty sockets that a user opens at once in a conversation ten open, on all devices together", async () => {
  const [ann, bob] = await signedInUsers(2);
  const id = await createGroupId(ann, bob);
  const tablet = await newSession(ann);
  const statuses = (
    await Promise.all([openAtOnce(id, ann.token, 25), openAtOnce(id, tablet.token, 25)])
  ).flat();
  expect(statuses.filter((status) => status === 101)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(40);
  const refused = await readRefusal(await upgrade(roomPath(id), ann.token));
  expectProblem(refused, 429, "rate_limited");
  expect(refused.headers.get("Retry-After")).toBe("60");
  // Others, and other conversations, are not concerned.
  expect(await openAtOnce(id, bob.token, 1)).toEqual([101]);
  const other = await createGroupId(ann, bob);
  expect(await openAtOnce(other, ann.token, 10)).toEqual(range(1, 10).map(() => 101));
});

test("a closed socket leaves its place to another one", async () => {
  overrideTiming({ roomSockets: { perUser: 2 } });
  const [ann] = await signedInUsers(1);
  const id = await createGroupId(ann);
  const first = await openRoom(id, ann.token);
  await openRoom(id, ann.token);
  expect((await upgrade(roomPath(id), ann.token)).status).toBe(429);
  first.close();
  await eventually(async () => {
    expect(await openAtOnce(id, ann.token, 1)).toEqual([101]);
  });
});

test("the last places of a conversation are for users without a socket, and then there are none", async () => {
  overrideTiming({ roomSockets: { perUser: 10, scarceAt: 3, max: 5 } });
  const [ann, bob, cas, dan] = await signedInUsers(4);
  const id = await createGroupId(ann, bob, cas, dan);
  expect(await openAtOnce(id, ann.token, 5)).toEqual([101, 101, 101, 429, 429]);
  expect(await openAtOnce(id, bob.token, 2)).toEqual([101, 429]);
  expect(await openAtOnce(id, cas.token, 1)).toEqual([101]);
  const full = await readRefusal(await upgrade(roomPath(id), dan.token));
  expectProblem(full, 503, "unavailable");
  expect(full.headers.get("Retry-After")).toBe("60");
});
