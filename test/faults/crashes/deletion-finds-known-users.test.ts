import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { UserId } from "../../../src/domain/ids.ts";
import { deleteAccount, gone, membershipsInD1, runProjection } from "../../support/accounts/deletion.ts";
import { call, freshName, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { merged, post } from "../../support/clients/forwards.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { standStill } from "../../support/clock.ts";
import { type Break, breakAt } from "../../support/faults/break.ts";
import { HeldCalls } from "../../support/faults/hold.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let zaphod: SignedIn;
/** of Ann alone; who wants to join asks */
let id: number;

const WISH = "let Beeblebrox in";

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeEach(async () => {
  [ann, zaphod] = await Promise.all([register(), register(freshName("zaphod"))]);
  ({ id } = await createGroup(ann));
});

const join = () =>
  call("POST", `/v1/conversations/${id}/join`, { token: zaphod.token, body: { message: WISH } });

const applications = async () =>
  (await call("GET", `/v1/conversations/${id}/applications`, { token: ann.token })).body;

/** Nothing is stored of Zaphod but his id, and the group is as it was. */
async function provenForgotten(): Promise<void> {
  const stored = await storedInConversation(id);
  for (const trace of [zaphod.user.username, WISH]) expect(stored).not.toContain(trace);
  expect(await applications()).toEqual({ items: [], next_cursor: null });
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 1, disabled: false });
  expect((await page(ann, id)).items.filter(({ kind }) => kind === "tip")).toEqual([]);
  // A job that is left finds nothing to tell, and goes.
  await runProjection(id);
  expect(await runProjection(id)).toBe(false);
}

/** Zaphod asks to be let in, while the group is lost at one of the steps at which D1 is asked; null: past the last. */
async function joinedBroken(step: number): Promise<Break | null> {
  using broken = await breakAt("conversation at D1", step, { conversationId: id, userId: zaphod.user.id });
  await join();
  return broken.isHit ? broken : null;
}

describe("who asked to be let in", () => {
  test("is found by the end of his account, whenever the group is lost before D1 hears of him", async () => {
    let untold = 0;
    for (let step = 1; ; step++) {
      zaphod = await register(freshName("zaphod"));
      ({ id } = await createGroup(ann));
      if (!(await joinedBroken(step))) break;
      const isStored = (await storedInConversation(id)).includes(WISH);
      if (isStored && !(id in (await membershipsInD1(zaphod)))) untold++;
      expect((await deleteAccount(zaphod)).status).toBe(204);
      await runProjection(id);
      await provenForgotten();
    }
    expect(untold).toBeGreaterThan(0);
  });

  test("is told of by the job, and found then", async () => {
    let told = 0;
    for (let step = 1; ; step++) {
      zaphod = await register(freshName("zaphod"));
      ({ id } = await createGroup(ann));
      if (!(await joinedBroken(step))) break;
      if (await runProjection(id)) told++;
      if ((await storedInConversation(id)).includes(WISH)) {
        expect(await membershipsInD1(zaphod)).toEqual({ [id]: "left" });
      }
      expect((await deleteAccount(zaphod)).status).toBe(204);
      await provenForgotten();
    }
    expect(told).toBeGreaterThan(0);
  });

  test("is known to D1 before he is answered, and comes in as others do", async () => {
    expect((await join()).body).toEqual({ state: "requested" });
    expect(await membershipsInD1(zaphod)).toEqual({ [id]: "left" });
    expect((await join()).body).toEqual({ state: "requested" });
    const application = JSON.stringify(await applications()).match(/"id":(\d+)/)?.[1];
    const path = `/v1/conversations/${id}/applications/${application}`;
    const accept = await call("POST", path, { token: ann.token, body: { action: "accept" } });
    expect(accept.status, JSON.stringify(accept.body)).toBe(204);
    expect(await membershipsInD1(zaphod)).toEqual({ [id]: "active" });
    expect(await getConversation(zaphod, id)).toMatchObject({ member_count: 2 });
    expect((await deleteAccount(zaphod)).status).toBe(204);
    expect(await storedInConversation(id)).not.toContain(zaphod.user.username);
    expect(await getConversation(ann, id)).toMatchObject({ member_count: 1 });
  });

  test("and who is gone when his wish comes is forgotten, once and again", async () => {
    const { username } = zaphod.user;
    const person = { id: UserId.parse(zaphod.user.id), username, nickname: "", avatar: "" };
    await join();
    expect((await deleteAccount(zaphod)).status).toBe(204);
    await provenForgotten();
    for (let i = 0; i < 2; i++) {
      const late = await env.CONVERSATION.getByName(String(id)).join({ person, message: WISH });
      expect(late).toEqual({ ok: true, value: { state: "gone" } });
      await provenForgotten();
    }
  });

  test("twenty at once by the same one are one wish", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, join));
    expect(answers.map(({ status }) => status)).not.toContain(500);
    expect(JSON.stringify(await applications()).split(WISH)).toHaveLength(2);
    expect(await membershipsInD1(zaphod)).toEqual({ [id]: "left" });
  });
});

