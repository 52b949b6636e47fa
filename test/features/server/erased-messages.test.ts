import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { runAccountDeletion } from "../../support/accounts/deletion.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { userPath } from "../../support/accounts/server-users.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  expectAsked,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { expectUploaded, upload } from "../../support/clients/files.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { aside, reply } from "../../support/clients/threads.ts";
import { breakAt, FAULT_PLACES } from "../../support/faults/injected-fault.ts";
import { runAlarm, runJobs } from "../../support/objects/assert-consistent.ts";
import { range } from "../../support/objects/room.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";

const SECRET = "correcthorse";

let key = "";
let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  setTiming({ rpcRetry: { backoffMs: 1 }, indexing: { idleMs: 1 } });
  key = (await makeServerKey(["users"])).text;
});

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
});

const erase = ({ user }: SignedIn, messages = "erase") =>
  call("DELETE", userPath(user.id, `?messages=${messages}`), { token: key });

const Found = z.object({ items: z.array(z.unknown()) });

/** How many messages show a file. */
async function references(): Promise<number> {
  return (await env.DB.prepare("SELECT 1 FROM file_references").all()).results.length;
}

/** What a search finds of the erased texts. */
async function found(id: number): Promise<number> {
  const { body } = await ask(ann, id, "GET", `/messages/search?q=${SECRET}`);
  return Found.parse(body).items.length;
}

/** Runs what is left of a deletion in the inbox and in these conversations. */
async function settle(who: SignedIn, ids: number[]): Promise<void> {
  for (let tries = 0; (await runAccountDeletion(who)) > 0; tries++) if (tries > 10) throw new Error("no end");
  for (const id of ids) await runJobs(id, { except: "direct_permission" });
}

/** Asserts that a conversation has messages of a user, and the content of none. */
async function expectErased(id: number, who: SignedIn, count: number): Promise<void> {
  const { items } = await page(ann, id, "?limit=100&threads=all");
  const own = items.filter(({ sender, kind }) => sender.id === who.user.id && kind !== "tip");
  expect(own).toHaveLength(count);
  for (const message of own) expect(message).toMatchObject({ revoked: true, sender: { nickname: "" } });
  expect(await storedInConversation(id)).not.toContain(SECRET);
  expect(await found(id)).toBe(0);
}

test("every message of a user goes, wherever they wrote; those of others stay", async () => {
  const [member, left, dissolved, direct] = [
    (await createGroup(ann, [bob])).id,
    (await createGroup(ann, [bob])).id,
    (await createGroup(ann, [bob])).id,
    (await openDirect(ann, bob)).id,
  ];
  const all = [member, left, dissolved, direct];
  const file = expectUploaded(await upload(bob, new Uint8Array([1, 2, 3]), "application/octet-stream"));
  for (const id of all) {
    const { seq } = await send(ann, id, "hello");
    const { seq: own } = await send(bob, id, `a ${SECRET}`);
    await edit(bob, id, own, { body: `another ${SECRET}` });
    await send(bob, id, { kind: "file", body: { url: file.url, name: `${SECRET}.bin`, size: 3 } });
    await send(bob, id, reply(seq, SECRET));
    await send(bob, id, aside(own, SECRET));
    await expectAsked(bob, id, "PUT", `/messages/${own}/reactions/${encodeURIComponent("❤")}`);
    await send(ann, id, "bye");
  }
  await expectAsked(bob, left, "POST", "/leave");
  expect((await ask(ann, dissolved, "DELETE", "")).status).toBe(204);
  for (const id of all) await runJobs(id, { except: "direct_permission" });
  expect(await found(member)).toBeGreaterThan(0);
  expect(await references()).toBe(all.length);
  const room = await openRoom(member, ann.token);
  const device = await openDevice(ann.token);
  expect((await erase(bob)).status).toBe(202);
  await settle(bob, all);
  for (const id of [member, left, direct]) {
    await expectErased(id, bob, 4);
    const { items } = await page(ann, id, "?limit=100");
    expect(items.filter(({ sender }) => sender.id === ann.user.id)).toHaveLength(2);
  }
  expect(await storedInConversation(dissolved)).not.toContain(SECRET);
  expect(JSON.stringify(await listedConversation(ann, member))).not.toContain(SECRET);
  // Who looks on is told.
  await room.next("revoked");
  await device.next("revoked");
  // No message shows the file any more: the hourly job deletes it.
  expect(await references()).toBe(0);
  expectProblem(await erase(bob), 404, "not_found");
});

