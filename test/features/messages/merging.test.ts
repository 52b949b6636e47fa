import { beforeAll, describe, expect, test } from "vitest";
import { call, problem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  getMessage,
  listed,
  openDirect,
  page,
  remove,
  send,
  sendAll,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { merged, post, posted, type Reference, reference, snapshot } from "../../support/clients/forwards.ts";
import { openRoom } from "../../support/clients/socket.ts";

let ann: SignedIn;
let bob: SignedIn;
/** of Ann and Bob */
let here: number;
/** Ann's alone */
let there: number;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  here = (await createGroup(ann, [bob])).id;
  there = (await createGroup(ann)).id;
});

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).byteLength;
const MOST = 256 * 1024;

describe("a merged message", () => {
  test("holds each message as it was, in the order asked for, of several conversations, one twice too", async () => {
    const direct = (await openDirect(ann, bob)).id;
    const sources = [
      await send(bob, here, "one"),
      await send(bob, direct, { kind: "file", body: { url: "https://example.org/a", name: "名" } }),
      await send(ann, there, { kind: "location", body: { latitude: 1.5, longitude: -0.25 } }),
    ];
    const items = [...sources.toReversed(), ...sources];
    const made = await posted(ann, there, merged(items, "of old 😀"));
    expect(made.kind).toBe("merged");
    expect(made.body).toEqual({ title: "of old 😀", items: items.map(snapshot) });
    expect(made).not.toHaveProperty("forwarded");
    expect(await getMessage(ann, there, made.seq)).toEqual(made);
    expect((await page(ann, there)).items.at(-1)).toEqual(made);
    expect((await getConversation(ann, there)).last_message).toEqual(made);
  });

  test("stands in lists with its title alone, and is quoted by it", async () => {
    const source = await send(bob, here, "not for every list");
    const made = await posted(ann, here, merged([source], "the title"));
    for (const who of [ann, bob]) {
      expect((await listed(who, here)).last_message).toEqual({
        ...made,
        body: { title: "the title", items: [] },
      });
      expect(await storedInInbox(who)).not.toContain("not for every list");
    }
    const quoting = await posted(bob, here, { kind: "text", body: { text: "x" }, quote_seq: made.seq });
    expect(quoting.quote).toEqual({
      ...{ seq: made.seq, sender_id: ann.user.id, kind: "merged", preview: "the title" },
    });
  });

  test("keeps what is revoked or hidden later, and the names of then; itself it can be revoked", async () => {
    const source = await send(bob, here, "kept");
    const made = await posted(ann, here, merged([source]));
    await remove(bob, here, source.seq, "everyone");
    await remove(ann, here, source.seq, "me");
    await call("PATCH", "/v1/me", { token: bob.token, body: { nickname: "Robert" } });
    expect((await getMessage(ann, here, made.seq)).body).toEqual({
      title: "of old",
      items: [snapshot(source)],
    });
    await call("PATCH", "/v1/me", { token: bob.token, body: { nickname: "" } });
    await remove(ann, here, made.seq, "everyone");
    expect(await getMessage(bob, here, made.seq)).toMatchObject({ kind: "merged", revoked: true, body: {} });
    expect((await listed(bob, here)).last_message).toMatchObject({ revoked: true, body: {} });
  });

  test("can be forwarded, and held by another", async () => {
    const source = await send(bob, here, "deep");
    const inner = await posted(ann, here, merged([source], "inner"));
    const copy = await posted(ann, there, { forward: reference(inner) });
    expect(copy).toMatchObject({ kind: "merged", body: inner.body, forwarded: reference(inner) });
    const outer = await posted(ann, there, merged([inner, source], "outer"));
    expect(outer.body).toEqual({ title: "outer", items: [snapshot(inner), snapshot(source)] });
  });

  test("comes live and in a replay as it is", async () => {
    const own = await openRoom(here, bob.token);
    const made = await posted(ann, here, merged([await send(bob, here, "live")]));
    await own.until(({ seqs }) => seqs.includes(made.seq));
    const back = await openRoom(here, bob.token, `?after=${made.seq - 1}`);
    await back.next("synced");
    for (const socket of [own, back]) expect(socket.messages.at(-1)).toEqual(made);
    own.close();
    back.close();
  });
});