describe("who wrote what is merged", () => {
  test("is found by the end of his account, whenever the group is lost before D1 hears of him", async () => {
    let untold = 0;
    for (let step = 1; ; step++) {
      zaphod = await register(freshName("zaphod"));
      ({ id } = await createGroup(ann));
      const there = await createGroup(ann, [zaphod]);
      const source = await send(zaphod, there.id, "so long");
      const body = { ...merged([source]), client_msg_id: "m" };
      {
        using broken = await breakAt("conversation at D1", step, {
          conversationId: id,
          userId: zaphod.user.id,
        });
        await post(ann, id, body);
        if (!broken.isHit) break;
      }
      const isStored = (await storedInConversation(id)).includes(zaphod.user.username);
      if (isStored && !(id in (await membershipsInD1(zaphod)))) untold++;
      expect((await deleteAccount(zaphod)).status).toBe(204);
      await runProjection(id);
      // Whatever became of the first: it is stored once, under a deleted user.
      expect([200, 201]).toContain((await post(ann, id, body)).status);
      expect((await page(ann, id)).items.map((item) => item.body)).toMatchObject([
        { items: [{ sender: gone(zaphod), body: { text: "so long" } }] },
      ]);
      await provenForgotten();
    }
    expect(untold).toBeGreaterThan(0);
  });

  test("is forgotten where his account ended while the message was on its way, though he had left before", async () => {
    const [here, there, slow] = [
      await createGroup(ann, [zaphod]),
      await createGroup(ann, [zaphod]),
      await createGroup(ann),
    ];
    await call("POST", `/v1/conversations/${here.id}/leave`, { token: zaphod.token });
    const sources = [await send(zaphod, there.id, "so long"), await send(ann, slow.id, "slow")];
    const held = await HeldCalls.hold(slow.id, "messages");
    const sending = post(ann, here.id, merged(sources));
    try {
      expect((await deleteAccount(zaphod)).status).toBe(204);
      expect(await storedInConversation(here.id)).not.toContain(zaphod.user.username);
    } finally {
      held.release();
    }
    expect((await sending).body).toMatchObject({ body: { items: [{ sender: gone(zaphod) }, {}] } });
    expect(await storedInConversation(here.id)).not.toContain(zaphod.user.username);
    expect(await getConversation(ann, here.id)).toMatchObject({ member_count: 1, last_seq: 2 });
  });

  test("is told of by the job where a socket sent it", async () => {
    // The job is there until it is run, however long that takes.
    standStill();
    const there = await createGroup(ann, [zaphod]);
    const source = await send(zaphod, there.id, "so long");
    const socket = await openRoom(id, ann.token);
    socket.send({ type: "send", client_msg_id: "m", ...merged([source]) });
    await socket.next("ack");
    expect(await runProjection(id)).toBe(true);
    expect(await membershipsInD1(zaphod)).toEqual({ [there.id]: "active", [id]: "left" });
    socket.close();
  });

  test("nothing is written of anybody where there is nobody new", async () => {
    const source = await send(ann, id, "my own");
    const rows = () =>
      runInDurableObject(env.CONVERSATION.getByName(String(id)), (_, { storage }) =>
        storage.sql.exec("SELECT * FROM acquaintances").toArray(),
      );
    expect((await post(ann, id, merged([source]))).status).toBe(201);
    expect(await rows()).toEqual([]);
    const there = await createGroup(ann, [zaphod]);
    const his = await send(zaphod, there.id, "so long");
    for (let i = 0; i < 3; i++) expect((await post(ann, id, merged([his, source]))).status).toBe(201);
    expect(await rows()).toEqual([{ user_id: zaphod.user.id, projected: 1 }]);
  });
});
