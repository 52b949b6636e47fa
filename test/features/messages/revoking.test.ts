import { beforeAll, describe, expect, test } from "vitest";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  allReadable,
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  insertUsers,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { asLastMessage } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { HeldInbox, overtakes } from "../../support/faults/hold.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { conversationObject } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";

/** Text that must be in no answer and in no table after the revoke. */
const WORDS = "a secret walrus";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

/** Expects the text to be in no member's view or inbox and not in the conversation, at once. */
async function expectErased(id: number, members: SignedIn[]): Promise<void> {
  for (const member of members) {
    expect(await allReadable(member, id)).not.toContain(WORDS);
    expect(await storedInInbox(member)).not.toContain(WORDS);
  }
  expect(await storedInConversation(id)).not.toContain(WORDS);
}

function readMessage({ token }: SignedIn, id: number, seq: number) {
  return ask({ token }, id, "GET", `/messages/${seq}`);
}

describe("a revoke", () => {
  test("erases a message for everybody and keeps its seq", async () => {
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "before");
    const sent = await send(ann, id, {
      kind: "text",
      body: { text: WORDS },
      mentions: [bob.user.id],
      quote_seq: 1,
      client_msg_id: "w",
    });
    await eventually(async () => expect(await storedInInbox(bob)).toContain(WORDS));
    const answer = await deleteMessage(ann, id, sent.seq, "everyone");
    expect(answer.status).toBe(204);
    expect(answer.body).toBeUndefined();
    await expectErased(id, [ann, bob]);
    const { quote: _, ...remaining } = sent;
    const revoked = { ...remaining, body: {}, mentions: [], revoked: true, rev: 1 };
    for (const member of [ann, bob]) {
      expect((await page(member, id)).items[1]).toEqual(revoked);
      expect(await getMessage(member, id, sent.seq)).toEqual(revoked);
      expect((await getConversation(member, id)).last_message).toEqual(asLastMessage(revoked));
      expect((await listedConversation(member, id)).last_message).toEqual(asLastMessage(revoked));
    }
    // A repeated send returns the revoked message.
    const repeated = { kind: "text", body: { text: "new words" }, client_msg_id: "w" };
    const replay = await ask(ann, id, "POST", "/messages", repeated);
    expect(replay).toMatchObject({ status: 200 });
    expect(replay.body).toEqual(revoked);
  });

  test("empties previews in quotes, before and after", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    await send(ann, id, WORDS);
    const quote = { kind: "text", body: { text: "this" }, quote_seq: 1 };
    const before = await send(bob, id, quote);
    expect(before.quote).toEqual({ seq: 1, sender_id: ann.user.id, kind: "text", preview: WORDS });
    expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
    await expectErased(id, [ann, bob, cem]);
    const after = await send(cem, id, quote);
    const erasedQuote = { ...before.quote, preview: "" };
    expect(after.quote).toEqual(erasedQuote);
    for (const { seq } of [before, after])
      expect((await getMessage(ann, id, seq)).quote).toEqual(erasedQuote);
  });

  test("is idempotent", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, WORDS);
    const socket = await openRoom(id, bob.token);
    expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
    expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
    await send(ann, id, "after");
    await socket.next("message");
    const revokes = socket.frames.filter(({ type }) => type === "revoked");
    expect(revokes).toEqual([
      { type: "revoked", conversation_id: id, seq: 1, by: ann.user.id, rev: expect.any(Number) },
    ]);
    socket.close();
  });

  test("repeated during the first one is answered once previews have changed too", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, WORDS);
    const held = await HeldInbox.hold(bob.user.id);
    try {
      const first = deleteMessage(ann, id, 1, "everyone");
      await eventually(async () => expect((await getMessage(ann, id, 1)).revoked).toBe(true));
      expect(await overtakes(deleteMessage(ann, id, 1, "everyone"), () => getMessage(ann, id, 1))).toBe(
        false,
      );
      held.release();
      expect((await first).status).toBe(204);
    } finally {
      held.release();
    }
    await expectErased(id, [ann, bob]);
  });

  test("is allowed to the sender, and in a group to the owner", async () => {
    const group = await createGroup(ann, [bob, cem]);
    const direct = await openDirect(ann, bob);
    for (const id of [group.id, direct.id]) {
      const { seq } = await send(ann, id, "Ann's");
      expectProblem(await deleteMessage(bob, id, seq, "everyone"), 403, "forbidden");
      expect((await getMessage(bob, id, seq)).body).toEqual({ text: "Ann's" });
    }
    const { seq } = await send(bob, group.id, WORDS);
    expectProblem(await deleteMessage(cem, group.id, seq, "everyone"), 403, "forbidden");
    expect((await deleteMessage(ann, group.id, seq, "everyone")).status).toBe(204);
    await expectErased(group.id, [ann, bob, cem]);
  });

  test("of an unknown message, or without `for`, is refused", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "hello");
    for (const scope of ["me", "everyone"] as const) {
      for (const seq of [2, 999]) expectProblem(await deleteMessage(ann, id, seq, scope), 404, "not_found");
    }
    for (const query of [
      "",
      "?for=",
      "?for=all",
      "?for=Everyone",
      "?for=me&for=everyone",
      "?FOR=me",
      "?for=%00",
    ]) {
      const answer = await ask(ann, id, "DELETE", `/messages/1${query}`);
      expectProblem(answer, 400, "validation_failed");
    }
    expect((await getMessage(ann, id, 1)).revoked).toBe(false);
  });

  test("is answered after members are updated, regardless of former members", async () => {
    const past = await insertUsers(50);
    const { id } = await createGroup(ann, past);
    await ask(ann, id, "POST", "/members", { user_ids: [bob.user.id] });
    const targetIds = past.map(({ user }) => UserId.parse(user.id));
    const removal = { userId: UserId.parse(ann.user.id), targetIds, reason: "" };
    expect(await conversationObject(ConversationId.parse(id)).remove(removal)).toMatchObject({ ok: true });
    const { seq } = await send(ann, id, WORDS);
    const held = await HeldInbox.hold(bob.user.id);
    try {
      expect(await overtakes(deleteMessage(ann, id, seq, "everyone"), () => getMessage(ann, id, seq))).toBe(
        false,
      );
    } finally {
      held.release();
    }
  });

  test("in a group of more than 50 reaches every member's list eventually", async () => {
    overrideTiming({ pace: { perSecond: 10_000 }, fanout: { cooldownMs: 10 } });
    const others = await insertUsers(60);
    const { id } = await createGroup(ann, others);
    await send(ann, id, WORDS);
    for (const member of others) {
      await eventually(async () => expect(await storedInInbox(member)).toContain(WORDS));
    }
    expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
    for (const member of others) {
      await eventually(async () => expect(await storedInInbox(member)).not.toContain(WORDS));
    }
    expect(await storedInConversation(id)).not.toContain(WORDS);
  });
});

