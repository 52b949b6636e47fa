import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, PASSWORD, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, getMessage, page, send } from "../../support/clients/chat.ts";
import { expectPosted, mergedDraft } from "../../support/clients/forwards.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { loseCalls } from "../../support/faults/calls.ts";
import { range } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { post as hookPost, makeHook } from "../incoming-hooks/client.ts";
import { auditOf, giveRole } from "./staff.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let group: number;

beforeAll(async () => {
  // Each message has the rules read.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  key = (await makeServerKey(["users", "moderate"])).text;
});

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  group = (await createGroup(ann, [bob])).id;
});

afterAll(async () => {
  await rules();
  await send(ann, group, "other files know no rules");
});

function staff(method: string, path: string, body?: object): Promise<Answer> {
  return call(method, `/v1/moderation${path}`, { token: key, ...(body && { body }) });
}

async function rules(...items: object[]): Promise<void> {
  const answer = await staff("PUT", "/rules", { items });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200, body: { items } });
}

const post = ({ token }: SignedIn, body: object) =>
  call("POST", `/v1/conversations/${group}/messages`, { token, body });
const text = (words: string): object => ({ kind: "text", body: { text: words } });

const REFUSE = { id: "spam", match: { words: ["casino"] }, action: "refuse" };
const MASK = { id: "rude", match: { words: ["idiot"] }, action: "mask" };

test("a rule refuses a message or masks what it says, also in an edit, a file and a merged message", async () => {
  await rules(REFUSE, MASK);
  expectProblem(await post(ann, text("Visit my CASINO!")), 403, "refused");
  const masked = await send(ann, group, "you Idiot");
  expect(masked.body).toEqual({ text: "you *****" });
  const { seq } = await send(ann, group, "fine");
  const edit = (words: string) =>
    call("PATCH", `/v1/conversations/${group}/messages/${seq}`, {
      token: ann.token,
      body: { body: { text: words }, base_version: 1 },
    });
  expectProblem(await edit("a cаsino with a Cyrillic letter"), 403, "refused");
  expect((await edit("an idiot")).status).toBe(200);
  expect(await getMessage(bob, group, seq)).toMatchObject({ body: { text: "an *****" }, version: 2 });
  const file = (caption: string, url = "https://files.example/a.png") =>
    post(ann, { kind: "image", body: { url, caption } });
  expect((await file("idiot")).body).toMatchObject({ body: { caption: "*****" } });
  expectProblem(await file("casino"), 403, "refused");
  await rules({ ...MASK, match: { domains: ["evil.example"] } });
  expectProblem(await file("", "https://www.evil.example/a.png"), 403, "refused");
  await rules(REFUSE);
  const merged = { kind: "merged", body: { title: "our casino", items: [{ conversation_id: group, seq }] } };
  const kept = (await page(bob, group)).items.length;
  expectProblem(await post(ann, merged), 403, "refused");
  expect((await page(bob, group)).items.length).toBe(kept);
});

test("a rule holds on a socket, and leaves out its exceptions", async () => {
  await rules({ ...REFUSE, except: [group] });
  expect((await post(ann, text("our casino"))).status).toBe(201);
  await rules(REFUSE);
  const device = await openDevice(ann.token);
  device.send({ type: "send", conversation_id: group, client_msg_id: "a", ...text("our casino") });
  expect(await device.next("error")).toMatchObject({ code: "refused", client_msg_id: "a" });
  device.close();
});

