import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  getConversation,
  list,
  listedConversation,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { StrictConversation } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { HeldInbox, overtakes } from "../../support/faults/hold.ts";

const MANY = 20;

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

const atOnce = <T>(work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: MANY }, (_, i) => work(i)));

const post = ({ token }: SignedIn, id: number, fields: object) =>
  call("POST", `/v1/conversations/${id}/messages`, {
    token,
    body: { kind: "text", body: { text: "hello" }, ...fields },
  });

describe("twenty concurrent calls", () => {
  test("sends with one client_msg_id store one message, and all return it", async () => {
    const { id } = await createGroup(ann, [bob]);
    const socket = await openRoom(id, bob.token);
    const answers = await atOnce(() => post(ann, id, { client_msg_id: "same" }));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(MANY - 1);
    const [first] = answers;
    for (const { body } of answers) expect(body).toEqual(first?.body);
    expect(await page(bob, id)).toEqual({
      items: [first?.body],
      has_more: false,
      last_seq: 1,
      rev: expect.any(Number),
    });
    expect((await send(ann, id, "after")).seq).toBe(2);
    await socket.until(() => socket.seqs.includes(2));
    expect(socket.seqs).toEqual([1, 2]);
    socket.close();
  });

  test("openings of one direct conversation by both users create it once", async () => {
    const [dan, eve] = await Promise.all([register(), register()]);
    const answers = await atOnce((i) => {
      const [caller, peer] = i % 2 ? [dan, eve] : [eve, dan];
      return call("POST", "/v1/conversations", {
        token: caller.token,
        body: { kind: "direct", user_id: peer.user.id },
      });
    });
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(MANY - 1);
    const [id = 0, ...others] = new Set(answers.map(({ body }) => StrictConversation.parse(body).id));
    expect(others).toEqual([]);
    for (const who of [dan, eve]) {
      expect((await list(who)).items.map((item) => item.id)).toEqual([id]);
      const rows = env.DB.prepare("SELECT conversation_id AS id, state FROM memberships WHERE user_id = ?");
      expect((await rows.bind(who.user.id).all()).results).toEqual([{ id, state: "active" }]);
    }
    expect(await getConversation(dan, id)).toMatchObject({ member_count: 2 });
  });

  test("revokes of one message revoke it once", async () => {
    const { id } = await createGroup(ann, [bob]);
    const socket = await openRoom(id, bob.token);
    await send(bob, id, "hello");
    const answers = await atOnce((i) => deleteMessage(i % 2 ? ann : bob, id, 1, "everyone"));
    for (const { status } of answers) expect(status).toBe(204);
    await send(ann, id, "after");
    await socket.until(() => socket.seqs.includes(2));
    expect(socket.frames.filter(({ type }) => type === "revoked")).toHaveLength(1);
    socket.close();
  });
});

describe("an inbox that does not answer", () => {
  test("does not delay sends", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    const held = await HeldInbox.hold(bob.user.id);
    try {
      await send(ann, id, "1");
      await send(cem, id, "2");
      await send(ann, id, "3");
      expect((await page(cem, id)).items).toHaveLength(3);
    } finally {
      held.release();
    }
    await eventually(async () => expect((await listedConversation(bob, id)).last_seq).toBe(3));
  });

  test("delays a revoke, whose answer means that previews are erased", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    await send(ann, id, "hello");
    const held = await HeldInbox.hold(bob.user.id);
    const revoke = deleteMessage(ann, id, 1, "everyone");
    try {
      expect(await overtakes(revoke, () => page(cem, id))).toBe(false);
    } finally {
      held.release();
    }
    expect((await revoke).status).toBe(204);
    expect((await listedConversation(bob, id)).last_message).toMatchObject({ revoked: true });
  });
});

test("calls with a guessed id create no tables", async () => {
  const before = await env.DB.prepare("SELECT max(id) AS last FROM conversations").first<number>("last");
  const guessed = (before ?? 0) + 1_000;
  const { token } = ann;
  const path = `/v1/conversations/${guessed}`;
  const calls = [
    call("GET", path, { token }),
    call("GET", `${path}/messages`, { token }),
    call("GET", `${path}/messages/1`, { token }),
    call("DELETE", `${path}/messages/1?for=me`, { token }),
    call("PUT", `${path}/read`, { token, body: { seq: 0 } }),
    call("GET", `${path}/receipts`, { token }),
    call("PUT", `${path}/preferences`, { token, body: { sticky: true } }),
    call("GET", `${path}/socket`, { token, headers: { Upgrade: "websocket" } }),
    post(ann, guessed, {}),
  ];
  for (const answer of await Promise.all(calls)) expectProblem(answer, 404, "not_found");
  expect(await storedInConversation(guessed)).toBe("{}");
  // The id still works for a later conversation.
  await env.DB.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'conversations'")
    .bind(guessed - 1)
    .run();
  const created = await createGroup(ann, [bob]);
  expect(created.id).toBe(guessed);
  expect((await send(bob, guessed, "hello")).seq).toBe(1);
});
