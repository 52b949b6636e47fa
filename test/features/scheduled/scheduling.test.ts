import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { call, expectProblem, register, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect, page, send } from "../../support/clients/chat.ts";
import {
  changeScheduled,
  DAY,
  deleteScheduled,
  getScheduled,
  HOUR,
  listScheduled,
  MINUTE,
  pass,
  postScheduled,
  schedule,
} from "../../support/clients/scheduled.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { freezeClock } from "../../support/clock.ts";
import { createGroupId, itemAt, signInAgain } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

/** A new user with a group of theirs, which Bob is in. */
async function author(): Promise<{ cem: SignedIn; id: number }> {
  const cem = await register();
  return { cem, id: (await createGroup(cem, [bob])).id };
}

const textsOf = async (who: SignedIn, id: number) =>
  (await page(who, id)).items.flatMap(({ kind, body }) => (kind === "text" ? [body.text] : []));

describe("a message with send_at", () => {
  test("waits, and is sent in the name of its author when it is due", async () => {
    const { cem, id } = await author();
    const sendAt = Date.now() + HOUR;
    const what = { kind: "text", body: { text: "later" }, mentions: [bob.user.id], send_at: sendAt };
    const scheduled = await schedule(cem, id, what);
    expect(scheduled).toEqual({
      id: expect.stringMatching(/^scheduled-/),
      conversation_id: id,
      send_at: sendAt,
      created_at: expect.any(Number),
      client_msg_id: scheduled.id,
      kind: "text",
      body: { text: "later" },
      mentions: [bob.user.id],
    });
    await pass(cem, HOUR - MINUTE);
    expect(await textsOf(bob, id)).toEqual([]);
    expect((await getScheduled(cem, scheduled)).body).toEqual(scheduled);
    await pass(cem, 2 * MINUTE);
    const { items } = await page(bob, id);
    expect(items).toMatchObject([
      { kind: "text", body: { text: "later" }, sender: { id: cem.user.id }, mentions: [bob.user.id] },
    ]);
    expect(items[0]).toMatchObject({ client_msg_id: scheduled.id, created_at: expect.any(Number) });
    expect(items[0]?.created_at).toBeGreaterThanOrEqual(sendAt);
    expectProblem(await getScheduled(cem, scheduled), 404, "not_found");
    expect((await listScheduled(cem)).items).toEqual([]);
  });

  test("is not cancelled by signing out", async () => {
    const { cem, id } = await author();
    await schedule(cem, id, "later");
    expect((await call("POST", "/v1/logout", { token: cem.token })).status).toBe(204);
    await pass(cem, 2 * HOUR);
    expect(await textsOf(bob, id)).toEqual(["later"]);
  });

  test("may be a forward or a merged message, copied when it is due", async () => {
    const { cem, id } = await author();
    const { seq } = await send(cem, id, "original");
    const source = { conversation_id: id, seq };
    const forward = await schedule(cem, id, { forward: source });
    expect(forward).toMatchObject({ forward: source });
    expect(forward).not.toHaveProperty("kind");
    const items = { title: "Chat", items: [source] };
    expect(await schedule(cem, id, { kind: "merged", body: items })).toMatchObject({
      kind: "merged",
      body: items,
    });
    await pass(cem, 2 * HOUR);
    expect((await page(bob, id)).items).toMatchObject([
      { kind: "text" },
      { kind: "text", body: { text: "original" }, forwarded: source },
      { kind: "merged", body: { title: "Chat", items: [{ body: { text: "original" } }] } },
    ]);
  });

  test("opens a direct conversation for the other user, as any message does", async () => {
    const [cem, dan] = await Promise.all([register(), register()]);
    const { id } = await openDirect(cem, { user: dan.user });
    await schedule(cem, id, "hello");
    await pass(cem, 2 * HOUR);
    expect(await textsOf(dan, id)).toEqual(["hello"]);
  });
});

