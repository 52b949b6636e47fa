import { expect, test } from "vitest";
import { Users } from "../../../src/surfaces/v1/accounts/users.ts";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, insertUsers, openDirect, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";

async function users(count: number): Promise<[SignedIn, ...SignedIn[]]> {
  const [first, ...others] = await signedInUsers(count);
  if (!first) throw new Error("at least one user is asked for");
  return [first, ...others];
}

async function people({ token }: SignedIn, query = ""): Promise<number[]> {
  const answer = await call("GET", `/v1/people${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return Users.parse(answer.body).items.map(({ id }) => id);
}

async function befriend(one: SignedIn, other: SignedIn): Promise<void> {
  await call("PUT", `/v1/friends/${other.user.id}`, { token: one.token });
  await call("PUT", `/v1/friends/${one.user.id}`, { token: other.token });
}

const idsOf = (...all: (SignedIn | undefined)[]) => all.map((one) => one?.user.id);

test("people of chats and groups come in the order of the list, then friends, each once", async () => {
  const [ann, bob, cem, dee, stranger] = await users(5);
  if (!bob || !cem || !dee || !stranger) throw new Error("five users");
  expect(await people(ann)).toEqual([]);
  await befriend(ann, dee);
  await befriend(ann, bob);
  const { id: group } = await createGroup(ann, [bob, cem]);
  await send(ann, group, "hello all");
  const { id: direct } = await openDirect(ann, bob);
  await send(ann, direct, "hello Bob");
  // The stranger shares a conversation with Bob alone.
  await send(stranger, (await openDirect(stranger, bob)).id, "hello");
  await eventually(async () => expect(await people(ann)).toEqual(idsOf(bob, cem, dee)));
  expect(await people(ann, "?limit=2")).toEqual(idsOf(bob, cem));
  expect(await people(stranger)).toEqual(idsOf(bob));
});

test("who has left, was removed or has deleted their account is not among them, nor is the group of who left", async () => {
  const [ann, bob, cem, dee] = await users(4);
  if (!bob || !cem || !dee) throw new Error("four users");
  const { id } = await createGroup(ann, [bob, cem, dee]);
  await send(ann, id, "hello all");
  await ask(bob, id, "POST", "/leave");
  await deleteAccount(dee);
  await runAccountDeletion(dee);
  await eventually(async () => expect(await people(ann)).toEqual(idsOf(cem)));
  await eventually(async () => expect(await people(bob)).toEqual([]));
});

test("a text finds names and usernames as people read them", async () => {
  const [ann, bob, cem] = await users(3);
  if (!bob || !cem) throw new Error("three users");
  await call("PATCH", "/v1/me", { token: bob.token, body: { nickname: "Jérôme Dubois" } });
  const { id } = await createGroup(ann, [bob, cem]);
  await send(ann, id, "hello all");
  await eventually(async () => expect(await people(ann)).toHaveLength(2));
  const find = (text: string) => people(ann, `?q=${encodeURIComponent(text)}`);
  for (const text of ["jerome", "ÉRÔ", " dubois ", "Je\u0301ro"])
    expect(await find(text), text).toEqual(idsOf(bob));
  expect(await find(cem.user.username.toUpperCase())).toEqual(idsOf(cem));
  for (const text of ["%", "jérômes", ann.user.username]) expect(await find(text), text).toEqual([]);
});

test("of a large group a part is looked at, and no group hides the chats below it", async () => {
  const [ann, bob] = await users(2);
  if (!bob) throw new Error("two users");
  const { id: direct } = await openDirect(ann, bob);
  await send(ann, direct, "hello Bob");
  const { id } = await createGroup(ann, await insertUsers(120));
  await send(ann, id, "hello all");
  await eventually(async () => {
    const found = await people(ann, "?limit=100");
    expect(found.at(-1)).toBe(bob.user.id);
    // Ann herself is one of the 50.
    expect(found.length).toBeGreaterThanOrEqual(50);
    expect(found.length).toBeLessThanOrEqual(51);
  });
});

test("a limit of none and a text that is too long are refused", async () => {
  const [ann] = await signedInUsers(1);
  for (const query of ["?limit=0", "?limit=101", `?q=${"x".repeat(101)}`])
    expectProblem(await call("GET", `/v1/people${query}`, { token: ann.token }), 400, "validation_failed");
});
