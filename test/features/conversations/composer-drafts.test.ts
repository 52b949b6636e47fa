import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { newSession } from "../../support/accounts/sessions.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  list,
  listedConversation,
  openDirect,
  openForSelf,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { intercept } from "../../support/faults/calls.ts";
import {
  conversationObject,
  inboxObject,
  loseConversation,
  range,
  textFrame,
} from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { Writes } from "../../support/objects/writes.ts";
import { overrideTiming } from "../../support/timing.ts";

const users = () => signedInUsers(3);

const path = (id: number) => `/v1/conversations/${id}/draft`;
const put = ({ token }: SignedIn, id: number, body: unknown) => call("PUT", path(id), { token, body });
const discard = ({ token }: SignedIn, id: number) => call("DELETE", path(id), { token });

async function compose(who: SignedIn, id: number, text: string, clientMsgId?: string): Promise<void> {
  const answer = await put(who, id, {
    text,
    ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

/** The draft in the list; undefined: there is none. */
const drafted = async (who: SignedIn, id: number) => (await listedConversation(who, id)).draft;
const draftedText = async (who: SignedIn, id: number) => (await drafted(who, id))?.text;

const sendUnder = (who: SignedIn, id: number, text: string, clientMsgId: string) =>
  send(who, id, { ...textFrame(text, clientMsgId) });

const DraftFrame = z.looseObject({
  conversation_id: z.int(),
  draft: z.object({ text: z.string() }).nullable(),
  client_msg_id: z.string().optional(),
});

/** The texts of the drafts that a socket was told; null: the draft has gone. */
const told = (socket: TestSocket) =>
  socket.of("draft").map((frame) => DraftFrame.parse(frame).draft?.text ?? null);

describe("a composer draft", () => {
  test("is in the caller's list, the last writer wins, and it moves nothing", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "hello");
    const before = await listedConversation(ann, id);
    expect(before.draft).toBeUndefined();
    const answer = await put(ann, id, {
      ...{ text: "I th", reply_to: 1, thread: { root: 1, also_in_main: false }, client_msg_id: "m1" },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    const draft = {
      text: "I th",
      reply_to: 1,
      thread: { root: 1, also_in_main: false },
      client_msg_id: "m1",
    };
    expect(answer.body).toEqual({ ...draft, updated_at: expect.any(Number) });
    expect(await listedConversation(ann, id)).toEqual({ ...before, draft: answer.body });
    await compose(ann, id, "I think");
    expect(await drafted(ann, id)).toEqual({ text: "I think", updated_at: expect.any(Number) });
    // Only lists have it.
    expect((await getConversation(ann, id)).draft).toBeUndefined();
    const { draft: _, ...rest } = await listedConversation(ann, id);
    expect(rest).toEqual(before);
  });

  test("is discarded, which may be repeated", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await compose(ann, id, "I think");
    for (const _ of [1, 2]) expect((await discard(ann, id)).status).toBe(204);
    expect(await drafted(ann, id)).toBeUndefined();
  });

  test("stays, if another draft comes that does not know it", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    const phone = await put(ann, id, { text: "On the phone", client_msg_id: "phone", replaces: 0 });
    expect(phone.status, JSON.stringify(phone.body)).toBe(200);
    const { updated_at } = z.object({ updated_at: z.int() }).parse(phone.body);
    const blind = await put(ann, id, { text: "At the desk", client_msg_id: "desk", replaces: 0 });
    expect(blind).toMatchObject({ status: 409, body: { code: "conflict", draft: phone.body } });
    // Its own writer goes on, also one whose last answer was lost.
    await put(ann, id, { text: "On the phone!", client_msg_id: "phone", replaces: 0 });
    expect(await draftedText(ann, id)).toBe("On the phone!");
    const later = await put(ann, id, { text: "Both", client_msg_id: "desk", replaces: updated_at });
    expect(later).toMatchObject({ status: 409, body: { draft: { text: "On the phone!" } } });
    const { draft } = await listedConversation(ann, id);
    const seen = await put(ann, id, { text: "Both", client_msg_id: "desk", replaces: draft?.updated_at });
    expect(seen.status).toBe(200);
    expect(await draftedText(ann, id)).toBe("Both");
  });

  test("stays, if another one is discarded", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await compose(ann, id, "I");
    const before = await drafted(ann, id);
    await compose(ann, id, "I think");
    const token = ann.token;
    const only = (at: number | undefined) => call("DELETE", `${path(id)}?updated_at=${at}`, { token });
    expect((await only(before?.updated_at)).status).toBe(204);
    expect(await draftedText(ann, id)).toBe("I think");
    expect((await only((await drafted(ann, id))?.updated_at)).status).toBe(204);
    expect(await drafted(ann, id)).toBeUndefined();
  });

  test("is in the archive too", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await compose(ann, id, "I think");
    await ask(ann, id, "PUT", "/preferences", { archived: true });
    const { items } = await list(ann, "?archived=true");
    expect(items.map(({ draft }) => draft?.text)).toEqual(["I think"]);
  });

  test("survives evictions of both objects", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await compose(ann, id, "I think", "m1");
    await evictDurableObject(inboxObject(ann.user.id));
    await evict(ConversationId.parse(id));
    expect(await draftedText(ann, id)).toBe("I think");
    await evict(ConversationId.parse(id));
    await sendUnder(ann, id, "I think so", "m1");
    await loseConversation(id);
    await evictDurableObject(inboxObject(ann.user.id));
    await eventually(async () => expect(await drafted(ann, id)).toBeUndefined());
  });

  test("with too many bytes is refused, and the one before stays", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await compose(ann, id, "before");
    expectProblem(await put(ann, id, { text: "\u0001".repeat(8_000) }), 400, "validation_failed");
    expectProblem(await put(ann, id, { text: "" }), 400, "validation_failed");
    expect(await draftedText(ann, id)).toBe("before");
  });

  test("may be of the longest text, and of a reply alone", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    const text = "😀".repeat(8_000);
    await compose(ann, id, text);
    expect(await draftedText(ann, id)).toBe(text);
    expect((await put(ann, id, { text: "", reply_to: 1 })).status).toBe(200);
    expect(await drafted(ann, id)).toMatchObject({ text: "", reply_to: 1 });
  });

  test("names any message: whether the user sees it is asked of the send", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "seen");
    await send(bob, id, "hidden");
    expect((await deleteMessage(ann, id, 2, "me")).status).toBe(204);
    for (const seq of [1, 2, 3, 1_000_000]) {
      const draft = { text: "hm", reply_to: seq, thread: { root: seq }, client_msg_id: "d" };
      expect(await put(ann, id, draft)).toMatchObject({ status: 200, body: draft });
      expect(await drafted(ann, id)).toMatchObject(draft);
      for (const named of [{ quote_seq: seq }, { thread: { root: seq } }]) {
        if (seq === 1) continue;
        const body = { ...textFrame("hm", "d"), ...named };
        const refused = await ask(ann, id, "POST", "/messages", body);
        expectProblem(refused, 404, "not_found");
      }
      expect(await drafted(ann, id)).toMatchObject(draft);
    }
    await send(ann, id, { ...textFrame("hm", "d"), quote_seq: 1, thread: { root: 1 } });
    expect(await drafted(ann, id)).toBeUndefined();
  });

  test("has no place beside a thousand others: the new one is refused, those that are there change", async () => {
    const [ann, bob] = await users();
    const [group, direct] = [await createGroup(ann, [bob]), await openDirect(ann, bob)];
    await compose(ann, group.id, "here");
    await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE ids (id) AS (SELECT 1000001 UNION ALL SELECT id + 1 FROM ids WHERE id < 1000999)
         INSERT INTO composer_drafts (conversation_id, content, updated_at) SELECT id, '{"text":"x"}', 0 FROM ids`,
      );
    });
    expectProblem(await put(ann, direct.id, { text: "one more" }), 409, "conflict");
    await compose(ann, group.id, "changed");
    expect(await draftedText(ann, group.id)).toBe("changed");
    expect((await discard(ann, group.id)).status).toBe(204);
    await compose(ann, direct.id, "now");
    expect(await draftedText(ann, direct.id)).toBe("now");
  });
});

describe("nobody but its author", () => {
  test("is shown it, or learns of it", async () => {
    const [ann, bob, cem] = await users();
    const { id } = await createGroup(ann, [bob]);
    await send(bob, id, "hello");
    const [room, device] = [await openRoom(id, bob.token), await openDevice(bob.token)];
    const before = JSON.stringify(await getConversation(bob, id));
    await compose(ann, id, "a secret thought", "m1");
    expect(await storedInConversation(id)).not.toContain("secret thought");
    expect(await storedInInbox(bob)).not.toContain("secret thought");
    expect(JSON.stringify(await getConversation(bob, id))).toBe(before);
    expect(await drafted(bob, id)).toBeUndefined();
    expectProblem(await put(cem, id, { text: "x" }), 404, "not_found");
    expectProblem(await discard(cem, id), 404, "not_found");
    expect(await storedInInbox(cem)).not.toContain(`"conversation_id":${id}`);
    await send(ann, id, "done");
    await room.until(() => room.messages.length === 1);
    await device.until(() => device.messages.length === 1);
    for (const socket of [room, device]) {
      expect(JSON.stringify(socket.frames)).not.toContain("secret");
      expect(told(socket)).toEqual([]);
      socket.close();
    }
  });

  test("has one in a conversation that is not theirs", async () => {
    const [ann, bob, cem] = await users();
    const opened = await openForSelf(ann, bob);
    expectProblem(await put(bob, opened.id, { text: "unopened" }), 404, "not_found");
    expectProblem(await put(ann, 999_999, { text: "none" }), 404, "not_found");
    const { id } = await createGroup(ann, [bob, cem]);
    await ask(bob, id, "POST", "/leave");
    expectProblem(await put(bob, id, { text: "left" }), 404, "not_found");
    expectProblem(await discard(bob, id), 404, "not_found");
    await ask(ann, id, "DELETE", "");
    expectProblem(await put(cem, id, { text: "dissolved" }), 404, "not_found");
    for (const who of [bob, cem]) expect(await storedInInbox(who)).toContain('"composer_drafts":[]');
  });
});

describe("the author's devices", () => {
  test("are told of it, but for those of the session that wrote it", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    const second = { ...ann, token: (await newSession(ann)).token };
    const [own, other] = [await openDevice(ann.token), await openDevice(second.token)];
    await compose(ann, id, "I th", "m1");
    await compose(ann, id, "I think", "m1");
    // The same once more says nothing new.
    await compose(ann, id, "I think", "m1");
    await other.until(() => told(other).length === 2);
    await compose(second, id, "I thought", "m1");
    await own.until(() => told(own).length === 1);
    expect((await discard(second, id)).status).toBe(204);
    await own.until(() => told(own).length === 2);
    for (const socket of [own, other]) await socket.untilProcessed(id);
    expect(told(own)).toEqual(["I thought", null]);
    expect(told(other)).toEqual(["I th", "I think"]);
    expect(other.of("draft")[0]).toEqual({
      ...{ type: "draft", conversation_id: id },
      draft: { text: "I th", client_msg_id: "m1", updated_at: expect.any(Number) },
    });
    for (const socket of [own, other]) socket.close();
  });

  test("are told that it was sent", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    const second = { ...ann, token: (await newSession(ann)).token };
    const [own, other] = [await openDevice(ann.token), await openDevice(second.token)];
    await compose(ann, id, "I think", "m1");
    const written = (await drafted(ann, id))?.updated_at;
    await sendUnder(ann, id, "I think so", "m1");
    for (const socket of [own, other]) await socket.until(() => told(socket).includes(null));
    expect(own.of("draft")).toEqual([
      { type: "draft", conversation_id: id, draft: null, client_msg_id: "m1", updated_at: written },
    ]);
    for (const socket of [own, other]) socket.close();
  });
});

describe("the send that names its client_msg_id clears it", () => {
  const WAYS: [string, (who: SignedIn, id: number, clientMsgId: string) => Promise<unknown>][] = [
    ["over HTTP", (who, id, clientMsgId) => sendUnder(who, id, "sent", clientMsgId)],
    [
      "over a room socket",
      async (who, id, clientMsgId) => {
        const room = await openRoom(id, who.token);
        room.send(textFrame("sent", clientMsgId));
        await room.until(() => room.acks.length === 1);
        room.close();
      },
    ],
    [
      "over a device socket",
      async (who, id, clientMsgId) => {
        const device = await openDevice(who.token);
        device.send({ ...textFrame("sent", clientMsgId), conversation_id: id });
        await device.until(() => device.acks.length === 1);
        device.close();
      },
    ],
    [
      "among others in one frame",
      async (who, id, clientMsgId) => {
        const device = await openDevice(who.token);
        const items = [`${clientMsgId}-0`, clientMsgId, `${clientMsgId}-1`];
        device.send({
          type: "sends",
          items: items.map((name) => ({ ...textFrame(name, name), conversation_id: id })),
        });
        await device.until(() => device.acks.length === 3);
        device.close();
      },
    ],
    [
      "as a forward",
      (who, id, clientMsgId) =>
        send(who, id, { forward: { conversation_id: id, seq: 1 }, client_msg_id: clientMsgId }),
    ],
  ];
  test.each(WAYS)("%s", async (_, sendBy) => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    await send(bob, id, "hello");
    await compose(ann, id, "I think", "m1");
    await sendBy(ann, id, "m1");
    await eventually(async () => expect(await drafted(ann, id)).toBeUndefined());
    // The next one is another.
    await compose(ann, id, "and", "m2");
    await sendBy(ann, id, "m3");
    await evictDurableObject(inboxObject(ann.user.id));
    expect(await draftedText(ann, id)).toBe("and");
  });

  test("at once in the list that is read after the answer", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    for (const i of range(1, 10)) {
      await compose(ann, id, "I think", `m${i}`);
      await sendUnder(ann, id, "I think so", `m${i}`);
      expect(await drafted(ann, id)).toBeUndefined();
    }
  });

  test("also when a draft of another device was refused beside it", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    await compose(ann, id, "On the phone", "phone");
    const blind = await put(ann, id, { text: "At the desk", client_msg_id: "desk", replaces: 0 });
    expect(blind.status).toBe(409);
    await sendUnder(ann, id, "On the phone", "phone");
    expect(await drafted(ann, id)).toBeUndefined();
  });

  test("and no other send does: of others, under another id, refused, or repeated", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    await sendUnder(ann, id, "first", "m1");
    await compose(ann, id, "I think", "m2");
    await sendUnder(bob, id, "of Bob", "m2");
    await send(ann, id, "without an id");
    const again = await call("POST", `/v1/conversations/${id}/messages`, {
      ...{ token: ann.token, body: textFrame("first", "m1") },
    });
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    const body = { muted_for_s: 600 };
    await ask(bob, id, "PATCH", `/members/${ann.user.id}`, body);
    const muted = await call("POST", `/v1/conversations/${id}/messages`, {
      ...{ token: ann.token, body: textFrame("I think so", "m2") },
    });
    expect(muted).toMatchObject({ status: 403, body: { code: "muted" } });
    expect(await draftedText(ann, id)).toBe("I think");
    await compose(ann, id, "a muted member may write a draft", "m2");
  });

  test("a repeat of it does not clear the next one", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    await compose(ann, id, "I think", "m1");
    await sendUnder(ann, id, "I think so", "m1");
    await compose(ann, id, "next", "m2");
    const again = await call("POST", `/v1/conversations/${id}/messages`, {
      ...{ token: ann.token, body: textFrame("I think so", "m1") },
    });
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    await send(bob, id, "answer");
    await evictDurableObject(inboxObject(ann.user.id));
    expect(await draftedText(ann, id)).toBe("next");
  });

  test("one that arrives after its message is refused, whatever else is stored then", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    await sendUnder(ann, id, "sent", "m1");
    expectProblem(await put(ann, id, { text: "sen", client_msg_id: "m1" }), 409, "conflict");
    expect(await drafted(ann, id)).toBeUndefined();
    await compose(ann, id, "next", "m2");
    expectProblem(await put(ann, id, { text: "sen", client_msg_id: "m1" }), 409, "conflict");
    expect(await draftedText(ann, id)).toBe("next");
    // Also a revoked one.
    expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
    expectProblem(await put(ann, id, { text: "sen", client_msg_id: "m1" }), 409, "conflict");
  });

  test.each([
    // The update of a sender without devices waits for its cooldown: the draft is stored, and cleared by it.
    ["with a device", true, 409, "before"],
    ["without a device", false, 200, undefined],
  ])(
    "one that is under way to the inbox when its message is stored, %s",
    async (...[, hasDevice, status, left]) => {
      // Without a device the inbox hears of the message from its list alone, however slow the test is.
      overrideTiming({ fanout: { cooldownMs: 600_000 } });
      const [ann, bob] = await users();
      const { id } = await createGroup(bob, [ann]);
      const device = hasDevice ? await openDevice(ann.token) : undefined;
      await compose(ann, id, "before", "m0");
      let sent = false;
      using _ = intercept(async ({ method, work }) => {
        const answer = await work();
        // The conversation has answered the inbox, and stores the message before the inbox has the answer.
        if (method === "snapshot" && !sent) {
          sent = true;
          await sendUnder(ann, id, "I think so", "m1");
        }
        return answer;
      });
      const late = await put(ann, id, { text: "I think", client_msg_id: "m1" });
      expect(sent).toBe(true);
      expect(late.status).toBe(status);
      expect(await draftedText(ann, id)).toBe(left);
      device?.close();
    },
  );

  test("fifty drafts and fifty sends at once leave none that was sent", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    const names = range(1, 50).map((i) => `m${i}`);
    const puts = names.map((name) => put(ann, id, { text: name, client_msg_id: name }));
    const sends = names.map((name) => sendUnder(ann, id, name, name));
    const answers = await Promise.all(puts);
    await Promise.all(sends);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    await eventually(async () => expect(await drafted(ann, id)).toBeUndefined());
    await send(bob, id, "later");
    await evictDurableObject(inboxObject(ann.user.id));
    expect(await drafted(ann, id)).toBeUndefined();
  });

  test("of twenty drafts at once one is left, the same for the list and the devices", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    const device = await openDevice((await newSession(ann)).token);
    await Promise.all(range(1, 20).map((i) => compose(ann, id, `text ${i}`, `m${i % 3}`)));
    await device.until(() => told(device).length === 20);
    expect(await draftedText(ann, id)).toBe(told(device).at(-1));
    device.close();
  });
});

describe("the draft goes with", () => {
  test("leaving, removal and the end of the group", async () => {
    const [ann, bob, cem] = await users();
    const { id } = await createGroup(ann, [bob, cem]);
    for (const who of [ann, bob, cem]) await compose(who, id, "a thought", "m1");
    await ask(bob, id, "POST", "/leave");
    await ask(ann, id, "DELETE", `/members/${cem.user.id}`);
    for (const who of [bob, cem])
      await eventually(async () => expect(await storedInInbox(who)).not.toContain("a thought"));
    expect(await draftedText(ann, id)).toBe("a thought");
    await ask(ann, id, "DELETE", "");
    await eventually(async () => expect(await storedInInbox(ann)).not.toContain("a thought"));
  });

  test("membership, and one that is written after coming back stays", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(ann, [bob]);
    await compose(bob, id, "before");
    await ask(ann, id, "DELETE", `/members/${bob.user.id}`);
    const body = { user_ids: [bob.user.id] };
    await ask(ann, id, "POST", "/members", body);
    expect(await drafted(bob, id)).toBeUndefined();
    await compose(bob, id, "after");
    await send(ann, id, "hello");
    await evictDurableObject(inboxObject(bob.user.id));
    expect(await draftedText(bob, id)).toBe("after");
    // A late update of the departure says nothing of today.
    const { user } = bob;
    const snapshot = await conversationObject(ConversationId.parse(id)).snapshot({ userId: user.id });
    if (!snapshot.ok) throw new Error("Bob is a member");
    const { update } = snapshot.value;
    await inboxObject(user.id).applyUpdate({ ...update, version: update.version - 1, state: "left" });
    expect(await draftedText(bob, id)).toBe("after");
  });

  test("the deletion of the conversation for oneself, on a device that hears of it too", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "hello");
    await compose(ann, id, "a thought", "m1");
    await compose(bob, id, "a thought of Bob");
    const device = await openDevice(ann.token);
    expect((await ask(ann, id, "DELETE", "")).status).toBe(204);
    await device.until(() => told(device).includes(null));
    expect(await storedInInbox(ann)).not.toContain("a thought");
    expect(await draftedText(bob, id)).toBe("a thought of Bob");
    // One that is written into the deleted conversation is there when it comes back.
    await compose(ann, id, "another");
    await send(bob, id, "hello again");
    await eventually(async () => expect(await draftedText(ann, id)).toBe("another"));
    device.close();
  });

  test("the account", async () => {
    const [ann, bob] = await Promise.all([register(), register()]);
    const { id } = await openDirect(ann, bob);
    await compose(ann, id, "a thought", "my own id");
    const body = { password: PASSWORD };
    expect((await call("DELETE", "/v1/me", { token: ann.token, body })).status).toBe(204);
    expect(await storedInInbox(ann)).not.toContain("a thought");
    await eventually(async () => expect(await storedInConversation(id)).not.toContain("my own id"));
  });

  test("nothing in a list repair", async () => {
    const [ann, bob] = await users();
    const { id } = await openDirect(ann, bob);
    await compose(ann, id, "a thought", "m1");
    expect((await call("POST", "/v1/me/repair", { token: ann.token })).status).toBe(200);
    expect(await draftedText(ann, id)).toBe("a thought");
    // A repair finds that the message was sent, too.
    await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) => {
      storage.sql.exec(`UPDATE composer_drafts SET content = '{"text":"x","clientMsgId":"m1"}'`);
      storage.sql.exec("UPDATE presence SET repaired_at = 0");
    });
    await sendUnder(ann, id, "sent", "m1");
    await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) => {
      const insert = "INSERT OR REPLACE INTO composer_drafts (conversation_id, content, updated_at)";
      storage.sql.exec(`${insert} VALUES (?, '{"text":"x","clientMsgId":"m1"}', 0)`, id);
    });
    expect((await call("POST", "/v1/me/repair", { token: ann.token })).status).toBe(200);
    expect(await drafted(ann, id)).toBeUndefined();
  });
});

test("a draft is in no line of the log", async () => {
  const [ann, bob] = await users();
  const { id } = await openDirect(ann, bob);
  const lines: unknown[] = [];
  for (const level of ["log", "info", "warn", "error"] as const) {
    const spy = vi.spyOn(console, level).mockImplementation((...line) => void lines.push(line));
    onTestFinished(() => spy.mockRestore());
  }
  await compose(ann, id, "a secret thought", "m1");
  await put(ann, id, { text: "a secret thought", client_msg_id: "" });
  await discard(ann, id);
  expect(JSON.stringify(lines)).not.toContain("secret");
});

test("a send costs one row more where a draft waits for it, and none where none does", async () => {
  const [ann, bob] = await users();
  // No checkpoint of the fan-out comes in between.
  overrideTiming({ fanout: { checkpointMs: 600_000 } });
  const id = ConversationId.parse((await createGroup(bob, [ann])).id);
  await send(ann, id, "the first message of a burst writes more");
  using writes = await Writes.begin(conversationObject(id));
  const rowsOf = async (work: () => Promise<unknown>) => {
    const before = writes.written.conversationRows;
    await work();
    return writes.written.conversationRows - before;
  };
  const plain = await rowsOf(() => sendUnder(ann, id, "plain", "m0"));
  expect(await rowsOf(() => compose(ann, id, "I think", "m1"))).toBe(1);
  expect(await rowsOf(() => compose(ann, id, "I think so", "m1"))).toBe(0);
  expect(await rowsOf(() => sendUnder(ann, id, "of another draft", "m2"))).toBe(plain);
  expect(await rowsOf(() => sendUnder(ann, id, "I think so", "m1"))).toBe(plain + 1);
});