describe("a revoke by somebody who no longer sees the message", () => {
  test("is allowed to its sender who hid it, in a direct conversation and in a group", async () => {
    const direct = await openDirect(ann, bob);
    const group = await createGroup(bob, [ann, cem]);
    for (const id of [direct.id, group.id]) {
      const { seq } = await send(ann, id, WORDS);
      const watching = await openRoom(id, bob.token);
      expect((await deleteMessage(ann, id, seq, "me")).status).toBe(204);
      expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
      expect(await watching.next("revoked")).toMatchObject({ seq, by: ann.user.id });
      expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
      expect((await getMessage(bob, id, seq)).revoked).toBe(true);
      expectProblem(await readMessage(ann, id, seq), 404, "not_found");
      await expectErased(id, [bob]);
      watching.close();
    }
  });

  test("is allowed to the owner and admins who hid the message of a member", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    const path = `/v1/conversations/${id}/members/${bob.user.id}`;
    expect((await call("PATCH", path, { token: ann.token, body: { role: "admin" } })).status).toBe(200);
    for (const manager of [ann, bob]) {
      const { seq } = await send(cem, id, WORDS);
      expect((await deleteMessage(manager, id, seq, "me")).status).toBe(204);
      expect((await deleteMessage(manager, id, seq, "everyone")).status).toBe(204);
      expect((await getMessage(cem, id, seq)).revoked).toBe(true);
    }
    await expectErased(id, [ann, bob, cem]);
  });

  test("is allowed to its sender who deleted the conversation for themselves", async () => {
    const { id } = await openDirect(ann, bob);
    const own = await send(ann, id, WORDS);
    const theirs = await send(bob, id, "mine");
    expect((await ask(ann, id, "DELETE", "")).status).toBe(204);
    expect((await deleteMessage(ann, id, own.seq, "everyone")).status).toBe(204);
    expect((await getMessage(bob, id, own.seq)).revoked).toBe(true);
    expectProblem(await deleteMessage(ann, id, theirs.seq, "everyone"), 404, "not_found");
    expect((await getMessage(bob, id, theirs.seq)).body).toEqual({ text: "mine" });
    await expectErased(id, [bob]);
  });

  test("is allowed for a message from before they came in, where new members see the history", async () => {
    const id = await createGroupOfKind("community", ann, [cem]);
    const [own, theirs] = [await send(cem, id, WORDS), await send(ann, id, WORDS)];
    for (const path of ["leave", "join"]) {
      const answer = await ask(cem, id, "POST", `/${path}`);
      expect(answer.status).toBeLessThan(300);
    }
    expect((await deleteMessage(cem, id, own.seq, "me")).status).toBe(204);
    expect((await deleteMessage(cem, id, theirs.seq, "me")).status).toBe(204);
    expect((await deleteMessage(cem, id, own.seq, "everyone")).status).toBe(204);
    expectProblem(await deleteMessage(cem, id, theirs.seq, "everyone"), 404, "not_found");
    expect((await getMessage(ann, id, own.seq)).revoked).toBe(true);
    expect((await getMessage(ann, id, theirs.seq)).revoked).toBe(false);
  });

  test("of a message that a member has hidden is told on none of their room sockets", async () => {
    const { id } = await createGroup(ann, [bob]);
    const { seq } = await send(ann, id, "hidden from Bob");
    const [hider, other] = [await openRoom(id, bob.token), await openRoom(id, ann.token)];
    expect((await deleteMessage(bob, id, seq, "me")).status).toBe(204);
    expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
    const later = await send(ann, id, "later");
    for (const socket of [hider, other]) await socket.until(({ seqs }) => seqs.includes(later.seq));
    expect([hider, other].map((socket) => socket.of("revoked").length)).toEqual([0, 1]);
  });

  test("of another sender's hidden message is a not_found to a member, and changes nothing", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    const { seq } = await send(cem, id, "Cem's");
    expect((await deleteMessage(bob, id, seq, "me")).status).toBe(204);
    const answer = await deleteMessage(bob, id, seq, "everyone");
    expectProblem(answer, 404, "not_found");
    expect((await getMessage(cem, id, seq)).body).toEqual({ text: "Cem's" });
  });

  test("of a hidden system message is a not_found, to its actor too", async () => {
    const { id } = await createGroup(ann, [bob]);
    await ask(ann, id, "PATCH", "", { name: "renamed" });
    const [tip] = (await page(ann, id)).items;
    expect(tip?.kind).toBe("tip");
    const seq = tip?.seq ?? 0;
    expect((await deleteMessage(ann, id, seq, "me")).status).toBe(204);
    expectProblem(await deleteMessage(ann, id, seq, "everyone"), 404, "not_found");
    expect((await getMessage(bob, id, seq)).revoked).toBe(false);
  });
});