describe("many messages", () => {
  test("are listed as they are due, in pages", async () => {
    const { cem, id } = await author();
    const now = Date.now();
    const made = [];
    for (const [i, ahead] of [3, 1, 2, 1].entries())
      made.push(await schedule(cem, id, { ...text(String(i)), send_at: now + ahead * HOUR }));
    const ids = [made[1], made[3], made[2], made[0]].map((one) => one?.id);
    expect((await listScheduled(cem)).items.map((one) => one.id)).toEqual(ids);
    const first = await listScheduled(cem, "?limit=3");
    expect(first.items.map((one) => one.id)).toEqual(ids.slice(0, 3));
    const rest = await listScheduled(cem, `?limit=3&cursor=${first.next_cursor}`);
    expect(rest.items.map((one) => one.id)).toEqual(ids.slice(3));
    expect(rest.next_cursor).toBeNull();
    expectProblem(
      await call("GET", "/v1/scheduled?cursor=x", { token: cem.token }),
      400,
      "validation_failed",
    );
  });

  test("a hundred of the same millisecond for three conversations go out in order", async () => {
    const cem = await register();
    const groups = [];
    for (let i = 0; i < 3; i++) groups.push((await createGroup(cem, [bob])).id);
    const sendAt = Date.now() + HOUR;
    const expected: string[][] = [[], [], []];
    for (let i = 0; i < 100; i++) {
      await schedule(cem, groups[i % 3] ?? 0, { ...text(String(i)), send_at: sendAt });
      expected[i % 3]?.push(String(i));
    }
    await pass(cem, 2 * HOUR);
    for (const [i, id] of groups.entries())
      expect((await page(bob, id, "?limit=100")).items.map(({ body }) => body.text)).toEqual(expected[i]);
    expect((await listScheduled(cem)).items).toEqual([]);
  });
});

describe("the time", () => {
  test.each([
    ["over", () => Date.now() - 1],
    ["now", () => Date.now()],
    ["more than a year ahead", () => Date.now() + 366 * DAY],
    ["no integer", () => Date.now() + 0.5],
    ["no number", () => "tomorrow"],
    ["null", () => null],
  ])("must not be %s", async (_, at) => {
    freezeClock();
    const { cem, id } = await author();
    const answer = await postScheduled(cem, id, { ...text("x"), send_at: at() });
    expectProblem(answer, 400, "validation_failed");
    expect(JSON.stringify(answer.body)).toContain("body.send_at");
    const waiting = await schedule(cem, id, "x");
    expectProblem(await changeScheduled(cem, waiting, { send_at: at() }), 400, "validation_failed");
    expect((await listScheduled(cem)).items).toEqual([waiting]);
    expect(await textsOf(cem, id)).toEqual([]);
  });

  test("may be a year ahead", async () => {
    const { cem, id } = await author();
    await schedule(cem, id, { ...text("x"), send_at: Date.now() + 365 * DAY });
  });
});

describe("client_msg_id", () => {
  test("gives the same scheduled message when the call is repeated, and the message once it is sent", async () => {
    const { cem, id } = await author();
    const what = { ...text("once"), client_msg_id: "m1", send_at: Date.now() + HOUR };
    const first = await schedule(cem, id, what);
    expect(first.client_msg_id).toBe("m1");
    expect(await schedule(cem, id, { ...what, body: { text: "twice" } })).toEqual(first);
    await pass(cem, 2 * HOUR);
    const repeated = await postScheduled(cem, id, what);
    expect(repeated.status).toBe(200);
    expect(repeated.body).toMatchObject({ seq: 1, client_msg_id: "m1", body: { text: "once" } });
    expect(await textsOf(bob, id)).toEqual(["once"]);
  });

  test("repeated fifty times at once makes one", async () => {
    const { cem, id } = await author();
    const what = { ...text("once"), client_msg_id: "m1" };
    const made = await Promise.all(Array.from({ length: 50 }, () => schedule(cem, id, what)));
    expect(new Set(made.map((one) => one.id)).size).toBe(1);
    await pass(cem, 2 * HOUR);
    expect(await textsOf(bob, id)).toEqual(["once"]);
  });

  test("of another conversation, or of another user, is another one", async () => {
    const { cem, id } = await author();
    const { id: other } = await createGroup(cem);
    const what = { ...text("x"), client_msg_id: "m1" };
    const made = await Promise.all([
      schedule(cem, id, what),
      schedule(cem, other, what),
      schedule(bob, id, what),
    ]);
    expect(new Set(made.map((one) => one.id)).size).toBe(3);
  });
});

