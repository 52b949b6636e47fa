import { beforeAll, describe, expect, test } from "vitest";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  listedConversation,
  openDirect,
  page,
  send,
  sendAll,
  storedInInbox,
} from "../../support/clients/chat.ts";
import {
  expectPosted,
  mergedDraft,
  mergedItem,
  postDraft,
  type Reference,
  reference,
} from "../../support/clients/forwards.ts";
import { asLastMessage, withoutOwnPart } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";

let ann: SignedIn;
let bob: SignedIn;
/** a group of Ann and Bob */
let group: number;
/** a group of Ann alone */
let ownGroup: number;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  group = (await createGroup(ann, [bob])).id;
  ownGroup = (await createGroup(ann)).id;
});

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).byteLength;
const MAX_BYTES = 256 * 1024;

describe("a merged message", () => {
  test("holds snapshots of messages of several conversations in the requested order, repeated ones too", async () => {
    const direct = (await openDirect(ann, bob)).id;
    const sources = [
      await send(bob, group, "one"),
      await send(bob, direct, { kind: "file", body: { url: "https://example.org/a", name: "名" } }),
      await send(ann, ownGroup, { kind: "location", body: { latitude: 1.5, longitude: -0.25 } }),
    ];
    const items = [...sources.toReversed(), ...sources];
    const message = await expectPosted(ann, ownGroup, mergedDraft(items, "of old 😀"));
    expect(message.kind).toBe("merged");
    expect(message.body).toEqual({ title: "of old 😀", items: items.map(mergedItem) });
    expect(message).not.toHaveProperty("forwarded");
    expect(await getMessage(ann, ownGroup, message.seq)).toEqual(message);
    expect((await page(ann, ownGroup)).items.at(-1)).toEqual(message);
    expect((await getConversation(ann, ownGroup)).last_message).toEqual(asLastMessage(message));
  });

  test("is in lists and quotes with its title alone", async () => {
    const source = await send(bob, group, "not for every list");
    const message = await expectPosted(ann, group, mergedDraft([source], "the title"));
    for (const who of [ann, bob]) {
      expect((await listedConversation(who, group)).last_message).toEqual({
        ...asLastMessage(message),
        body: { title: "the title", items: [] },
      });
      expect(await storedInInbox(who)).not.toContain("not for every list");
    }
    const quoting = await expectPosted(bob, group, {
      kind: "text",
      body: { text: "x" },
      quote_seq: message.seq,
    });
    expect(quoting.quote).toEqual({
      ...{ seq: message.seq, sender_id: ann.user.id, kind: "merged", preview: "the title" },
    });
  });

  test("keeps messages that are revoked or hidden later, under current names, and can be revoked itself", async () => {
    const source = await send(bob, group, "kept");
    const message = await expectPosted(ann, group, mergedDraft([source]));
    await deleteMessage(bob, group, source.seq, "everyone");
    await deleteMessage(ann, group, source.seq, "me");
    await call("PATCH", "/v1/me", { token: bob.token, body: { nickname: "Robert" } });
    expect((await getMessage(ann, group, message.seq)).body).toEqual({
      title: "of old",
      items: [{ ...mergedItem(source), sender: { ...source.sender, nickname: "Robert" } }],
    });
    await call("PATCH", "/v1/me", { token: bob.token, body: { nickname: "" } });
    await deleteMessage(ann, group, message.seq, "everyone");
    expect(await getMessage(bob, group, message.seq)).toMatchObject({
      kind: "merged",
      revoked: true,
      body: {},
    });
    expect((await listedConversation(bob, group)).last_message).toMatchObject({ revoked: true, body: {} });
  });

  test("can be forwarded and merged again", async () => {
    const source = await send(bob, group, "deep");
    const inner = await expectPosted(ann, group, mergedDraft([source], "inner"));
    const copy = await expectPosted(ann, ownGroup, { forward: reference(inner) });
    expect(copy).toMatchObject({ kind: "merged", body: inner.body, forwarded: reference(inner) });
    const outer = await expectPosted(ann, ownGroup, mergedDraft([inner, source], "outer"));
    expect(outer.body).toEqual({ title: "outer", items: [mergedItem(inner), mergedItem(source)] });
  });

  test("is pushed and replayed unchanged", async () => {
    const own = await openRoom(group, bob.token);
    const message = await expectPosted(ann, group, mergedDraft([await send(bob, group, "live")]));
    await own.until(({ seqs }) => seqs.includes(message.seq));
    const back = await openRoom(group, bob.token, `?after=${message.seq - 1}`);
    await back.next("synced");
    for (const socket of [own, back]) expect(socket.messages.at(-1)).toEqual(withoutOwnPart(message));
    own.close();
    back.close();
  });
});