describe("its limits", () => {
  test("it holds 1 to 50 messages, and names the one that cannot be seen", async () => {
    const [source] = await sendAll(bob, here, ["x"]);
    if (!source) throw new Error("one was sent");
    const many = (count: number): Reference[] => Array.from({ length: count }, () => source);
    await posted(ann, here, merged(many(1)));
    const most = await posted(ann, here, merged(many(50)));
    expect(most.body.items).toHaveLength(50);
    problem(await post(ann, here, merged(many(51))), 400, "validation_failed");
    problem(await post(ann, here, merged([])), 400, "validation_failed");
    const missing = { ...source, seq: 9_999 };
    const answer = await post(ann, here, merged([...many(7), missing, missing]));
    problem(answer, 404, "not_found");
    expect(answer.body).toMatchObject({
      detail: expect.stringContaining("items.7: there is no message 9999"),
    });
  });

  test("its title has up to 100 code points", async () => {
    const source = await send(bob, here, "x");
    for (const title of ["", "x", "😀".repeat(100)]) await posted(ann, here, merged([source], title));
    const { body } = merged([source]);
    const titles = ["x".repeat(101), "😀".repeat(101), null, 1, undefined, [], "\u0000", "\ud800"];
    for (const title of titles) {
      problem(await post(ann, here, { kind: "merged", body: { ...body, title } }), 400, "validation_failed");
    }
  });

  test("a client cannot send snapshots of its own, nor anything but places", async () => {
    const source = await send(bob, here, "as it was");
    const forged = { ...snapshot(source), body: { text: "forged" }, sender: { id: ann.user.id } };
    const body = { title: "x", items: [forged], forged: true };
    expect((await posted(ann, here, { kind: "merged", body })).body).toEqual({
      ...{ title: "x", items: [snapshot(source)] },
    });
    const items = [
      null,
      1,
      "x",
      {},
      [source],
      { seq: 1 },
      { conversation_id: here },
      { ...reference(source), seq: 0 },
    ];
    for (const one of [...items.map((item) => [item]), null, {}, "x", undefined]) {
      problem(
        await post(ann, here, { kind: "merged", body: { title: "x", items: one } }),
        400,
        "validation_failed",
      );
    }
  });

  test("it has up to 256 KiB as JSON, to the byte", async () => {
    const id = (await createGroup(ann)).id;
    const custom = (data: string) => ({ kind: "custom", body: { data, description: "", extension: "" } });
    const big = await send(ann, id, custom("长".repeat(10_000)));
    const body = { title: "", items: [...Array.from({ length: 8 }, () => snapshot(big)), snapshot(big)] };
    const rest = MOST - bytes({ ...body, items: body.items.slice(0, 8) });
    // One more, of exactly the size that is left: a comma, and what a snapshot has besides its data.
    const frame = bytes({ ...snapshot(big), seq: 2, body: { data: "", description: "", extension: "" } }) + 1;
    const fits = await send(ann, id, custom("x".repeat(rest - frame)));
    const over = await send(ann, id, custom("x".repeat(rest - frame + 1)));
    const eight = Array.from({ length: 8 }, () => big);
    const made = await posted(ann, id, merged([...eight, fits], ""));
    expect(bytes(made.body)).toBe(MOST);
    problem(await post(ann, id, merged([...eight, over], "")), 400, "validation_failed");
    problem(await post(ann, id, merged([made], "")), 400, "validation_failed");
    const copy = await posted(ann, id, { forward: reference(made) });
    expect(bytes(copy.body)).toBe(MOST);
  });

  test("merged ones are in each other eight deep at most", async () => {
    let inner = await send(bob, here, "the core");
    for (let depth = 1; depth <= 8; depth++) inner = await posted(ann, here, merged([inner], `${depth}`));
    problem(await post(ann, here, merged([inner])), 400, "validation_failed");
  });
});

test("pages of large ones are cut where they become too large, and nothing is missed or comes twice", async () => {
  const id = (await createGroup(ann)).id;
  const data = "x".repeat(32_000);
  const big = await send(ann, id, { kind: "custom", body: { data, description: "", extension: "" } });
  const eight = Array.from({ length: 8 }, () => big);
  for (let i = 0; i < 30; i++) await posted(ann, id, merged(eight));
  const all = Array.from({ length: 31 }, (_, i) => i + 1);
  const forward: number[] = [];
  for (let more = true; more; ) {
    const one = await page(ann, id, `?limit=100&after=${forward.at(-1) ?? 0}`);
    expect(bytes(one)).toBeLessThan(4 * 1024 * 1024);
    forward.push(...one.items.map(({ seq }) => seq));
    more = one.has_more;
  }
  expect(forward).toEqual(all);
  const backward: number[] = [];
  for (let more = true; more; ) {
    const one = await page(ann, id, `?limit=100&before=${backward[0] ?? 32}`);
    backward.unshift(...one.items.map(({ seq }) => seq));
    more = one.has_more;
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