describe("a change", () => {
  test("replaces content and time, and leaves what it does not name", async () => {
    const { cem, id } = await author();
    const { seq } = await send(cem, id, "question");
    const made = await schedule(cem, id, { ...text("a"), mentions: "all", quote_seq: seq });
    const edited = await changeScheduled(cem, made, text("b"));
    expect(edited).toMatchObject({ status: 200, body: { ...made, body: { text: "b" } } });
    const later = Date.now() + 3 * HOUR;
    const moved = await changeScheduled(cem, made, { send_at: later, quote_seq: 0, mentions: [] });
    expect(moved.body).toEqual({
      ...without(made, "quote_seq"),
      body: { text: "b" },
      send_at: later,
      mentions: [],
    });
    await pass(cem, 2 * HOUR);
    expect(await textsOf(bob, id)).toEqual(["question"]);
    await pass(cem, 2 * HOUR);
    expect(await textsOf(bob, id)).toEqual(["question", "b"]);
  });

  test("may bring the message forward", async () => {
    const { cem, id } = await author();
    const made = await schedule(cem, id, { ...text("x"), send_at: Date.now() + 30 * DAY });
    expect((await changeScheduled(cem, made, { send_at: Date.now() + MINUTE })).status).toBe(200);
    await pass(cem, 2 * MINUTE);
    expect(await textsOf(bob, id)).toEqual(["x"]);
  });

  test("of a forward makes it a message of one's own", async () => {
    const { cem, id } = await author();
    const { seq } = await send(cem, id, "original");
    const made = await schedule(cem, id, { forward: { conversation_id: id, seq } });
    const { body } = await changeScheduled(cem, made, text("my own"));
    expect(body).toEqual({ ...without(made, "forward"), ...text("my own") });
  });

  test("of nothing changes nothing", async () => {
    const { cem, id } = await author();
    const made = await schedule(cem, id, "x");
    expect(await changeScheduled(cem, made, {})).toMatchObject({ status: 200, body: made });
  });

  test.each([
    ["a body without its kind", { body: { text: "x" } }],
    ["a kind without its body", { kind: "text" }],
    ["a body of another kind", { kind: "image", body: { text: "x" } }],
    ["too long a text", text("x".repeat(8_001))],
    ["a quote that is no seq", { quote_seq: -1 }],
  ])("refuses %s", async (_, change) => {
    const { cem, id } = await author();
    const made = await schedule(cem, id, "x");
    expectProblem(await changeScheduled(cem, made, change), 400, "validation_failed");
    expect((await getScheduled(cem, made)).body).toEqual(made);
  });

  test("refuses to quote or mention what is not in the conversation", async () => {
    const { cem, id } = await author();
    const made = await schedule(cem, id, "x");
    expectProblem(await changeScheduled(cem, made, { quote_seq: 99 }), 404, "not_found");
    expectProblem(await changeScheduled(cem, made, { mentions: [ann.user.id] }), 404, "not_found");
    expect((await getScheduled(cem, made)).body).toEqual(made);
  });
});

test("a deleted one is not sent", async () => {
  const { cem, id } = await author();
  const made = await schedule(cem, id, "x");
  expect((await deleteScheduled(cem, made)).status).toBe(204);
  expectProblem(await deleteScheduled(cem, made), 404, "not_found");
  await pass(cem, 2 * HOUR);
  expect(await textsOf(bob, id)).toEqual([]);
});

describe("others", () => {
  test("see nothing of it, in no list, by no call and by no frame", async () => {
    const [cem, dan] = await Promise.all([register(), register()]);
    const { id } = await createGroup(cem, [dan]);
    const [socket, room] = [await openDevice(dan.token), await openRoom(id, dan.token)];
    const made = await schedule(cem, id, "secret");
    await changeScheduled(cem, made, text("secret, too"));
    for (const answer of [
      await getScheduled(dan, made),
      await changeScheduled(dan, made, text("mine")),
      await deleteScheduled(dan, made),
    ])
      expectProblem(answer, 404, "not_found");
    expect((await listScheduled(dan)).items).toEqual([]);
    expect(await textsOf(dan, id)).toEqual([]);
    const conversation = await call("GET", `/v1/conversations/${id}`, { token: dan.token });
    expect(JSON.stringify(conversation.body)).not.toContain("secret");
    await socket.untilProcessed(id);
    expect(JSON.stringify([socket.frames, room.frames])).not.toContain("secret");
    expect((await getScheduled(cem, made)).status).toBe(200);
  });

  test("cannot schedule in a conversation that they are not in", async () => {
    const { cem, id } = await author();
    expectProblem(await postScheduled(ann, id, "x"), 404, "not_found");
    expectProblem(await postScheduled(ann, 999_999, "x"), 404, "not_found");
    expectProblem(await postScheduled(cem, id, { ...text("x"), quote_seq: 99 }), 404, "not_found");
    expectProblem(await postScheduled(cem, id, { ...text("x"), mentions: [ann.user.id] }), 404, "not_found");
    expectProblem(
      await postScheduled(cem, id, { forward: { conversation_id: id, seq: 99 } }),
      404,
      "not_found",
    );
    expect((await listScheduled(ann)).items).toEqual([]);
    expect((await listScheduled(cem)).items).toEqual([]);
  });
});