describe("limits of a merged message", () => {
  test("1 to 50 items; the refusal names the first invisible one", async () => {
    const [source] = await sendAll(bob, group, ["x"]);
    if (!source) throw new Error("one was sent");
    const copies = (count: number): Reference[] => Array.from({ length: count }, () => source);
    await expectPosted(ann, group, mergedDraft(copies(1)));
    const largest = await expectPosted(ann, group, mergedDraft(copies(50)));
    expect(largest.body.items).toHaveLength(50);
    expectProblem(await postDraft(ann, group, mergedDraft(copies(51))), 400, "validation_failed");
    expectProblem(await postDraft(ann, group, mergedDraft([])), 400, "validation_failed");
    const missing = { ...source, seq: 9_999 };
    const answer = await postDraft(ann, group, mergedDraft([...copies(7), missing, missing]));
    expectProblem(answer, 404, "not_found");
    expect(answer.body).toMatchObject({
      detail: expect.stringContaining("items.7: there is no message 9999"),
    });
  });

  test("a title of 0 to 100 code points", async () => {
    const source = await send(bob, group, "x");
    for (const title of ["", "x", "😀".repeat(100)])
      await expectPosted(ann, group, mergedDraft([source], title));
    const { body } = mergedDraft([source]);
    const titles = ["x".repeat(101), "😀".repeat(101), null, 1, undefined, [], "\u0000", "\ud800"];
    for (const title of titles) {
      expectProblem(
        await postDraft(ann, group, { kind: "merged", body: { ...body, title } }),
        400,
        "validation_failed",
      );
    }
  });

  test("items are references: snapshots by the client are ignored", async () => {
    const source = await send(bob, group, "as it was");
    const forged = { ...mergedItem(source), body: { text: "forged" }, sender: { id: ann.user.id } };
    const body = { title: "x", items: [forged], forged: true };
    expect((await expectPosted(ann, group, { kind: "merged", body })).body).toEqual({
      ...{ title: "x", items: [mergedItem(source)] },
    });
    const items = [
      null,
      1,
      "x",
      {},
      [source],
      { seq: 1 },
      { conversation_id: group },
      { ...reference(source), seq: 0 },
    ];
    for (const invalid of [...items.map((item) => [item]), null, {}, "x", undefined]) {
      expectProblem(
        await postDraft(ann, group, { kind: "merged", body: { title: "x", items: invalid } }),
        400,
        "validation_failed",
      );
    }
  });

  test("256 KiB as JSON, to the byte", async () => {
    const id = (await createGroup(ann)).id;
    const custom = (data: string) => ({ kind: "custom", body: { data, description: "", extension: "" } });
    const big = await send(ann, id, custom("长".repeat(10_000)));
    const body = { title: "", items: [...Array.from({ length: 8 }, () => mergedItem(big)), mergedItem(big)] };
    const remainingBytes = MAX_BYTES - bytes({ ...body, items: body.items.slice(0, 8) });
    // One more item of exactly the remaining size: a comma, and a snapshot's bytes besides its data.
    const frame =
      bytes({ ...mergedItem(big), seq: 2, body: { data: "", description: "", extension: "" } }) + 1;
    const fits = await send(ann, id, custom("x".repeat(remainingBytes - frame)));
    const over = await send(ann, id, custom("x".repeat(remainingBytes - frame + 1)));
    const eight = Array.from({ length: 8 }, () => big);
    const message = await expectPosted(ann, id, mergedDraft([...eight, fits], ""));
    expect(bytes(message.body)).toBe(MAX_BYTES);
    expectProblem(await postDraft(ann, id, mergedDraft([...eight, over], "")), 400, "validation_failed");
    expectProblem(await postDraft(ann, id, mergedDraft([message], "")), 400, "validation_failed");
    const copy = await expectPosted(ann, id, { forward: reference(message) });
    expect(bytes(copy.body)).toBe(MAX_BYTES);
  });

  test("a nesting depth of eight", async () => {
    let inner = await send(bob, group, "the core");
    for (let depth = 1; depth <= 8; depth++)
      inner = await expectPosted(ann, group, mergedDraft([inner], `${depth}`));
    expectProblem(await postDraft(ann, group, mergedDraft([inner])), 400, "validation_failed");
  });
});

test("pages with large messages are shorter, without gaps and repeats", async () => {
  const id = (await createGroup(ann)).id;
  const data = "x".repeat(32_000);
  const big = await send(ann, id, { kind: "custom", body: { data, description: "", extension: "" } });
  const eight = Array.from({ length: 8 }, () => big);
  for (let i = 0; i < 30; i++) await expectPosted(ann, id, mergedDraft(eight));
  const all = Array.from({ length: 31 }, (_, i) => i + 1);
  const forward: number[] = [];
  for (let more = true; more; ) {
    const found = await page(ann, id, `?limit=100&after=${forward.at(-1) ?? 0}`);
    expect(bytes(found)).toBeLessThan(4 * 1024 * 1024);
    forward.push(...found.items.map(({ seq }) => seq));
    more = found.has_more;
  }
  expect(forward).toEqual(all);
  const backward: number[] = [];
  for (let more = true; more; ) {
    const found = await page(ann, id, `?limit=100&before=${backward[0] ?? 32}`);
    backward.unshift(...found.items.map(({ seq }) => seq));
    more = found.has_more;
  }
  expect(backward).toEqual(all);
  const socket = await openRoom(id, ann.token, "?after=0");
  for (let more = true; more; ) {
    const { last_seq, has_more } = await socket.next("synced");
    more = has_more === true;
    if (more) socket.send({ type: "sync", after: last_seq });
  }
  expect(socket.seqs).toEqual(all);
  expect(socket.isOpen).toBe(true);
  socket.close();
});
