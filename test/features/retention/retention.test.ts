import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { conversationPath } from "../../support/accounts/server-conversations.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  expectAsked,
  getConversation,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { aside, followed, reply } from "../../support/clients/threads.ts";
import { evict } from "../../support/objects/sleep.ts";
import { age, DAY_MS, expire, keep, retentionDue, runRetention } from "../../support/retention/expire.ts";
import { setRetentionDays } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";

const OLD = "quaggaword";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;

beforeAll(async () => {
  setTiming({ rpcRetry: { backoffMs: 1 }, indexing: { idleMs: 1 }, fanout: { cooldownMs: 10 } });
  key = (await makeServerKey(["conversations"])).text;
});

beforeEach(async () => {
  [ann, bob, cid] = await signedInUsers(3);
});

const Found = z.object({ items: z.array(z.looseObject({ seq: z.int() })) });

async function seqs(who: SignedIn, id: number, path: string): Promise<number[]> {
  const answer = await ask(who, id, "GET", path);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return Found.parse(answer.body).items.map(({ seq }) => seq);
}

async function keepFor(id: number, days: number | null, kind: "direct" | "group" = "group"): Promise<void> {
  const answer = await keep(key, id, kind, { retention_days: days });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

test("what is older than the term is gone in every way of reading, with all that hangs on it", async () => {
  const { id } = await createGroup(ann, [bob, cid]);
  await keepFor(id, 30);
  const { seq: first } = await send(ann, id, OLD);
  const { seq: edited } = await send(ann, id, `${OLD} one`);
  await edit(ann, id, edited, { body: `${OLD} two` });
  const { seq: root } = await send(bob, id, { kind: "text", body: { text: OLD }, mentions: [ann.user.id] });
  await send(ann, id, aside(root, OLD));
  await expectAsked(bob, id, "PUT", `/messages/${first}/reactions/${encodeURIComponent("❤")}`);
  await expectAsked(ann, id, "PUT", `/messages/${first}/pin`);
  await expectAsked(ann, id, "PUT", `/messages/${first}/saved`, { note: "mine" });
  const poll = { question: OLD, options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  await send(ann, id, { kind: "poll", body: poll });
  const { seq: hidden } = await send(bob, id, OLD);
  expect((await ask(ann, id, "DELETE", `/messages/${hidden}?for=me`)).status).toBe(204);
  const { seq: revoked } = await send(bob, id, OLD);
  expect((await ask(bob, id, "DELETE", `/messages/${revoked}?for=everyone`)).status).toBe(204);
  await age(id, 20);
  const { seq: kept } = await send(ann, id, {
    kind: "text",
    body: { text: `${OLD} kept` },
    quote_seq: first,
  });
  const { seq: answered } = await send(bob, id, reply(root, `${OLD} kept too`));
  await age(id, 11);
  await expire(id);

  for (const who of [ann, bob, cid]) {
    expect((await page(who, id, "?limit=100&threads=all")).items.map(({ seq }) => seq)).toEqual([
      kept,
      answered,
    ]);
    expect(await seqs(who, id, `/messages/search?q=${OLD}`)).toEqual([answered, kept]);
    expect(await seqs(who, id, "/pins")).toEqual([]);
    expect(await followed(who, id)).toMatchObject({ items: [] });
    expect(await getConversation(who, id)).toMatchObject({
      history_from: kept,
      last_message: { seq: answered },
    });
  }
  for (const seq of [first, edited, root, revoked]) {
    expectProblem(await ask(ann, id, "GET", `/messages/${seq}`), 404, "not_found");
    expectProblem(await ask(ann, id, "DELETE", `/messages/${seq}?for=everyone`), 404, "not_found");
    expectProblem(await ask(ann, id, "GET", `/messages/${seq}/edits`), 404, "not_found");
  }
  expectProblem(await ask(ann, id, "GET", `/threads/${root}/messages`), 404, "not_found");
  expect((await call("GET", "/v1/saved", { token: ann.token })).body).toMatchObject({ items: [] });
  expect((await call("GET", "/v1/mentions", { token: ann.token })).body).toMatchObject({ items: [] });
  const all = await call("GET", conversationPath(id, "/messages?limit=100"), { token: key });
  expect(Found.parse(all.body).items.map(({ seq }) => seq)).toEqual([kept, answered]);
  // The quote of a message that is gone shows nothing.
  expect(JSON.stringify((await page(bob, id)).items)).not.toContain(`${OLD}"`);
  const stored = (await storedInConversation(id)).replaceAll(`${OLD} kept`, "");
  expect(stored).not.toContain(OLD);
  for (const who of [ann, bob, cid])
    expect((await storedInInbox(who)).replaceAll(`${OLD} kept`, "")).not.toContain(OLD);
});

test("a conversation of which all has expired is in the list, empty, and its numbers go on", async () => {
  const { id } = await openDirect(ann, bob);
  await keepFor(id, 1, "direct");
  const last = await send(ann, id, OLD);
  await age(id, 1.01);
  await expire(id);
  for (const who of [ann, bob]) {
    expect((await page(who, id)).items).toEqual([]);
    const shown = { last_message: null, last_seq: last.seq, unread_count: 0, history_from: last.seq + 1 };
    expect(await listedConversation(who, id)).toMatchObject(shown);
    expect(await storedInInbox(who)).not.toContain(OLD);
  }
  expect(await retentionDue(id)).toBe(null);
  await evict(ConversationId.parse(id));
  const next = await send(bob, id, "again");
  expect(next.seq).toBe(last.seq + 1);
  expect((await page(ann, id)).items.map(({ seq }) => seq)).toEqual([next.seq]);
  expect(await listedConversation(ann, id)).toMatchObject({ unread_count: 1 });
  // The first message after it schedules the next run.
  expect(await retentionDue(id)).toBe(next.created_at + DAY_MS);
});

test("the setting holds for all conversations, and that of a conversation goes before it, longer ones too", async () => {
  onTestFinished(setRetentionDays(7));
  const [plain, shorter, longer, forever] = [
    (await openDirect(ann, bob)).id,
    (await createGroup(ann, [bob])).id,
    (await createGroup(ann, [bob])).id,
    (await createGroup(ann, [bob])).id,
  ];
  await keepFor(shorter, 2);
  await keepFor(longer, 30);
  await keepFor(forever, 0);
  const all = [plain, shorter, longer, forever];
  for (const id of all) await send(ann, id, OLD);
  const left = async (days: number) => {
    for (const id of all) {
      await age(id, days);
      await expire(id);
    }
    const texts = await Promise.all(all.map((id) => storedInConversation(id)));
    return texts.map((text) => text.includes(OLD));
  };
  expect(await left(3)).toEqual([true, false, true, true]);
  expect(await left(5)).toEqual([false, false, true, true]);
  expect(await left(23)).toEqual([false, false, false, true]);
  // Back to the setting, which is over.
  await keepFor(forever, null);
  expect(await left(0)).toEqual([false, false, false, false]);
});

test("a legal hold keeps all, also what is long over, until it ends; a revoke takes its message all the same", async () => {
  const { id } = await createGroup(ann, [bob]);
  await keepFor(id, 1);
  const { seq } = await send(ann, id, OLD);
  const { seq: revoked } = await send(ann, id, "secret");
  const held = await keep(key, id, "group", { legal_hold: true });
  expect(held.body).toMatchObject({ retention_days: 1, legal_hold: true });
  await age(id, 400);
  await expire(id);
  expect((await page(bob, id)).items.map((one) => one.seq)).toContain(seq);
  expect((await ask(ann, id, "DELETE", `/messages/${revoked}?for=everyone`)).status).toBe(204);
  expect(await storedInConversation(id)).not.toContain("secret");
  await keep(key, id, "group", { legal_hold: false });
  await expire(id);
  expect((await page(bob, id)).items).toEqual([]);
  expect(await storedInConversation(id)).not.toContain(OLD);
});

test("a backend sets it for both kinds and for dissolved groups, and bad values change nothing", async () => {
  const [direct, group] = [await openDirect(ann, bob), await createGroup(ann, [bob])];
  const none = { retention_days: null, legal_hold: false };
  const get = (id: number) => call("GET", conversationPath(id), { token: key });
  for (const { id, kind } of [direct, group]) {
    expect((await get(id)).body).toMatchObject(none);
    for (const wrong of [-1, 1.5, 36_501, "30", true])
      expectProblem(
        await call("PUT", conversationPath(id), { token: key, body: { kind, retention_days: wrong } }),
        400,
        "validation_failed",
      );
    expectProblem(
      await call("PUT", conversationPath(id), { token: key, body: { kind, legal_hold: "yes" } }),
      400,
      "validation_failed",
    );
    expectProblem(
      await keep(key, id, kind === "direct" ? "group" : "direct", { legal_hold: true }),
      400,
      "validation_failed",
    );
    expect((await get(id)).body).toMatchObject(none);
    const wanted = { retention_days: 90, legal_hold: true };
    expect((await keep(key, id, kind, wanted)).body).toMatchObject(wanted);
    expect((await get(id)).body).toMatchObject(wanted);
    const listed = await call("GET", "/v1/server/conversations?limit=100", { token: key });
    expect(JSON.stringify(listed.body)).toContain('"retention_days":90,"legal_hold":true');
  }
  expect((await ask(ann, group.id, "DELETE", "")).status).toBe(204);
  expect((await keep(key, group.id, "group", { legal_hold: false })).body).toMatchObject({
    legal_hold: false,
  });
  const made = await call("PUT", conversationPath(`r-${crypto.randomUUID()}`), {
    token: key,
    body: { kind: "group", name: "New", owner: ann.user.id, retention_days: 5 },
  });
  expect(made.body).toMatchObject({ retention_days: 5, legal_hold: false });
});

test("who looks on is told, and a device that holds expired messages alone begins anew", async () => {
  const { id } = await createGroup(ann, [bob]);
  await keepFor(id, 1);
  const { seq } = await send(ann, id, OLD);
  await age(id, 0.6);
  const room = await openRoom(id, bob.token);
  const device = await openDevice(bob.token);
  const { seq: kept } = await send(ann, id, "kept");
  await age(id, 0.6);
  await runRetention(id);
  for (const socket of [room, device]) {
    const frame = await socket.next("conversation");
    expect(frame).toMatchObject({ conversation: { id, history_from: kept, unread_count: 1 } });
  }
  const resumed = await openDevice(bob.token);
  resumed.send({ type: "sync", conversation_id: id, after: seq, rev: 0 });
  expect(await resumed.next("reset")).toMatchObject({ conversation_id: id });
});

test("without a term nothing is scheduled, and one that ends schedules nothing more", async () => {
  const { id } = await createGroup(ann, [bob]);
  await send(ann, id, OLD);
  expect(await retentionDue(id)).toBe(null);
  await keepFor(id, 1);
  expect(await retentionDue(id)).not.toBe(null);
  await keepFor(id, null);
  await age(id, 2);
  await runRetention(id);
  expect(await retentionDue(id)).toBe(null);
  expect(await storedInConversation(id)).toContain(OLD);
});