describe("sockets", () => {
  test("tell each device of the user what happens to a scheduled message", async () => {
    const { cem, id } = await author();
    const [one, two] = [await openDevice(cem.token), await openDevice((await signInAgain(cem)).token)];
    const made = await schedule(cem, id, "x");
    const deleted = await schedule(cem, id, "y");
    const changed = (await changeScheduled(cem, made, text("z"))).body;
    await deleteScheduled(cem, deleted);
    await pass(cem, 2 * HOUR);
    const about = (id: string) => ({ type: "scheduled", conversation_id: made.conversation_id, id });
    for (const socket of [one, two]) {
      await socket.until((reached) => reached.of("scheduled").length === 5);
      expect(socket.of("scheduled")).toEqual([
        { ...about(made.id), event: "created", scheduled: made },
        { ...about(deleted.id), event: "created", scheduled: deleted },
        { ...about(made.id), event: "changed", scheduled: changed },
        { ...about(deleted.id), event: "deleted" },
        { ...about(made.id), event: "sent", seq: 1 },
      ]);
      await socket.until((reached) => JSON.stringify(reached.of("message")).includes('"text":"z"'));
    }
  });

  test("refuse send_at, alone and among other sends, and send nothing", async () => {
    const { cem, id } = await author();
    const frame = { ...text("x"), client_msg_id: "m1", send_at: Date.now() + HOUR };
    const room = await openRoom(id, cem.token);
    room.send({ type: "send", ...frame });
    expect(await room.next("error")).toMatchObject({
      code: "validation_failed",
      client_msg_id: "m1",
      detail: expect.stringContaining("send_at"),
    });
    const device = await openDevice(cem.token);
    const items = [frame, { ...text("now"), client_msg_id: "m2" }];
    device.send({ type: "sends", items: items.map((item) => ({ ...item, conversation_id: id })) });
    expect(await device.next("error")).toMatchObject({ code: "validation_failed", client_msg_id: "m1" });
    expect(await device.next("ack")).toMatchObject({ client_msg_id: "m2", seq: 1 });
    expect(await textsOf(bob, id)).toEqual(["now"]);
    expect((await listScheduled(cem)).items).toEqual([]);
  });
});

function text(words: string) {
  return { kind: "text", body: { text: words } };
}

function without(value: object, field: string): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));
}

const Answer = z.object({ scheduled: z.object({ id: z.string() }) });

test("a poll that ends more than a year after it is sent cannot be scheduled", async () => {
  const ann = itemAt(await registerUsers(1), 0);
  const id = await createGroupId(ann);
  const year = 365 * 86_400_000;
  const sendAt = Date.now() + 3_600_000;
  const schedule = (endsAt: number) => {
    const poll = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: endsAt };
    const body = { kind: "poll", body: poll, client_msg_id: "poll", send_at: sendAt };
    return call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body });
  };
  expectProblem(await schedule(sendAt + year + 1), 400, "validation_failed");
  const { status, body } = await schedule(sendAt + year);
  expect(status).toBe(202);
  const { scheduled } = Answer.parse(body);
  const earlier = { token: ann.token, body: { send_at: sendAt - 1 } };
  expectProblem(await call("PATCH", `/v1/scheduled/${scheduled.id}`, earlier), 400, "validation_failed");
});

test("a poll cannot be scheduled for a time when it has ended", async () => {
  const ann = itemAt(await registerUsers(1), 0);
  const id = await createGroupId(ann);
  const endsAt = Date.now() + 3_600_000;
  const schedule = (send_at: number) => {
    const poll = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: endsAt };
    const body = { kind: "poll", body: poll, client_msg_id: "poll", send_at };
    return call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body });
  };
  expectProblem(await schedule(endsAt), 400, "validation_failed");
  const { status, body } = await schedule(endsAt - 1_000);
  expect(status).toBe(202);
  const { scheduled } = Answer.parse(body);
  const later = { token: ann.token, body: { send_at: endsAt + 1 } };
  expectProblem(await call("PATCH", `/v1/scheduled/${scheduled.id}`, later), 400, "validation_failed");
});

test("the question of a poll that waits can be changed, and a text can become a poll", async () => {
  const ann = itemAt(await registerUsers(1), 0);
  const id = await createGroupId(ann);
  const poll = { question: "Wen?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  const mended = { kind: "poll", body: { ...poll, question: "When?" } };
  for (const what of [{ kind: "poll", body: poll }, "When?"]) {
    const scheduled = await schedule(ann, id, what);
    const changed = await changeScheduled(ann, scheduled, mended);
    expect(changed).toMatchObject({ status: 200, body: mended });
    const over = { kind: "poll", body: { ...poll, ends_at: Date.now() + 60_000 } };
    expectProblem(await changeScheduled(ann, scheduled, over), 400, "validation_failed");
    expect((await getScheduled(ann, scheduled)).body).toMatchObject(mended);
    await pass(ann, HOUR);
    expect((await page(ann, id)).items[0]).toMatchObject({ ...mended, poll: { counts: [0, 0] } });
  }
});
