import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ExportRecord } from "../../../src/domain/data/records.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, expectAsked, listedConversation, send } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { reply } from "../../support/clients/threads.ts";
import { conversationObject, itemAt } from "../../support/objects/room.ts";
import { age, expire, keep } from "../../support/retention/expire.ts";
import { setTiming } from "../../support/timing.ts";
import { copyOf, textsSeen } from "./copies.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;
let group: number;

beforeAll(async () => {
  // Each message has the rules read: a shadow is in force at once.
  setTiming({ rules: { keepMs: 0, staleMs: 0 }, fanout: { cooldownMs: 10 } });
  key = (await makeServerKey(["data", "conversations", "tokens", "users", "moderate", "hooks"])).text;
});

beforeEach(async () => {
  [ann, bob, cid, dan] = await signedInUsers(4);
  group = (await createGroup(ann, [bob, cid])).id;
});

async function shadow(who: SignedIn, isOn: boolean): Promise<void> {
  const path = `/v1/moderation/users/${who.user.id}/suspension`;
  const body = isOn ? { body: { shadow: true, reason: "spam" } } : {};
  const answer = await call(isOn ? "PUT" : "DELETE", path, { token: key, ...body });
  expect(answer.status).toBe(204);
}

const add = (who: SignedIn) => expectAsked(ann, group, "POST", "/members", { user_ids: [who.user.id] });
const read = (who: SignedIn, seq: number) => expectAsked(who, group, "PUT", "/read", { seq });
const membersOf = (records: readonly ExportRecord[]) =>
  records.flatMap((record) => (record.type === "member" ? [record.member] : []));
const namedBy = (records: readonly ExportRecord[]) => [
  ...membersOf(records).flatMap((member) => [member.sees_after ?? [], member.sees_until ?? []].flat()),
  ...records.flatMap((record) => (record.type === "read" ? (record.read.message ?? []) : [])),
  ...records
    .flatMap((record) =>
      record.type === "message"
        ? [
            record.message.reply_to ?? [],
            record.message.thread?.root ?? [],
            record.message.body.message ?? [],
          ]
        : [],
    )
    .flat(),
];
const idsOf = (records: readonly ExportRecord[]) =>
  records.flatMap((record) => (record.type === "message" ? [record.message.external_id] : []));

test("a member who joined behind a shadowed message sees nothing from before", async () => {
  await send(ann, group, "private");
  await shadow(bob, true);
  await send(bob, group, "unheard");
  await add(dan);
  await send(ann, group, "for everybody");
  const copy = await copyOf(key, group);
  expect(copy.report.left_out.filter(({ reason }) => !reason.includes("username"))).toEqual([]);
  expect(await textsSeen(await copy.of(dan), copy.id)).toEqual(["for everybody"]);
  expect(await textsSeen(await copy.of(ann), copy.id)).toEqual(["private", "for everybody"]);
});

test("a member who left behind a shadowed message sees what they saw, and no more", async () => {
  await send(ann, group, "private");
  await shadow(bob, true);
  await send(bob, group, "unheard");
  await expectAsked(cid, group, "POST", "/leave");
  await send(ann, group, "after the leaving");
  const copy = await copyOf(key, group);
  expect(await textsSeen(await copy.of(cid), copy.id)).toEqual(["private"]);
});

test("no record names a message that the export lacks, and read positions stay", async () => {
  await send(ann, group, "one");
  await send(ann, group, "two");
  await shadow(bob, true);
  const { seq } = await send(bob, group, "unheard");
  await read(cid, seq);
  await shadow(bob, false);
  await send(bob, group, { kind: "text", body: { text: "quoting" }, quote_seq: seq });
  await send(bob, group, reply(seq, "answering"));
  await send(ann, group, "three");
  const { unread_count: before } = await listedConversation(cid, group);
  const copy = await copyOf(key, group);
  const named = namedBy(copy.records);
  const there = new Set<unknown>(idsOf(copy.records));
  expect(named.filter((id) => !there.has(id))).toEqual([]);
  expect(JSON.stringify(copy.records)).not.toContain("unheard");
  expect((await listedConversation(await copy.of(cid), copy.id)).unread_count).toBe(before);
});

test("who left before an edit sees the message as it was, also in a copy that people use", async () => {
  const { seq } = await send(ann, group, "as it was");
  const copy = await copyOf(key, group);
  await expectAsked(cid, group, "POST", "/leave");
  await edit(ann, group, seq, { body: "later", base_version: 1 });
  await send(await copy.of(ann), copy.id, "written in the copy");
  await copy.again();
  expect(await textsSeen(cid, group)).toEqual(["as it was"]);
  expect(await textsSeen(await copy.of(ann), copy.id)).toContain("later");
  expect(await textsSeen(await copy.of(cid), copy.id)).not.toContain("later");
});

