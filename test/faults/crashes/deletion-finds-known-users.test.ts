import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { UserId } from "../../../src/domain/ids.ts";
import {
  deleteAccount,
  deletedUser,
  membershipsInD1,
  runProjection,
} from "../../support/accounts/deletion.ts";
import { call, freshName, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { mergedDraft, postDraft } from "../../support/clients/forwards.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { freezeClock } from "../../support/clock.ts";
import { HeldMethod } from "../../support/faults/hold.ts";
import { breakAt, type InjectedFault } from "../../support/faults/injected-fault.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let zaphod: SignedIn;
/** a group of Ann alone that needs approval to join */
let id: number;

const REQUEST_TEXT = "let Beeblebrox in";

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeEach(async () => {
  [ann, zaphod] = await Promise.all([register(), register(freshName("zaphod"))]);
  ({ id } = await createGroup(ann));
});

const join = () =>
  call("POST", `/v1/conversations/${id}/join`, { token: zaphod.token, body: { message: REQUEST_TEXT } });

const applications = async () =>
  (await call("GET", `/v1/conversations/${id}/applications`, { token: ann.token })).body;

/** Expects the group to store nothing of Zaphod but the id, and to be otherwise unchanged. */
async function expectErased(): Promise<void> {
  const stored = await storedInConversation(id);
  for (const trace of [zaphod.user.username, REQUEST_TEXT]) expect(stored).not.toContain(trace);
  expect(await applications()).toEqual({ items: [], next_cursor: null });
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 1, disabled: false });
  expect((await page(ann, id)).items.filter(({ kind }) => kind === "tip")).toEqual([]);
  // A remaining job finds nothing to project and ends.
  await runProjection(id);
  expect(await runProjection(id)).toBe(false);
}

/**
 * Sends Zaphod's join request while the group crashes at one of its calls to D1. @returns null after the last
 * step
 */
async function joinWithFault(step: number): Promise<InjectedFault | null> {
  using broken = await breakAt("conversation at D1", step, { conversationId: id, userId: zaphod.user.id });
  await join();
  return broken.isHit ? broken : null;
}

