import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { UserId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, getConversation, insertUsers, list, page, send, sendAll } from "../../support/clients/chat.ts";
import { acceptSocket, openRoom, roomPath, upgrade } from "../../support/clients/socket.ts";
import { nextTurn } from "../../support/event-loop.ts";
import { eventually } from "../../support/eventually.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import {
  conversationObject,
  itemAt,
  postText,
  range,
  sessionOf,
  textFrame,
} from "../../support/objects/room.ts";
import { repetitions, sampledCases } from "../../support/sampled-cases.ts";
import { nameOf, tim } from "../../surfaces/tim/client.ts";

/** By this call tim adds members. */
const ADD = "/member/addGroupMember";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  const all = await registerUsers(4);
  [ann, bob, cid, dan] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2), itemAt(all, 3)];
});

const Sent = z.object({ seq: z.int() });
const SystemMessageBody = z.object({ event: z.string(), user_ids: z.array(z.int()) });
const Roles = z.object({ items: z.array(z.object({ user: z.object({ id: z.int() }), role: z.string() })) });

/** The system messages of one event: seqs and user ids. */
async function systemMessages(who: SignedIn, id: number, event: string) {
  const { items } = await page(who, id, "?limit=100");
  return items.flatMap(({ seq, kind, body }) => {
    const removal = kind === "tip" ? SystemMessageBody.parse(body) : undefined;
    return removal?.event === event ? [{ seq, userIds: removal.user_ids }] : [];
  });
}

async function rolesOf(who: SignedIn, id: number): Promise<Record<string, string>> {
  const { items } = Roles.parse((await ask(who, id, "GET", "/members?limit=100")).body);
  return Object.fromEntries(items.map(({ user, role }) => [user.id, role]));
}

async function expectConsistent(id: number): Promise<void> {
  await runJobs(id);
  await assertConsistent(id);
}

describe("a member who is removed during their sends", () => {
  test.each(sampledCases(range(0, 4), 2))(
    "has exactly the acknowledged messages before the removal, and none after (%i)",
    async (n) => {
      const id = await createGroupOfKind("group", ann, [bob, cid]);
      const [bobs, cids] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
      const frames = () => range(1, 20).map((i) => bobs.send(textFrame(`frame ${i}`, `frame ${i}`)));
      const posts = range(1, 10).map(async (i) => {
        if (i > 2 * n) await nextTurn();
        return ask(bob, id, "POST", "/messages", textFrame(`post ${i}`, `post ${i}`));
      });
      frames();
      bobs.send({ type: "sends", items: range(1, 20).map((i) => textFrame(`many ${i}`, `many ${i}`)) });
      const removed = ask(ann, id, "DELETE", `/members/${bob.user.id}`);
      const [answers, { status }] = [await Promise.all(posts), await removed];
      expect(status).toBe(204);
      expect((await bobs.closed()).code).toBe(4001);
      const removal = itemAt(await systemMessages(ann, id, "removed"), 0);
      expect(removal.userIds).toEqual([bob.user.id]);
      const all = (await page(ann, id, "?limit=100")).items;
      const bobsMessages = all.filter(({ sender, kind }) => sender.id === bob.user.id && kind === "text");
      expect(bobsMessages.filter(({ seq }) => seq > removal.seq)).toEqual([]);
      const acked = new Map<unknown, number>(bobs.acks.map((ack) => [ack.client_msg_id, ack.seq]));
      for (const [i, answer] of answers.entries()) {
        if (answer.status === 201) acked.set(`post ${i + 1}`, Sent.parse(answer.body).seq);
        else expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } });
      }
      // The acknowledged messages are the stored ones.
      expect(acked).toEqual(new Map(bobsMessages.map(({ seq, client_msg_id }) => [client_msg_id, seq])));
      // The removed member was sent neither the removal's system message nor anything later.
      expect(Math.max(0, ...bobs.seqs, ...bobs.acks.map(({ seq }) => seq))).toBeLessThan(removal.seq);
      expect(bobs.of("kicked")).toEqual([{ type: "kicked", reason: "removed" }]);
      await cids.until(({ seqs }) => seqs.includes(removal.seq));
      expect(cids.seqs).toEqual(range(1, removal.seq));
      await expectConsistent(id);
    },
  );
});