describe("a bound that an import does not find", () => {
  const without = (text: string) => (records: ExportRecord[]) =>
    records.filter((record) => record.type !== "message" || record.message.body.text !== text);

  test("shows a new member less, and the report says so", async () => {
    await send(ann, group, "private");
    await send(ann, group, "lost");
    await add(dan);
    await send(ann, group, "for everybody");
    const changed = (records: ExportRecord[]) => {
      const lost = records.find((one) => one.type === "message" && one.message.body.text === "lost");
      const id: string | undefined = lost?.type === "message" ? lost.message.external_id : undefined;
      expect(membersOf(records).map((member): unknown => member.sees_after)).toContain(id);
      return without("lost")(records);
    };
    const copy = await copyOf(key, group, changed);
    expect(copy.report.left_out).toContainEqual(
      expect.objectContaining({ type: "member", reason: expect.stringContaining("sees_after") }),
    );
    expect(await textsSeen(await copy.of(dan), copy.id)).toEqual([]);
    await send(await copy.of(ann), copy.id, "new");
    expect(await textsSeen(await copy.of(dan), copy.id)).toEqual(["new"]);
    // With the message the repeat gives the member what they saw.
    const repeated = await copy.again();
    expect(repeated.left_out.filter(({ type }) => type === "member")).toEqual([]);
  });

  test("shows a former member nothing, and the report says so", async () => {
    await send(ann, group, "private");
    await send(ann, group, "lost");
    await expectAsked(cid, group, "POST", "/leave");
    await send(ann, group, "after the leaving");
    const copy = await copyOf(key, group, without("lost"));
    expect(copy.report.left_out).toContainEqual(
      expect.objectContaining({ type: "member", reason: expect.stringContaining("sees_until") }),
    );
    expect(await textsSeen(await copy.of(cid), copy.id)).toEqual([]);
  });

  test("leaves a member out whose record comes before all messages", async () => {
    await send(ann, group, "private");
    await add(dan);
    await send(ann, group, "for everybody");
    const copy = await copyOf(key, group, (records) => records.filter(({ type }) => type !== "message"));
    expect(copy.report.left_out).toContainEqual(
      expect.objectContaining({
        type: "member",
        reason: expect.stringContaining("import the messages first"),
      }),
    );
    await copy.again();
    expect(await textsSeen(await copy.of(dan), copy.id)).toEqual(["for everybody"]);
  });
});

test("a member who comes while an export goes on sees nothing of what it has", async () => {
  const conversation = conversationObject(ConversationId.parse(group));
  await send(ann, group, "private");
  const first = await conversation.exportPage({});
  if (!first.ok || !first.value.next) throw new Error("the export goes on");
  await send(ann, group, "also private");
  await add(dan);
  const second = await conversation.exportPage({ after: first.value.next });
  if (!second.ok) throw new Error("the export goes on");
  const { externalId } = itemAt(first.value.messages, first.value.messages.length - 1);
  const { members } = second.value;
  expect(members.find(({ userId }) => userId === dan.user.id)).toMatchObject({ seesAfter: externalId });
});

test("who has left since an earlier import is shown no message from after their leaving, on no socket", async () => {
  await send(ann, group, "first");
  const copy = await copyOf(key, group);
  const gone = await copy.of(cid);
  const [room, device] = [await openRoom(copy.id, gone.token), await openDevice(gone.token)];
  await send(ann, group, "still seen");
  await expectAsked(cid, group, "POST", "/leave");
  await send(ann, group, "after the leaving");
  await copy.again();
  await room.closed();
  const alive = await openRoom(copy.id, (await copy.of(ann)).token);
  await send(await copy.of(bob), copy.id, "written in the copy");
  await alive.until(() => JSON.stringify(alive.frames).includes("written in the copy"));
  for (const socket of [room, device]) {
    expect(JSON.stringify(socket.frames)).not.toContain("after the leaving");
    expect(JSON.stringify(socket.frames)).not.toContain("written in the copy");
  }
  expect(await textsSeen(gone, copy.id)).toEqual(await textsSeen(cid, group));
  for (const socket of [device, alive]) socket.close();
});

test("a room socket is not shown an imported message that its user has hidden", async () => {
  await send(ann, group, "first");
  const copy = await copyOf(key, group);
  const seer = await copy.of(bob);
  const room = await openRoom(copy.id, seer.token);
  const hidden = await send(ann, group, "hidden by bob");
  await expectAsked(bob, group, "DELETE", `/messages/${hidden.seq}?for=me`);
  await send(ann, group, "seen by all");
  await copy.again();
  await room.until(() => JSON.stringify(room.frames).includes("seen by all"));
  expect(JSON.stringify(room.frames)).not.toContain("hidden by bob");
  room.close();
});

test("a member who came before messages expired sees none of those that an earlier export has brought", async () => {
  await send(ann, group, "expires");
  const copy = await copyOf(key, group);
  await add(dan);
  await keep(key, group, "group", { retention_days: 1 });
  await age(group, 2);
  await expire(group);
  await send(ann, group, "stays");
  await copy.again();
  expect(await textsSeen(await copy.of(dan), copy.id)).toEqual(["stays"]);
});