describe("a join request", () => {
  /** Sends it to a new group at each step of whose calls to D1 it crashes, then deletes Zaphod's account. */
  async function eachCrash(
    beforeDeletion: () => Promise<void>,
    afterDeletion: () => Promise<unknown> = async () => undefined,
  ): Promise<void> {
    for (let step = 1; ; step++) {
      zaphod = await register(freshName("zaphod"));
      ({ id } = await createGroup(ann));
      if (!(await joinWithFault(step))) return;
      await beforeDeletion();
      expect((await deleteAccount(zaphod)).status).toBe(204);
      await afterDeletion();
      await expectErased();
    }
  }

  const isStored = async () => (await storedInConversation(id)).includes(REQUEST_TEXT);

  test("is erased by an account deletion even if the group crashes before D1 knows of it", async () => {
    let unprojected = 0;
    const look = async () => {
      if ((await isStored()) && !(id in (await membershipsInD1(zaphod)))) unprojected++;
    };
    await eachCrash(look, () => runProjection(id));
    expect(unprojected).toBeGreaterThan(0);
  });

  test("is projected to D1 by the job, so that an account deletion finds it", async () => {
    let projected = 0;
    await eachCrash(async () => {
      if (await runProjection(id)) projected++;
      if (await isStored()) expect(await membershipsInD1(zaphod)).toEqual({ [id]: "left" });
    });
    expect(projected).toBeGreaterThan(0);
  });

  test("is projected to D1 before its answer, and can be accepted", async () => {
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

  test("of a deleted user is erased, also when repeated", async () => {
    const { username } = zaphod.user;
    const person = { id: UserId.parse(zaphod.user.id), username, nickname: "", avatar: "" };
    await join();
    expect((await deleteAccount(zaphod)).status).toBe(204);
    await expectErased();
    for (let i = 0; i < 2; i++) {
      const late = await env.CONVERSATION.getByName(String(id)).join({ person, message: REQUEST_TEXT });
      expect(late).toEqual({ ok: true, value: { state: "gone" } });
      await expectErased();
    }
  });

  test("sent twenty times concurrently is stored once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, join));
    expect(answers.map(({ status }) => status)).not.toContain(500);
    expect(JSON.stringify(await applications()).split(REQUEST_TEXT)).toHaveLength(2);
    expect(await membershipsInD1(zaphod)).toEqual({ [id]: "left" });
  });
});

describe("the sender in a merged message", () => {
  test("is erased by an account deletion even if the group crashes before D1 knows of it", async () => {
    let unprojected = 0;
    for (let step = 1; ; step++) {
      zaphod = await register(freshName("zaphod"));
      ({ id } = await createGroup(ann));
      const sourceGroup = await createGroup(ann, [zaphod]);
      const source = await send(zaphod, sourceGroup.id, "so long");
      const body = { ...mergedDraft([source]), client_msg_id: "m" };
      {
        using broken = await breakAt("conversation at D1", step, {
          conversationId: id,
          userId: zaphod.user.id,
        });
        await postDraft(ann, id, body);
        if (!broken.isHit) break;
      }
      const isStored = (await storedInConversation(id)).includes(zaphod.user.username);
      if (isStored && !(id in (await membershipsInD1(zaphod)))) unprojected++;
      expect((await deleteAccount(zaphod)).status).toBe(204);
      await runProjection(id);
      // Whether the first send was stored or not, it is stored once, under a deleted user.
      expect([200, 201]).toContain((await postDraft(ann, id, body)).status);
      expect((await page(ann, id)).items.map((item) => item.body)).toMatchObject([
        { items: [{ sender: deletedUser(zaphod), body: { text: "so long" } }] },
      ]);
      await expectErased();
    }
    expect(unprojected).toBeGreaterThan(0);
  });

  test("is erased if the account is deleted while the message is being sent, even for a former member", async () => {
    const [target, source, slow] = [
      await createGroup(ann, [zaphod]),
      await createGroup(ann, [zaphod]),
      await createGroup(ann),
    ];
    await call("POST", `/v1/conversations/${target.id}/leave`, { token: zaphod.token });
    const sources = [await send(zaphod, source.id, "so long"), await send(ann, slow.id, "slow")];
    const held = await HeldMethod.hold(slow.id, "messages");
    const sending = postDraft(ann, target.id, mergedDraft(sources));
    try {
      expect((await deleteAccount(zaphod)).status).toBe(204);
      expect(await storedInConversation(target.id)).not.toContain(zaphod.user.username);
    } finally {
      held.release();
    }
    expect((await sending).body).toMatchObject({ body: { items: [{ sender: deletedUser(zaphod) }, {}] } });
    expect(await storedInConversation(target.id)).not.toContain(zaphod.user.username);
    expect(await getConversation(ann, target.id)).toMatchObject({ member_count: 1, last_seq: 2 });
  });

  test("is projected to D1 by the job after a send on a socket", async () => {
    // The clock stands still, so that the job does not run by itself.
    freezeClock();
    const sourceGroup = await createGroup(ann, [zaphod]);
    const source = await send(zaphod, sourceGroup.id, "so long");
    const socket = await openRoom(id, ann.token);
    socket.send({ type: "send", client_msg_id: "m", ...mergedDraft([source]) });
    await socket.next("ack");
    expect(await runProjection(id)).toBe(true);
    expect(await membershipsInD1(zaphod)).toEqual({ [sourceGroup.id]: "active", [id]: "left" });
    socket.close();
  });

  test("is not stored again if already known", async () => {
    const source = await send(ann, id, "my own");
    const rows = () =>
      runInDurableObject(env.CONVERSATION.getByName(String(id)), (_, { storage }) =>
        storage.sql.exec("SELECT * FROM known_users").toArray(),
      );
    expect((await postDraft(ann, id, mergedDraft([source]))).status).toBe(201);
    expect(await rows()).toEqual([]);
    const sourceGroup = await createGroup(ann, [zaphod]);
    const zaphods = await send(zaphod, sourceGroup.id, "so long");
    for (let i = 0; i < 3; i++)
      expect((await postDraft(ann, id, mergedDraft([zaphods, source]))).status).toBe(201);
    expect(await rows()).toEqual([{ user_id: zaphod.user.id, projected: 1 }]);
  });
});
