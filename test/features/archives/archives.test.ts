import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import {
  archived,
  foundBy,
  growAndMove,
  moving,
  setSmallArchives,
  untilMoved,
} from "../../support/archives/moved.ts";
import { expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  expectAsked,
  getMessage,
  page,
  send,
} from "../../support/clients/chat.ts";
import { conflictOf, edit, edits, patch } from "../../support/clients/edits.ts";
import { expectPosted, reference } from "../../support/clients/forwards.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { reply } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(() => {
  setSmallArchives();
});

beforeEach(async () => {
  const users = await signedInUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  ({ id } = await createGroup(ann, [bob]));
});

const found = (text: string) => foundBy(ann, id, text);

test("pages and single messages read the same before and after their bodies have moved", async () => {
  const first = await send(ann, id, "the first quagga");
  const link = await send(bob, id, "see https://example.org/quagga");
  await send(bob, id, { kind: "text", body: { text: "I see" }, quote_seq: first.seq });
  const before = await page(ann, id, "?after=0&limit=10");
  const links = async () => (await expectAsked(ann, id, "GET", "/attachments?type=link")).body;
  const linksBefore = await links();
  await growAndMove(ann, id);
  const { moved, cleared } = await moving(id);
  expect(moved).toBe(cleared);
  expect((await archived(id)).map(({ seq }) => seq)).toContain(first.seq);
  const after = await page(ann, id, "?after=0&limit=10");
  expect(after.items.slice(0, 3)).toEqual(before.items.slice(0, 3));
  expect(await getMessage(ann, id, link.seq)).toEqual(link);
  expect(await links()).toEqual(linksBefore);
});

test("a search finds what has moved, once", async () => {
  const first = await send(ann, id, "the first quagga");
  const second = await send(bob, id, "another QUAGGA");
  await growAndMove(ann, id);
  const last = await send(ann, id, "a late quagga");
  expect(await found("quagga")).toEqual([last.seq, second.seq, first.seq]);
  expect(await found("nowhere")).toEqual([]);
});

test("an edit and a revoke of a moved message hold at once, and its archive forgets what it had", async () => {
  const edited = await send(ann, id, "the first quagga");
  const revoked = await send(ann, id, "a secret quagga");
  await growAndMove(ann, id);
  await edit(ann, id, edited.seq, { body: "the first zebra" });
  expect((await deleteMessage(ann, id, revoked.seq, "everyone")).status).toBe(204);
  expect(await found("quagga")).toEqual([]);
  expect(await found("zebra")).toEqual([edited.seq]);
  await untilMoved(id);
  const kept = JSON.stringify(await archived(id));
  expect(kept).toContain("zebra");
  expect(kept).not.toContain("quagga");
  expect(await found("quagga")).toEqual([]);
  expect(await found("zebra")).toEqual([edited.seq]);
  expect((await getMessage(bob, id, edited.seq)).body).toEqual({ text: "the first zebra" });
});

test("what hangs on a moved message goes on: quotes, threads, reactions, pins, forwards", async () => {
  const first = await send(ann, id, "the first quagga");
  await growAndMove(ann, id);
  const socket = await openRoom(id, bob.token);
  const quoting = await send(bob, id, { kind: "text", body: { text: "this" }, quote_seq: first.seq });
  expect(quoting.quote?.preview).toBe("the first quagga");
  await eventually(() =>
    expect(JSON.stringify(socket.of("message"))).toContain('"preview":"the first quagga"'),
  );
  await send(bob, id, reply(first.seq));
  await expectAsked(bob, id, "PUT", `/messages/${first.seq}/reactions/%F0%9F%91%8D`);
  await expectAsked(ann, id, "PUT", `/messages/${first.seq}/pin`);
  const pins = await expectAsked(bob, id, "GET", "/pins");
  expect(JSON.stringify(pins.body)).toContain("the first quagga");
  const shown = await getMessage(bob, id, first.seq);
  expect(shown).toMatchObject({ body: { text: "the first quagga" }, reactions: [{ count: 1 }] });
  expect((await expectPosted(ann, id, { forward: reference(first) })).body).toEqual({
    text: "the first quagga",
  });
  await untilMoved(id);
  expect((await archived(id)).map(({ seq }) => seq)).toContain(first.seq);
});

test("an archive that does not answer is 503 for what lies in it, and for nothing else", async () => {
  const first = await send(ann, id, "the first quagga");
  await growAndMove(ann, id);
  const rename = (from: string, to: string) =>
    runInDurableObject(env.ARCHIVE.getByName(`${id}-1`), (_, { storage }) => {
      storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
    });
  await rename("bodies", "lost");
  await evict(ConversationId.parse(id));
  expectProblem(await ask(ann, id, "GET", `/messages/${first.seq}`), 503, "unavailable");
  await send(ann, id, "later");
  expect((await page(ann, id, "?limit=2")).items).toHaveLength(2);
  await rename("lost", "bodies");
  expect((await getMessage(ann, id, first.seq)).body).toEqual({ text: "the first quagga" });
});

test("sockets hear of what changes in a message that quotes a moved one, and a sync has it", async () => {
  const first = await send(ann, id, "the first quagga");
  const quoting = await send(bob, id, { kind: "text", body: { text: "this" }, quote_seq: first.seq });
  await growAndMove(ann, id);
  await evict(ConversationId.parse(id));
  const socket = await openRoom(id, bob.token);
  await expectAsked(ann, id, "PUT", `/messages/${quoting.seq}/reactions/%F0%9F%91%8D`);
  const shown = '"preview":"the first quagga"';
  await eventually(() => expect(JSON.stringify(socket.of("changed"))).toContain(shown));
  await evict(ConversationId.parse(id));
  socket.send({ type: "sync", after: 0 });
  await eventually(() => expect(JSON.stringify(socket.of("messages"))).toContain(shown));
});

test("what a moved message had and may do stays: versions, conflicts, reactions and pins that are taken back", async () => {
  const first = await send(ann, id, "the first quagga");
  await edit(ann, id, first.seq, { body: "the second quagga" });
  const reaction = `/messages/${first.seq}/reactions/%F0%9F%91%8D`;
  await expectAsked(bob, id, "PUT", reaction);
  await expectAsked(ann, id, "PUT", `/messages/${first.seq}/pin`);
  const before = await getMessage(bob, id, first.seq);
  await growAndMove(ann, id);
  const forget = () => evict(ConversationId.parse(id));
  await forget();
  expect(await getMessage(bob, id, first.seq)).toEqual(before);
  await forget();
  expect((await edits(ann, id, first.seq)).map(({ body }) => body)).toContainEqual({
    text: "the first quagga",
  });
  await forget();
  const conflict = conflictOf(await patch(ann, id, first.seq, { body: "the third quagga", base_version: 1 }));
  expect(conflict.body).toEqual({ text: "the second quagga" });
  await forget();
  await expectAsked(bob, id, "DELETE", reaction);
  await forget();
  await expectAsked(ann, id, "DELETE", `/messages/${first.seq}/pin`);
  const { body, reactions, pinned_at } = await getMessage(bob, id, first.seq);
  expect([body, reactions ?? [], pinned_at]).toEqual([{ text: "the second quagga" }, [], 0]);
});