test("a rule refuses the name and the texts of a group, and the name of a user, where strangers read them", async () => {
  await rules(REFUSE, MASK, { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" });
  const made = (fields: object) =>
    call("POST", "/v1/conversations", {
      token: ann.token,
      body: { kind: "group", name: "Hike", member_ids: [], ...fields },
    });
  const changed = (fields: object) =>
    call("PATCH", `/v1/conversations/${group}`, { token: ann.token, body: fields });
  const me = (nickname: string) => call("PATCH", "/v1/me", { token: bob.token, body: { nickname } });
  for (const name of ["Free Casino", "you idiot"]) {
    for (const answer of [await made({ name }), await changed({ name }), await me(name)])
      expectProblem(answer, 403, "refused");
    expectProblem(await changed({ introduction: name }), 403, "refused");
    expectProblem(await changed({ announcement: name }), 403, "refused");
  }
  const named = { username: "a.casino.of.mine", password: PASSWORD };
  expectProblem(await call("POST", "/v1/register", { body: named }), 403, "refused");
  // What waits for staff, and a rule that leaves the group out, are for messages.
  expect((await made({ name: "bitcoin" })).status).toBe(201);
  await rules({ ...REFUSE, except: [group] });
  expect((await changed({ name: "Free Casino" })).status).toBe(200);
  expectProblem(await me("Free Casino"), 403, "refused");
  await rules();
  expect((await me("Free Casino")).status).toBe(200);
});

test("rules that were read for a name hold for messages of the isolate at once", async () => {
  await rules();
  await send(ann, group, "no rules are known");
  overrideTiming({ rules: { keepMs: Infinity, staleMs: Infinity } });
  await rules(REFUSE);
  expect((await post(ann, text("casino"))).status).toBe(201);
  const me = await call("PATCH", "/v1/me", { token: bob.token, body: { nickname: "Free Casino" } });
  expectProblem(me, 403, "refused");
  expectProblem(await post(ann, text("casino")), 403, "refused");
});

test("rules have a row in the audit log, and flaws that are named", async () => {
  await rules(REFUSE);
  expect((await auditOf(key)).at(-1)).toMatchObject({ action: "rules_changed" });
  const flaw = await staff("PUT", "/rules", {
    items: [{ id: "x", match: { pattern: "a(?=b)" }, action: "mask" }],
  });
  expectProblem(flaw, 400, "validation_failed");
  expect(JSON.stringify(flaw.body)).toContain("body.items.0.match.pattern");
  expect((await staff("GET", "/rules")).body).toMatchObject({ items: [REFUSE] });
});

test("of two who replace the rules that they have read the second is refused, and changes nothing", async () => {
  await rules(REFUSE);
  const { version } = Object((await staff("GET", "/rules")).body);
  const put = (items: object[]) => staff("PUT", "/rules", { items, version });
  const [first, second] = await Promise.all([put([MASK]), put([MASK])]);
  expect([first.status, second.status].toSorted()).toEqual([200, 409]);
  expectProblem(await put([]), 409, "conflict");
  expect((await staff("GET", "/rules")).body).toEqual({ items: [MASK], version: version + 1 });
});

test.each(["user", "auditor", "moderator"])("a %s calls what the role may", async (role) => {
  await giveRole(key, bob, role);
  const calls = [
    ["GET", "/rules"],
    ["GET", "/held"],
    ["POST", "/rules/trial", { text: "hello" }],
    ["PUT", "/rules", { items: [] }],
    ["PATCH", "/held/1", { decision: "accept" }],
  ] as const;
  const statuses = await Promise.all(
    calls.map(async ([method, path, body]) => {
      const { status } = await call(method, `/v1/moderation${path}`, {
        token: bob.token,
        ...(body && { body }),
      });
      return status;
    }),
  );
  const expected = { user: [403, 403, 403, 403, 403], auditor: [200, 200, 200, 403, 403] };
  expect(statuses).toEqual(Reflect.get(expected, role) ?? [200, 200, 200, 200, expect.any(Number)]);
});

test("a text is tried against the rules that hold, or against others", async () => {
  await rules(REFUSE);
  const verdict = async (body: object) => (await staff("POST", "/rules/trial", body)).body;
  expect(await verdict({ text: "casino" })).toEqual({ action: "refuse", rules: ["spam"], text: "casino" });
  expect(await verdict({ text: "idiot", items: [MASK] })).toEqual({
    ...{ action: "mask", rules: ["rude"], text: "*****" },
  });
  expect(await verdict({ text: "hello" })).toEqual({ action: null, rules: [], text: "hello" });
});

const HOLD = { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" };
const FLAG = { id: "look", match: { words: ["discount"] }, action: "flag" };
const Held = z.object({
  items: z.array(z.object({ id: z.int(), sender_id: z.int(), body: z.object({ text: z.string() }) })),
});

/** The messages of a user that wait, as staff sees them. */
async function waiting({ user }: SignedIn): Promise<{ id: number; text: string }[]> {
  const { items } = Held.parse((await staff("GET", "/held?limit=100")).body);
  return items.flatMap(({ id, sender_id, body }) => (sender_id === user.id ? [{ id, text: body.text }] : []));
}
const decide = (id: number, decision: string) => staff("PATCH", `/held/${id}`, { decision });
const textsOf = async () => (await page(bob, group)).items.flatMap(({ body }) => body.text ?? []);

describe("a message that is held", () => {
  const bitcoin = { ...text("buy bitcoin"), client_msg_id: "b1" };

  beforeEach(() => rules(HOLD));

  test("is stored once it is accepted, and once alone", async () => {
    for (const _ of [1, 2]) expectProblem(await post(ann, bitcoin), 403, "held");
    expect(await textsOf()).toEqual([]);
    const [held, ...others] = await waiting(ann);
    expect([held?.text, others]).toEqual(["buy bitcoin", []]);
    const answers = await Promise.all([1, 2, 3].map(() => decide(held?.id ?? 0, "accept")));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await textsOf()).toEqual(["buy bitcoin"]);
    expect((await page(bob, group)).items).toMatchObject([
      { sender: { id: ann.user.id }, client_msg_id: "b1" },
    ]);
    expect((await post(ann, bitcoin)).status).toBe(200);
    expectProblem(await decide(held?.id ?? 0, "refuse"), 409, "conflict");
    expect((await auditOf(key)).map(({ action }) => action)).toContain("held_accepted");
  });

  test("is never stored once it is refused", async () => {
    await post(ann, bitcoin);
    const [held] = await waiting(ann);
    expect((await decide(held?.id ?? 0, "refuse")).body).toMatchObject({ state: "refused" });
    expectProblem(await post(ann, bitcoin), 403, "refused");
    expect([await textsOf(), await waiting(ann)]).toEqual([[], []]);
  });

  test("is seen by its sender while it waits, as refused for 30 days, and by nobody else", async () => {
    const own = async ({ token }: SignedIn) => (await call("GET", "/v1/held", { token })).body;
    await post(ann, bitcoin);
    await post(ann, { ...bitcoin, client_msg_id: "b2" });
    const shown = { conversation_id: group, body: { text: "buy bitcoin" }, kind: "text" };
    const [second, first] = await waiting(ann);
    expect(await own(ann)).toMatchObject({
      items: [
        { ...shown, client_msg_id: "b2", state: "waiting" },
        { ...shown, client_msg_id: "b1", state: "waiting" },
      ],
      next_cursor: null,
    });
    expect(JSON.stringify(await own(ann))).not.toContain("doubt");
    await decide(first?.id ?? 0, "refuse");
    await decide(second?.id ?? 0, "accept");
    expect(await own(ann)).toMatchObject({ items: [{ client_msg_id: "b1", state: "refused" }] });
    expect(await own(bob)).toEqual({ items: [], next_cursor: null });
    await post(ann, { ...bitcoin, client_msg_id: "b3" });
    const old = Date.now() - 31 * 24 * 60 * 60_000;
    const update = env.DB.prepare("UPDATE held_messages SET created_at = ? WHERE sender_id = ?");
    await update.bind(old, ann.user.id).run();
    expect(await own(ann)).toMatchObject({ items: [{ client_msg_id: "b3", state: "waiting" }] });
  });

  test("is decided once, and has one row for it in the audit log", async () => {
    await post(ann, bitcoin);
    const [held] = await waiting(ann);
    const decisions = ["accept", "refuse", "accept", "refuse", "accept", "refuse"];
    const answers = await Promise.all(decisions.map((decision) => decide(held?.id ?? 0, decision)));
    const done = answers.flatMap(({ status }, i) => (status === 200 ? [decisions[i]] : []));
    const isAccepted = done[0] === "accept";
    expect(done).toEqual(range(1, 3).map(() => (isAccepted ? "accept" : "refuse")));
    const rows = (await auditOf(key)).filter(({ of }) => of.user_id === ann.user.id);
    expect(rows).toMatchObject([
      { action: isAccepted ? "held_accepted" : "held_refused", of: { conversation_id: group } },
    ]);
  });

  test("is stored after a crash between the decision and the send, by the same decision again", async () => {
    await post(ann, bitcoin);
    const [held] = await waiting(ann);
    {
      using _ = loseCalls("call", ({ method }) => method === "send");
      expect((await decide(held?.id ?? 0, "accept")).status).toBe(500);
    }
    expect(await textsOf()).toEqual([]);
    expect((await decide(held?.id ?? 0, "accept")).status).toBe(200);
    expect(await textsOf()).toEqual(["buy bitcoin"]);
  });

  test("lets nothing else pass under its id once it is accepted", async () => {
    await post(ann, bitcoin);
    const [held] = await waiting(ann);
    {
      using _ = loseCalls("call", ({ method }) => method === "send");
      await decide(held?.id ?? 0, "accept");
    }
    expectProblem(await post(ann, { ...bitcoin, ...text("much worse bitcoin") }), 403, "refused");
    expect((await post(ann, bitcoin)).status).toBe(201);
    expect(await textsOf()).toEqual(["buy bitcoin"]);
  });

  test("is not sent for who has left meanwhile", async () => {
    expectProblem(await post(bob, bitcoin), 403, "held");
    const [held] = await waiting(bob);
    await call("DELETE", `/v1/conversations/${group}/members/${bob.user.id}`, { token: ann.token });
    expectProblem(await decide(held?.id ?? 0, "accept"), 409, "conflict");
  });

  test("ends with its sender's account, and those over the limit are refused", async () => {
    const many = await Promise.all(
      Array.from({ length: LIMITS.heldMessages + 5 }, () => post(bob, text("bitcoin"))),
    );
    const codes = Map.groupBy(many, ({ body }) => z.object({ code: z.string() }).parse(body).code);
    expect([codes.get("held")?.length, codes.get("refused")?.length]).toEqual([LIMITS.heldMessages, 5]);
    expect(await waiting(bob)).toHaveLength(LIMITS.heldMessages);
    await call("DELETE", "/v1/me", { token: bob.token, body: { password: PASSWORD } });
    expect(await waiting(bob)).toEqual([]);
  });

  test("is no edit, and no copy", async () => {
    const { seq } = await send(ann, group, "fine");
    const edit = { body: { text: "bitcoin" }, base_version: 1 };
    const path = `/v1/conversations/${group}/messages/${seq}`;
    expectProblem(await call("PATCH", path, { token: ann.token, body: edit }), 403, "refused");
    expect(await waiting(ann)).toEqual([]);
  });
});

test.each(DRIVERS.filter((driver) => driver.send))(
  "a rule refuses, masks and holds over $name",
  async (driver) => {
    await rules(REFUSE, MASK, HOLD);
    const id = (await driver.open?.(ann, bob)) ?? ConversationId.parse(group);
    for (const words of ["casino", "bitcoin!"]) await expect(driver.send?.(ann, id, words)).rejects.toThrow();
    await driver.send?.(ann, id, "idiot, come");
    const [held] = await waiting(ann);
    expect((await decide(held?.id ?? 0, "accept")).status).toBe(200);
    const { items } = await page(bob, id);
    expect(items.flatMap(({ body }) => body.text ?? [])).toEqual(["*****, come", "bitcoin!"]);
  },
);

test("a message that is flagged is stored, and revoked once staff refuses it", async () => {
  await rules(FLAG);
  await send(ann, group, "a discount");
  await send(ann, group, "another discount");
  const [second, first] = await waiting(ann);
  expect((await decide(first?.id ?? 0, "accept")).status).toBe(200);
  expect((await decide(second?.id ?? 0, "refuse")).status).toBe(200);
  expect(await textsOf()).toEqual(["a discount"]);
});

test("edits, copies and posts of hooks that are flagged are listed, and refused they are revoked", async () => {
  const { seq } = await send(ann, group, "fine");
  const { seq: source } = await send(bob, group, "a discount");
  const { seq: other } = await send(bob, group, "no news");
  await rules(FLAG);
  const path = `/v1/conversations/${group}/messages/${seq}`;
  const edit = { body: { text: "a discount now" }, base_version: 1 };
  expect((await call("PATCH", path, { token: ann.token, body: edit })).status).toBe(200);
  const from = { conversation_id: group, seq: source };
  const copies = [
    await expectPosted(ann, group, { forward: from }),
    await expectPosted(ann, group, mergedDraft([from, { ...from, seq: other }])),
  ];
  const hook = await makeHook(ann, group);
  for (const fields of [{}, { client_msg_id: "1" }, { client_msg_id: "1" }])
    expect((await hookPost(hook.url, { text: "a discount", ...fields })).status).toBeLessThan(300);
  const { items } = z
    .object({ items: z.array(z.looseObject({ id: z.int(), sender_id: z.int() })) })
    .parse((await staff("GET", "/held?limit=100")).body);
  const found = items.filter((item) => item.sender_id === ann.user.id).toReversed();
  const shown = { conversation_id: group, rules: ["look"], stored: true, state: "waiting" };
  const said = { ...shown, kind: "text", body: { text: "a discount" } };
  const { id, name } = hook;
  expect(found).toMatchObject([
    { ...shown, edits: seq, body: edit.body },
    said,
    {
      ...shown,
      kind: "merged",
      body: { title: "of old", items: [{ seq: source, sender: { id: bob.user.id } }, {}] },
    },
    { ...said, hook: { id, name } },
    { ...said, hook: { id, name } },
  ]);
  const seqs = [seq, ...copies.map((copy) => copy.seq), ...range(6, 7)];
  const revoked = async () => {
    const all = await Promise.all(seqs.map((one) => getMessage(bob, group, one)));
    return all.map((message) => message.revoked);
  };
  expect(await revoked()).toEqual(seqs.map(() => false));
  for (const one of found) expect((await decide(one.id, "refuse")).status).toBe(200);
  expect(await revoked()).toEqual(seqs.map(() => true));
});

test("of a large merged message that is flagged staff is shown what rules find in it", async () => {
  const large = "x".repeat(7_900);
  await send(bob, group, "a discount");
  for (const _ of range(1, 6)) await send(bob, group, large);
  await rules(FLAG);
  const items = range(1, 7).map((seq) => ({ conversation_id: group, seq }));
  await expectPosted(ann, group, mergedDraft(items));
  const [held] = z
    .object({ items: z.array(z.looseObject({ kind: z.string(), body: z.unknown() })) })
    .parse((await staff("GET", "/held?limit=1")).body).items;
  expect(held?.body).toEqual({ title: "of old", items: [expect.objectContaining({ seq: 1, kind: "text" })] });
});
