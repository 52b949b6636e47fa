import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  expectAsked,
  openDirect,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { aside, follow } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";

const POLL = { question: "Tea?", options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 };

const Tables = z.record(z.string(), z.array(z.record(z.string(), z.unknown())));

let ann: SignedIn;
let dan: SignedIn;

beforeEach(async () => {
  [ann, dan] = await Promise.all([register(), register()]);
});

/** What stays: the log with its sender, and the row of a membership that is over. */
const STAYS = ["messages", "members"];

/** The rows of a conversation's tables that name a user, by table, without those that stay. */
async function rowsOf({ user }: SignedIn, id: number): Promise<Record<string, number>> {
  const tables = Tables.parse(JSON.parse(await storedInConversation(id)));
  const counted = Object.entries(tables).map(([table, rows]): [string, number] => [
    table,
    rows.filter((row) => Object.values(row).some((value) => value === user.id || value === String(user.id)))
      .length,
  ]);
  return Object.fromEntries(counted.filter(([table, count]) => count > 0 && !STAYS.includes(table)));
}

/** Dan leaves something in each table in which a member can. Ann has sent message 1. */
async function leaveTraces(id: number): Promise<void> {
  await send(ann, id, "root");
  const { seq: poll } = await send(ann, id, { kind: "poll", body: POLL });
  const { seq: withdrawn } = await send(ann, id, { kind: "poll", body: POLL });
  const { seq: hidden } = await send(ann, id, "hide me");
  const { seq: own } = await send(dan, id, "helo");
  await edit(dan, id, own, { body: "hello" });
  await send(dan, id, aside(1));
  await follow(dan, id, hidden - 1);
  const heart = `reactions/${encodeURIComponent("❤")}`;
  for (const [method, path] of [
    ["PUT", `1/${heart}`],
    ["PUT", `${own}/${heart}`],
    ["DELETE", `${own}/${heart}`],
  ] as const)
    await expectAsked(dan, id, method, `/messages/${path}`);
  await expectAsked(dan, id, "PUT", `/messages/${poll}/votes`, { options: [0] });
  await expectAsked(dan, id, "PUT", `/messages/${withdrawn}/votes`, { options: [1] });
  await expectAsked(dan, id, "PUT", `/messages/${withdrawn}/votes`, { options: [] });
  await expectAsked(dan, id, "PUT", "/draft", { text: "never mind", client_msg_id: "dans-draft" });
  expect((await deleteMessage(dan, id, hidden, "me")).status).toBe(204);
}

const LEFT_BEHIND = ["message_edits", "reactions", "votes", "hidden", "people"];

test("a deleted account leaves nothing beside its messages, wherever it was", async () => {
  const [member, left, removed, dissolved, direct] = [
    (await createGroup(ann, [dan])).id,
    (await createGroup(ann, [dan])).id,
    (await createGroup(ann, [dan])).id,
    (await createGroup(ann, [dan])).id,
    (await openDirect(ann, dan)).id,
  ];
  const all = [member, left, removed, dissolved, direct];
  for (const id of all) await leaveTraces(id);
  await expectAsked(dan, left, "POST", "/leave");
  await expectAsked(ann, removed, "DELETE", `/members/${dan.user.id}`);
  await expectAsked(ann, dissolved, "DELETE", "");
  for (const id of all)
    expect(Object.keys(await rowsOf(dan, id))).toEqual(expect.arrayContaining(LEFT_BEHIND));
  for (const id of [member, dissolved, direct])
    expect(await rowsOf(dan, id)).toMatchObject({ thread_follows: 2 });

  expect((await deleteAccount(dan)).status).toBe(204);
  await runAccountDeletion(dan);
  for (const id of all)
    await eventually(async () => {
      expect(await rowsOf(dan, id), `conversation ${id}`).toEqual({});
      expect(await storedInConversation(id)).not.toContain("dans-draft");
    });
  const [root, poll] = (await page(ann, member)).items;
  expect(root).toMatchObject({ reactions: [], thread_summary: { count: 1 } });
  expect(poll).toMatchObject({ poll: { counts: [0, 0], voters: 0 } });
});

test("bans and invitations of a deleted account end with it", async () => {
  const [banned, invited] = [(await createGroup(ann, [dan])).id, (await createGroup(ann, [dan])).id];
  await expectAsked(ann, banned, "PUT", `/bans/${dan.user.id}`, { reason: "Dan was rude" });
  await expectAsked(ann, invited, "PATCH", `/members/${dan.user.id}`, { role: "admin" });
  const path = `/v1/conversations/${invited}/invitations`;
  expect((await call("POST", path, { token: dan.token, body: {} })).status).toBe(201);
  expect(await rowsOf(dan, banned)).toMatchObject({ bans: 1 });
  expect(await rowsOf(dan, invited)).toMatchObject({ invitations: 1 });
  expect((await deleteAccount(dan)).status).toBe(204);
  await runAccountDeletion(dan);
  for (const id of [banned, invited]) await eventually(async () => expect(await rowsOf(dan, id)).toEqual({}));
});
