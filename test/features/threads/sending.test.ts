import { beforeAll, describe, expect, test } from "vitest";
import { expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  listedConversation,
  openDirect,
  page,
  send,
  sendAll,
} from "../../support/clients/chat.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

const reply = (root: number, text: string, fields: object = {}) => ({
  ...{ kind: "text", body: { text }, thread: { root, ...fields } },
});
const aside = (root: number, text: string) => reply(root, text, { also_in_main: false });

const post = ({ token }: SignedIn, id: number, body: unknown) =>
  ask({ token }, id, "POST", "/messages", body);

const seqs = ({ items }: { items: { seq: number }[] }) => items.map(({ seq }) => seq);

describe("a reply", () => {
  test("is in the main stream unless it says otherwise, and names its root", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "root");
    const sent = await send(bob, id, reply(1, "yes"));
    expect(sent).toMatchObject({ seq: 2, thread: { root: 1, also_in_main: true } });
    const alone = await send(bob, id, aside(1, "no"));
    expect(alone).toMatchObject({ seq: 3, thread: { root: 1, also_in_main: false } });
    expect(await getMessage(ann, id, 3)).toEqual(alone);
    expect(seqs(await page(ann, id))).toEqual([1, 2]);
    expect(seqs(await page(ann, id, "?after=0"))).toEqual([1, 2]);
    for (const query of ["?threads=all", "?threads=all&after=0"]) {
      expect(seqs(await page(ann, id, query))).toEqual([1, 2, 3]);
    }
    expect(await page(ann, id, "?threads=all&after=1&limit=1")).toMatchObject({ has_more: true });
    expect(await page(ann, id, "?after=1&limit=1")).toMatchObject({ items: [{ seq: 2 }], has_more: false });
  });

  test("in the thread alone is in nobody's unread count, and moves no list", async () => {
    const { id } = await createGroup(ann, [bob]);
    const root = await send(ann, id, "root");
    const before = await listedConversation(bob, id);
    await send(ann, id, aside(1, "one"));
    await send(bob, id, aside(1, "two"));
    for (const who of [ann, bob]) {
      const expected = {
        last_message: { seq: 1 },
        updated_at: root.created_at,
        last_seq: 3,
        unread_count: who === bob ? 1 : 0,
      };
      expect(await listedConversation(who, id)).toMatchObject(expected);
      expect(await getConversation(who, id)).toMatchObject(expected);
    }
    // Who answers in a thread has not read the main stream.
    expect(await listedConversation(bob, id)).toMatchObject({ read_seq: before.read_seq });
    await send(ann, id, "next");
    expect(await listedConversation(bob, id)).toMatchObject({ unread_count: 2, last_message: { seq: 4 } });
  });

  test("works in a direct conversation, and for a message of each source", async () => {
    const { id } = await openDirect(ann, bob);
    await sendAll(ann, id, ["root", "original"]);
    const thread = { root: 1, also_in_main: false };
    const forward = await send(bob, id, { forward: { conversation_id: id, seq: 2 }, thread });
    expect(forward).toMatchObject({ forwarded: { seq: 2 }, thread });
    const items = [{ conversation_id: id, seq: 2 }];
    const merged = await send(bob, id, { kind: "merged", body: { title: "t", items }, thread });
    expect(merged).toMatchObject({ thread });
    // A copy of a reply is no reply.
    const copy = await send(ann, id, { forward: { conversation_id: id, seq: forward.seq } });
    expect(copy.thread).toBeUndefined();
  });

  test("with a repeated client_msg_id is stored once", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "root");
    const first = await post(bob, id, { ...aside(1, "once"), client_msg_id: "a" });
    const again = await post(bob, id, { ...aside(1, "once"), client_msg_id: "a" });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect((await getMessage(ann, id, 1)).thread_summary).toMatchObject({ count: 1 });
  });
});

describe("a thread is refused", () => {
  test("for a root that the sender does not see", async () => {
    const { id } = await createGroup(ann, [bob]);
    await sendAll(ann, id, ["one", "two"]);
    await deleteMessage(bob, id, 1, "me");
    for (const root of [1, 99]) expectProblem(await post(bob, id, reply(root, "x")), 404, "not_found");
    expect(seqs(await page(ann, id, "?threads=all"))).toEqual([1, 2]);
  });

  test("for a reply, a system message and a revoked message", async () => {
    const { id } = await createGroup(ann, [bob]);
    await ask(ann, id, "PATCH", "", { name: "new" });
    const root = await send(ann, id, "root");
    const first = await send(bob, id, reply(root.seq, "reply"));
    const gone = await send(ann, id, "gone");
    await deleteMessage(ann, id, gone.seq, "everyone");
    for (const seq of [1, first.seq, gone.seq]) {
      const refused = await post(bob, id, reply(seq, "x"));
      expectProblem(refused, 400, "validation_failed");
      expect(refused.body).toMatchObject({ errors: [{ path: "body.thread.root" }] });
    }
    for (const thread of [{}, { root: 0 }, { root: "1" }, { root: 1, also_in_main: "no" }, 1, null]) {
      const refused = await post(bob, id, { ...reply(1, "x"), thread });
      expectProblem(refused, 400, "validation_failed");
    }
    // A thread goes on after its root is revoked.
    await deleteMessage(ann, id, root.seq, "everyone");
    await send(bob, id, reply(root.seq, "still here"));
  });
});

describe("the summary of a root", () => {
  test("has the number of replies, the last one and the last three users", async () => {
    const [cleo, dan] = await Promise.all([register(), register()]);
    const { id } = await createGroup(ann, [bob, cleo, dan]);
    const root = await send(ann, id, "root");
    expect(root.thread_summary).toBeUndefined();
    const sent = [];
    for (const who of [ann, bob, cleo, bob, dan]) sent.push(await send(who, id, aside(1, "reply")));
    const last = sent.at(-1);
    expect((await getMessage(ann, id, 1)).thread_summary).toEqual({
      count: 5,
      last_seq: 6,
      last_at: last?.created_at,
      user_ids: [dan.user.id, bob.user.id, cleo.user.id],
    });
    // A revoked reply is not in the summary.
    await deleteMessage(dan, id, 6, "everyone");
    expect((await getMessage(ann, id, 1)).thread_summary).toMatchObject({
      count: 4,
      last_seq: 5,
      user_ids: [bob.user.id, cleo.user.id, ann.user.id],
    });
    for (const seq of [2, 3, 4, 5]) await deleteMessage(ann, id, seq, "everyone");
    expect((await getMessage(ann, id, 1)).thread_summary).toBeUndefined();
  });
});