test("of concurrent acceptances of one join request one succeeds, the others get conflict", async () => {
  const id = await createGroupOfKind("group", ann, [bob], "approval");
  await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  await ask(dan, id, "POST", "/join", { message: "me" });
  const decide = (who: SignedIn, action: string) => ask(who, id, "POST", "/applications/1", { action });
  const answers = await Promise.all([
    ...range(1, 5).flatMap(() => [decide(ann, "accept"), decide(bob, "accept")]),
    // The applicant's repeated request may get either state.
    ask(dan, id, "POST", "/join", { message: "again" }),
  ]);
  const statuses = answers.map(({ status }) => status).slice(0, -1);
  expect(statuses.toSorted()).toEqual([204, ...range(1, 9).map(() => 409)]);
  expect((await systemMessages(ann, id, "joined")).length).toBe(1);
  expect((await ask(ann, id, "GET", "/applications")).body).toEqual({ items: [], next_cursor: null });
  await expectConsistent(id);
});

test("of a concurrent acceptance and rejection one succeeds", async () => {
  for (const _ of range(1, repetitions(2, 5))) {
    const id = await createGroupOfKind("group", ann, [], "approval");
    await ask(dan, id, "POST", "/join", {});
    const decide = (action: string) => ask(ann, id, "POST", "/applications/1", { action });
    const [accepted, rejected] = await Promise.all([decide("accept"), decide("reject")]);
    expect([accepted.status, rejected.status].toSorted()).toEqual([204, 409]);
    expect((await ask(dan, id, "GET", "")).status).toBe(accepted.status === 204 ? 200 : 404);
    await expectConsistent(id);
  }
});

test.each<[string, (id: ConversationId) => Promise<{ status: number }>]>([
  ["joins", (id) => ask(dan, id, "POST", "/join", {})],
  ["is added", (id) => ask(ann, id, "POST", "/members", { user_ids: [dan.user.id] })],
  ["is added over tim", (id) => tim(ann, ADD, { groupID: String(id), userIDList: [nameOf(dan)] })],
])("a user who %s by several calls at once comes in once", async (_, enter) => {
  const id = await createGroupOfKind("group", ann, [], "free");
  for (const { status } of await Promise.all(range(1, 5).map(() => enter(id)))) expect(status).toBe(200);
  expect((await systemMessages(ann, id, "joined")).map(({ userIds }) => userIds)).toEqual([[dan.user.id]]);
  expect(await getConversation(dan, id)).toMatchObject({ member_count: 2 });
  await expectConsistent(id);
});

test("a group with one free place takes one of twelve concurrent newcomers", async () => {
  const id = await createGroupOfKind("group", ann, await insertUsers(18), "free", 20);
  const newcomers = await insertUsers(12);
  const joining = newcomers.map(async ({ user }, i) => {
    if (i % 2 === 0) return (await ask(ann, id, "POST", "/members", { user_ids: [user.id] })).status;
    const person = { id: UserId.parse(user.id), username: `${user.id}`, nickname: "", avatar: "" };
    const answer = await conversationObject(id).join({ person, message: "" });
    return answer.ok ? 200 : answer.code === "group_full" ? 409 : 500;
  });
  const statuses = await Promise.all(joining);
  expect(statuses.toSorted()).toEqual([200, ...range(1, 11).map(() => 409)]);
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 20 });
  expect((await ask(dan, id, "POST", "/join", {})).body).toMatchObject({ code: "conflict" });
  expect((await systemMessages(ann, id, "joined")).length).toBe(1);
  const count = "SELECT count(*) AS n FROM memberships WHERE conversation_id = ? AND state = 'active'";
  expect(await env.DB.prepare(count).bind(id).first()).toEqual({ n: 20 });
});

test("concurrent joins, removals and a dissolving leave a consistent state", async () => {
  for (const round of range(1, repetitions(2, 6))) {
    const id = await createGroupOfKind("group", ann, [bob], "free");
    const [answers] = await Promise.all([
      Promise.all([
        ask(dan, id, "POST", "/join", {}),
        ask(cid, id, "POST", "/join", {}),
        ask(ann, id, "DELETE", `/members/${dan.user.id}`),
        ask(bob, id, "POST", "/leave"),
        round % 2 === 0 ? ask(ann, id, "DELETE", "") : ask(ann, id, "DELETE", `/members/${bob.user.id}`),
        ask(dan, id, "POST", "/join", {}),
      ]),
    ]);
    for (const { status } of answers) expect([200, 204, 404]).toContain(status);
    await expectConsistent(id);
    if (round % 2 !== 0) continue;
    for (const who of [ann, bob, cid, dan]) {
      expect((await ask(who, id, "GET", "")).status).toBe(404);
      expect((await list(who)).items.map((item) => item.id)).not.toContain(id);
    }
  }
});