test("thousands of messages go in parts, each in an alarm of its own", async () => {
  const { id } = await createGroup(ann, [bob]);
  const texts = range(1, 120).map((n) => ({ kind: "text", body: { text: `${SECRET} ${n}` } }));
  for (const message of texts) await send(bob, id, message);
  await send(ann, id, "still here");
  expect((await erase(bob)).status).toBe(202);
  const revoked = async () => {
    const pages = [await page(ann, id, "?limit=100"), await page(ann, id, "?limit=100&before=60")];
    const seqs = pages.flatMap(({ items }) => items.filter((one) => one.revoked)).map(({ seq }) => seq);
    return new Set(seqs).size;
  };
  expect(await revoked()).toBe(50);
  await runAlarm(id);
  await settle(bob, [id]);
  expect(await revoked()).toBe(120);
  expect(await storedInConversation(id)).not.toContain(SECRET);
  expect(JSON.stringify((await page(ann, id)).items)).toContain("still here");
});

test.each(FAULT_PLACES)("an erasure that is cut short at a step of %s goes on to its end", async (place) => {
  for (const step of sampledCases([1, 3, 6, 12, 25, 40], 2, place.length)) {
    const [who] = await signedInUsers(1);
    const { id } = await createGroup(ann, [who]);
    await send(who, id, SECRET);
    await send(who, id, `${SECRET} again`);
    let status: number;
    {
      using _ = await breakAt(place, step, { conversationId: id, userId: who.user.id });
      status = (await erase(who)).status;
    }
    await settle(who, [id]);
    // What failed before D1 had it has not begun.
    if (status !== 202 && (await erase(who)).status === 202) await settle(who, [id]);
    await expectErased(id, who, 2);
  }
});

test("keep, which is the default, keeps them; another word, and an owner, change nothing", async () => {
  const { id } = await createGroup(bob, [ann]);
  await send(bob, id, SECRET);
  expectProblem(await erase(bob, "all"), 400, "validation_failed");
  expectProblem(await erase(bob), 409, "conflict");
  await expectAsked(bob, id, "POST", "/owner", { user_id: ann.user.id });
  expect((await call("DELETE", userPath(bob.user.id), { token: key })).status).toBe(202);
  await settle(bob, [id]);
  expect(await storedInConversation(id)).toContain(SECRET);
});

test("a user takes their own messages along, if they want it and have the password", async () => {
  const cem = await register();
  const { id } = await createGroup(ann, [cem]);
  await send(cem, id, SECRET);
  await send(ann, id, "still here");
  const leave = (query: string, password: string) =>
    call("DELETE", `/v1/me${query}`, { token: cem.token, body: { password } });
  expectProblem(await leave("?messages=all", PASSWORD), 400, "validation_failed");
  expectProblem(await leave("?messages=erase", "not the password"), 403, "forbidden");
  expect(await storedInConversation(id)).toContain(SECRET);
  expect((await leave("?messages=erase", PASSWORD)).status).toBe(204);
  await settle(cem, [id]);
  await expectErased(id, cem, 1);
  expect(JSON.stringify((await page(ann, id)).items)).toContain("still here");
});

test.each(["", "?messages=keep"])("without that wish they stay (DELETE /v1/me%s)", async (query) => {
  const cem = await register();
  const { id } = await createGroup(ann, [cem]);
  await send(cem, id, SECRET);
  const { token } = cem;
  expect((await call("DELETE", `/v1/me${query}`, { token, body: { password: PASSWORD } })).status).toBe(204);
  await settle(cem, [id]);
  expect(await storedInConversation(id)).toContain(SECRET);
});
