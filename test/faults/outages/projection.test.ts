import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ConversationId, UserId } from "../../../src/domain/ids.ts";
import type { ConversationProjection } from "../../../src/domain/ports.ts";
import { writeProjection } from "../../../src/storage/conversations/projection.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { type Answer, call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { getConversation, list, page, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { failStatement } from "../../support/faults/injected-fault.ts";
import { refuseProjection } from "../../support/faults/refuse-projection.ts";
import { ALL, eachStep, type StepResult } from "../../support/faults/sampled-steps.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { conversationObject, createGroupId, itemAt, postText } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;
let eve: SignedIn;
let id: ConversationId;

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeAll(async () => {
  const all = await registerUsers(5);
  [ann, bob, cid, dan, eve] = [
    itemAt(all, 0),
    itemAt(all, 1),
    itemAt(all, 2),
    itemAt(all, 3),
    itemAt(all, 4),
  ];
});

beforeEach(async () => {
  id = await createGroupOfKind("group", ann, [bob, cid], "free");
  await runJobs(id);
});

function ask({ token }: SignedIn, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/v1/conversations/${id}${path}`, { token, ...(body !== undefined && { body }) });
}

async function inD1(): Promise<Record<number, unknown>> {
  const query = "SELECT user_id, role, state, version FROM memberships WHERE conversation_id = ?";
  const { results } = await env.DB.prepare(query).bind(id).all();
  return Object.fromEntries(results.map(({ user_id, ...row }) => [Number(user_id), row]));
}

test("a group works while D1 accepts no projection, and D1 gets all changes later", async () => {
  await ask(cid, "PUT", "/preferences", { sticky: true, silent: true });
  const before = await inD1();
  {
    await using _ = await refuseProjection();
    expect((await ask(ann, "PATCH", `/members/${bob.user.id}`, { role: "admin" })).status).toBe(200);
    expect((await ask(dan, "POST", "/join", {})).body).toEqual({ state: "joined" });
    expect((await ask(bob, "POST", "/members", { user_ids: [eve.user.id] })).status).toBe(200);
    expect((await ask(ann, "PATCH", `/members/${eve.user.id}`, { muted_for_s: 60 })).status).toBe(200);
    expect((await ask(bob, "DELETE", `/members/${eve.user.id}`)).status).toBe(204);
    expect((await ask(cid, "POST", "/leave")).status).toBe(204);
    expect((await ask(cid, "POST", "/join", {})).body).toEqual({ state: "joined" });
    expect((await ask(ann, "PATCH", "", { name: "renamed" })).body).toMatchObject({ name: "renamed" });
    expect((await ask(ann, "POST", "/owner", { user_id: bob.user.id })).body).toMatchObject({
      role: "member",
    });
    // The group itself decides about rights, without D1.
    expect((await ask(ann, "DELETE", `/members/${cid.user.id}`)).status).toBe(403);
    await send(dan, id, "I am in");
    const socket = await openRoom(id, dan.token);
    await send(bob, id, "so am I");
    await socket.next("message");
    for (const path of ["/messages", "/members"]) expect((await ask(eve, "GET", path)).status).toBe(404);
    expect((await page(dan, id)).items.length).toBeGreaterThan(2);
    expect(await inD1()).toEqual(before);
  }
  await runJobs(id);
  await assertConsistent(id);
  expect(await getConversation(dan, id)).toMatchObject({ name: "renamed", owner_id: bob.user.id });
  expect((await list(dan)).items.map((item) => item.id)).toContain(id);
  expect((await list(eve)).items.map((item) => item.id)).not.toContain(id);
  // The projection does not change a member's preferences.
  expect(await getConversation(cid, id)).toMatchObject({ sticky: true, silent: true });
});

test("a group that is dissolved during the outage is dissolved at once, and in D1 later", async () => {
  {
    await using _ = await refuseProjection();
    expect((await ask(ann, "DELETE", "")).status).toBe(204);
    for (const who of [ann, bob, cid]) {
      expect((await ask(who, "GET", "")).status).toBe(404);
      expect((await ask(who, "GET", "/messages")).status).toBe(404);
      expect((await list(who)).items.map((item) => item.id)).not.toContain(id);
    }
    expect((await ask(dan, "POST", "/join", {})).status).toBe(404);
  }
  await runJobs(id);
  await assertConsistent(id);
});

type ProjectedMember = ConversationProjection["members"][number];

describe("a projection", () => {
  const projectMember = (who: SignedIn, version: number, fields: Partial<ProjectedMember>) =>
    writeProjection(openDatabase(env.DB), id, {
      knownUsers: [],
      members: [
        {
          userId: UserId.parse(who.user.id),
          role: "member",
          state: "active",
          joinedAt: version,
          version,
          ...fields,
        },
      ],
    });

  test("that is late or repeated changes nothing: a late join does not undo a removal", async () => {
    await projectMember(dan, 2, { state: "left" });
    const before = await inD1();
    expect(before[dan.user.id]).toMatchObject({ state: "left", version: 2 });
    await projectMember(dan, 1, {});
    await projectMember(dan, 2, { role: "admin" });
    await projectMember(bob, 0, { role: "owner" });
    expect(await inD1()).toEqual(before);
    await projectMember(dan, 3, {});
    expect((await inD1())[dan.user.id]).toMatchObject({ state: "active", version: 3 });
  });

  test("of join requests has versions of its own, and neither makes nor unmakes a member", async () => {
    const projectRequest = (who: SignedIn, version: number, requestedAt: number | null) =>
      writeProjection(openDatabase(env.DB), id, {
        ...{ members: [], knownUsers: [] },
        requests: [{ userId: UserId.parse(who.user.id), requestedAt, version }],
      });
    const stored = env.DB.prepare(
      `SELECT state, version, requested_at FROM memberships WHERE conversation_id = ? AND user_id = ?`,
    );
    const storedOf = (who: SignedIn) => stored.bind(id, who.user.id).first();
    await env.DB.prepare("DELETE FROM memberships WHERE user_id = ?").bind(dan.user.id).run();
    await projectRequest(dan, 2, 7);
    expect(await storedOf(dan)).toEqual({ state: "left", version: 0, requested_at: 7 });
    await projectMember(dan, 1, {});
    await projectRequest(dan, 3, null);
    await projectRequest(dan, 2, 7);
    await projectRequest(dan, 3, 8);
    expect(await storedOf(dan)).toEqual({ state: "active", version: 1, requested_at: null });
    await projectRequest(dan, 4, 9);
    expect(await storedOf(dan)).toEqual({ state: "active", version: 1, requested_at: 9 });
  });

  test("of the group's profile has a version of its own", async () => {
    const name = async () =>
      env.DB.prepare("SELECT name, version FROM conversations WHERE id = ?").bind(id).first();
    const { profile } = await describeOf();
    const projectName = (version: number, newName: string) =>
      writeProjection(openDatabase(env.DB), id, {
        conversation: { profile: { ...profile, name: newName, version }, dissolvedAt: null },
        members: [],
        knownUsers: [],
      });
    await projectName(2, "second");
    await projectName(1, "first");
    await projectName(2, "doubled");
    expect(await name()).toEqual({ name: "second", version: 2 });
  });

  async function describeOf() {
    const answer = await env.CONVERSATION.getByName(String(id)).describe({
      userId: UserId.parse(ann.user.id),
    });
    if (!answer.ok) throw new Error("ann is in it");
    return answer.value;
  }
});

describe("a failing statement", () => {
  test("of a removal leaves no socket of the removed member open", async () => {
    const all = await registerUsers(3);
    const [ann, bob, cid] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2)];
    // A failure when the notifications are stored once left the sockets open.
    await eachStep("a removal, a statement of the conversation", ALL, async (step) => {
      const id = await createGroupId(ann, bob, cid);
      await runJobs(id);
      const [bobs, cids] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
      let status: number;
      let tried: StepResult;
      {
        using broken = await failStatement(id, step);
        const path = `/v1/conversations/${id}/members/${bob.user.id}`;
        status = (await call("DELETE", path, { token: ann.token })).status;
        tried = { isHit: broken.isHit, steps: broken.steps };
      }
      const when = `statement ${step} failed, answered ${status}`;
      const last = await postText(id, ann, "who is here?");
      await cids.until(({ seqs }) => seqs.includes(last));
      const inside = await call("GET", `/v1/conversations/${id}`, { token: bob.token });
      if (status === 204) expect(inside.status, when).toBe(404);
      if (inside.status === 404) {
        expect((await bobs.closed()).code, when).toBe(4001);
        expect(bobs.seqs, when).toEqual([]);
        // The system message of the removal and the message after it, without a gap.
        expect(cids.seqs, when).toEqual([1, 2]);
      } else {
        await bobs.until(({ seqs }) => seqs.includes(last));
      }
      await evictDurableObject(conversationObject(id));
      await runJobs(id);
      await assertConsistent(id);
      return tried;
    });
  });
});