test("a group that is handed to a leaving member has one owner, who is a member", async () => {
  for (const round of range(1, repetitions(2, 6))) {
    const id = await createGroupOfKind("group", ann, [bob, cid]);
    const handOver = (to: SignedIn) => ask(ann, id, "POST", "/owner", { user_id: to.user.id });
    const calls = [
      () => handOver(bob),
      () => ask(bob, id, "POST", "/leave"),
      () => ask(ann, id, "POST", "/leave"),
    ];
    if (round % 2 === 0) calls.reverse();
    await Promise.all([...calls.map((each) => each()), handOver(cid)]);
    const roles = await rolesOf(cid, id);
    const owners = Object.keys(roles).filter((userId) => roles[userId] === "owner");
    expect(owners).toHaveLength(1);
    expect((await ask(cid, id, "GET", "")).body).toMatchObject({ owner_id: Number(owners[0]) });
    await expectConsistent(id);
  }
});

test("a member who leaves while their sockets open has none afterwards", async () => {
  const id = await createGroupOfKind("group", ann, [bob], "free");
  for (const _ of range(1, repetitions(2, 6))) {
    await ask(bob, id, "POST", "/join", {});
    const opening = range(1, 4).map(() => upgrade(roomPath(id), bob.token));
    const [leave, ...opened] = await Promise.all([ask(bob, id, "POST", "/leave"), ...opening]);
    expect(leave.status).toBe(204);
    const last = await postText(id, ann, "after he has gone");
    for (const response of opened) {
      if (response.status === 404) continue;
      const socket = acceptSocket(response);
      expect((await socket.closed()).code).toBe(4001);
      expect(socket.seqs).not.toContain(last);
    }
    await eventually(async () => expect(await registered(bob, id)).toBe(0));
  }
});

/** The number of a session's sockets in a conversation that the user's inbox has registered. */
function registered(who: SignedIn, id: ConversationId): Promise<number> {
  return runInDurableObject(env.INBOX.getByName(String(who.user.id)), (_, { storage }) => {
    const query = "SELECT * FROM sockets WHERE session_id = ? AND conversation_id = ?";
    return storage.sql.exec(query, sessionOf(who), id).toArray().length;
  });
}

describe("a former member", () => {
  const Row = z.object({ last_seq: z.int(), last_n: z.int(), updated_at: z.int(), state: z.string() });

  function row(who: SignedIn, id: ConversationId) {
    return runInDurableObject(env.INBOX.getByName(String(who.user.id)), (_, { storage }) => {
      const query = "SELECT last_seq, last_n, updated_at, state FROM conversations WHERE conversation_id = ?";
      return Row.parse(storage.sql.exec(query, id).one());
    });
  }

  test.each(["at once", "late"])(
    "gets %s the last inbox update of the time before leaving, and none after",
    async (when) => {
      const id = await createGroupOfKind("group", ann, [bob]);
      await sendAll(ann, id, ["1", "2"]);
      const { created_at: before } = await send(bob, id, "3");
      if (when === "at once") await ask(bob, id, "POST", "/leave");
      else {
        const held = await HeldInbox.hold(bob.user.id);
        try {
          // The inbox answers late: by then there are messages that the former member must not get.
          const leaving = conversationObject(id).leave({ userId: UserId.parse(bob.user.id) });
          await eventually(async () => expect((await systemMessages(ann, id, "left")).length).toBe(1));
          await sendAll(ann, id, ["4", "5"]);
          held.release();
          await leaving;
        } finally {
          held.release();
        }
      }
      await sendAll(ann, id, ["6", "7"]);
      await runJobs(id);
      expect(await row(bob, id)).toEqual({ last_seq: 3, last_n: 3, updated_at: before, state: "left" });
      await expectConsistent(id);
    },
  );
});
