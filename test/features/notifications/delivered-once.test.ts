import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { ConversationId, type UserId } from "../../../src/domain/ids.ts";
import type { NotificationBatch } from "../../../src/domain/ports.ts";
import type { SentNotification } from "../../../src/domain/sync/notification.ts";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { noticed, noticesOf } from "../../support/accounts/notices.ts";
import { signedIn } from "../../support/accounts/users.ts";
import { type Answer, call, type SignedIn } from "../../support/clients/api.ts";
import { failInboxStatement, failStatement, refuseInbox } from "../../support/faults/break.ts";
import {
  HeldCalls,
  intercept,
  type Loss,
  loseCall,
  loseCalls,
  type ObjectCall,
} from "../../support/faults/calls.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { groupOf } from "../../support/objects/core.ts";
import {
  at,
  conversationObject,
  inboxObject,
  loseConversation,
  newGroup,
  people,
  post,
  range,
} from "../../support/objects/room.ts";
import { handIn } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  const all = await signedIn(4);
  [ann, bob, cid, dan] = [at(all, 0), at(all, 1), at(all, 2), at(all, 3)];
});

function ask({ token }: SignedIn, id: number, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/v1/conversations/${id}${path}`, { token, ...(body !== undefined && { body }) });
}

/** Makes and unmakes somebody an admin, so often. */
async function promote(id: number, { user }: SignedIn, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const role = i % 2 === 0 ? "admin" : "member";
    expect((await ask(ann, id, "PATCH", `/members/${user.id}`, { role })).status).toBe(200);
  }
}

const PROMOTED = ["admin_set", "admin_unset", "admin_set", "admin_unset"];

/** Whose notifications wait, as it is stored. */
function waiting(id: ConversationId): Promise<unknown[]> {
  return runInDurableObject(conversationObject(id), (_, { storage }) =>
    storage.sql.exec("SELECT receivers FROM outbox ORDER BY id").toArray(),
  );
}

const isNotice = ({ method }: ObjectCall) => method === "notify";
const isFor =
  ({ user }: SignedIn) =>
  (asked: ObjectCall) =>
    isNotice(asked) && asked.id === user.id;

test("each is told of what concerns him, whoever does it, and of nothing else", async () => {
  const id = await groupOf("group", ann, [bob]);
  await ask(cid, id, "POST", "/join", { message: "let me in" });
  await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  await ask(dan, id, "POST", "/join", { message: "me too" });
  // Who asks again is one who asks.
  await ask(dan, id, "POST", "/join", { message: "me too, please" });
  await ask(bob, id, "POST", "/applications/1", { action: "accept" });
  await ask(bob, id, "POST", "/applications/2", { action: "reject" });
  await ask(bob, id, "DELETE", `/members/${cid.user.id}`);
  await ask(ann, id, "POST", "/members", { user_ids: [cid.user.id, bob.user.id] });
  await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "member" });
  // A second time changes nothing.
  await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "member" });
  await ask(ann, id, "POST", "/owner", { user_id: bob.user.id });
  await ask(bob, id, "PATCH", "", { name: "renamed" });
  await ask(cid, id, "POST", "/leave");
  await ask(bob, id, "DELETE", "");
  expect(await noticed(ann, id)).toEqual(["created", "applied", "applied", "dissolved"]);
  expect(await noticed(bob, id)).toEqual(["added", "admin_set", "applied", "admin_unset", "dissolved"]);
  expect(await noticed(cid, id)).toEqual(["accepted", "removed", "added"]);
  expect(await noticed(dan, id)).toEqual(["rejected"]);
  expect(await waiting(id)).toEqual([]);
  const [created, applied] = await noticesOf(ann, id);
  expect(created).toMatchObject({ actorId: ann.user.id, group: { id, name: "group", policy: "group" } });
  expect(applied).toMatchObject({ actorId: cid.user.id, application: { id: 1, message: "let me in" } });
  expect((await noticesOf(bob, id)).at(-1)).toMatchObject({ group: { name: "renamed" } });
  const [accepted] = await noticesOf(cid, id);
  expect(accepted).toMatchObject({
    actorId: bob.user.id,
    application: { id: 1, message: "let me in", authentication: "" },
  });
  expect(applied?.application?.authentication).toMatch(/^[0-9a-f]{32}$/);
});

test("who may approve by the kind of group is told of who applies", async () => {
  const id = await groupOf("public", ann, [bob, cid]);
  await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  await ask(dan, id, "POST", "/join", {});
  expect((await noticed(ann, id)).at(-1)).toBe("applied");
  expect((await noticed(bob, id)).at(-1)).toBe("applied");
  expect(await noticed(cid, id)).toEqual(["added"]);
  // Where everybody may come nobody is told, nor whoever comes; nor anybody in a direct conversation.
  const open = await groupOf("chatroom", ann, []);
  await ask(dan, open, "POST", "/join", {});
  expect([await noticed(ann, open), await noticed(dan, open)]).toEqual([["created"], []]);
});

test("who has been told of an application shows what authenticates it, and it is decided once", async () => {
  const id = await groupOf("group", ann, [bob]);
  const other = await groupOf("group", bob, []);
  for (const to of [id, other]) await ask(cid, to, "POST", "/join", { message: "let me in" });
  const authentication = async (who: SignedIn, of: ConversationId) =>
    (await noticesOf(who, of)).at(-1)?.application?.authentication ?? "none";
  const mine = await authentication(ann, id);
  const handle = async (who: SignedIn, decision: { userId?: UserId; shown?: string; accept?: boolean }) => {
    const { userId = cid.user.id, shown = mine, accept = false } = decision;
    const answer = await conversationObject(id).decideJoinRequest({
      ...{ userId: who.user.id, applicationId: 1, accept, message: "so be it" },
      credential: { userId, authentication: shown },
    });
    return answer.ok ? "done" : answer.code;
  };
  expect(await handle(ann, { shown: "" })).toBe("validation_failed");
  expect(await handle(ann, { shown: await authentication(bob, other) })).toBe("validation_failed");
  expect(await handle(ann, { userId: bob.user.id })).toBe("validation_failed");
  expect(await handle(bob, {})).toBe("forbidden");
  expect(await handle(cid, {})).toBe("not_found");
  const answers = await Promise.all(range(1, 20).map(() => handle(ann, {})));
  expect(answers.filter((answer) => answer === "done")).toHaveLength(1);
  expect(new Set(answers)).toEqual(new Set(["done", "already_handled"]));
  expect(await handle(ann, { accept: true })).toBe("already_handled");
  expect(await noticesOf(cid, id)).toMatchObject([{ event: "rejected", message: "so be it" }]);
  // Whoever comes in by another way is no more let in than rejected.
  await ask(bob, other, "POST", "/members", { user_ids: [cid.user.id] });
  for (const [code, accept] of [
    ["conflict", true],
    ["already_handled", false],
  ] as const) {
    const decision = { userId: bob.user.id, applicationId: 1, accept };
    expect(await conversationObject(other).decideJoinRequest(decision)).toMatchObject({ code });
  }
  expect(await noticed(cid, other)).toEqual(["added"]);
});

test("an application that a release has noted which told nobody of it can be shown by nobody", async () => {
  const id = await groupOf("group", ann, []);
  await ask(cid, id, "POST", "/join", {});
  await runInDurableObject(conversationObject(id), (_, { storage }) => {
    storage.sql.exec("UPDATE applications SET authentication = ''");
  });
  const decision = { userId: ann.user.id, applicationId: 1, accept: true };
  const shown = { userId: cid.user.id, authentication: "" };
  expect(await conversationObject(id).decideJoinRequest({ ...decision, credential: shown })).toMatchObject({
    code: "validation_failed",
  });
  expect(await conversationObject(id).decideJoinRequest(decision)).toMatchObject({ ok: true });
});

test("whoever is removed is told the reason", async () => {
  const id = await groupOf("group", ann, [bob]);
  const removal = { userId: ann.user.id, targetIds: [bob.user.id], reason: "spam" };
  expect(await conversationObject(id).remove(removal)).toMatchObject({ ok: true });
  expect((await noticesOf(bob, id)).at(-1)).toMatchObject({ event: "removed", message: "spam" });
});

test.each<[string, Loss]>([
  ["calls", "call"],
  ["answers", "answer"],
])("notifications come once and in order where %s are lost", async (_, loss) => {
  const id = await groupOf("group", ann, [bob]);
  {
    using lost = loseCalls(loss, isFor(bob));
    await promote(id, bob, 2);
    expect(lost.isHit).toBe(true);
    // What another one is told does not wait for him.
    await ask(ann, id, "POST", "/members", { user_ids: [cid.user.id] });
    expect(await noticed(cid, id)).toEqual(["added"]);
  }
  await promote(id, bob, 2);
  await runJobs(id);
  expect(await noticed(bob, id)).toEqual(["added", ...PROMOTED]);
  expect(await waiting(id)).toEqual([]);
});

test("every single call, or its answer, may be lost", async () => {
  for (const loss of ["call", "answer"] as const) {
    for (let step = 1, isHit = true; isHit; step++) {
      const id = await groupOf("group", ann, [bob]);
      {
        using lost = loseCall(step, loss, isNotice);
        await promote(id, bob, 4);
        await ask(ann, id, "DELETE", "");
        isHit = lost.isHit;
      }
      await runJobs(id);
      const when = `${loss} ${step}`;
      expect(await noticed(bob, id), when).toEqual(["added", ...PROMOTED, "dissolved"]);
      expect(await noticed(ann, id), when).toEqual(["created", "dissolved"]);
    }
  }
});

const Sent = z.tuple([
  z.object({ conversationId: ConversationId, notifications: z.array(z.custom<SentNotification>()) }),
]);

test("a call that was given up and comes late brings nothing twice", async () => {
  const id = await groupOf("group", ann, [bob]);
  const late: NotificationBatch[] = [];
  {
    using _ = intercept((asked) => {
      if (!isFor(bob)(asked)) return asked.work();
      late.push(Sent.parse(asked.args)[0]);
      throw new Error("Network connection lost.");
    });
    await promote(id, bob, 2);
  }
  await promote(id, bob, 2);
  await runJobs(id);
  expect(late.length).toBeGreaterThan(0);
  for (const input of late) await inboxObject(bob.user.id).notify(input);
  expect(await noticed(bob, id)).toEqual(["added", ...PROMOTED]);
});

test("an inbox that throws is tried again, later each time, and others have theirs", async () => {
  const id = await groupOf("group", ann, [bob, cid]);
  const stub = conversationObject(id);
  {
    using _ = await refuseInbox(bob.user.id, Number.POSITIVE_INFINITY);
    // However long it takes, no try is due by itself, nor is any time over which a try takes.
    vi.spyOn(Date, "now").mockReturnValue(Date.now());
    onTestFinished(() => void vi.restoreAllMocks());
    await ask(ann, id, "DELETE", "");
    await expect.poll(() => noticed(cid, id)).toEqual(["added", "dissolved"]);
    await expect.poll(() => waiting(id)).toEqual([{ receivers: JSON.stringify([bob.user.id]) }]);
    const pauses: number[] = [];
    for (let tries = 1; tries <= 3; tries++) {
      pauses.push(await runDue(stub));
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000]);
  }
  await runJobs(id);
  expect(await noticed(bob, id)).toEqual(["added", "dissolved"]);
  expect(await waiting(id)).toEqual([]);
});

/** Runs the `notifications` job now. @returns after how long it is to run again (ms) */
async function runDue(stub: ReturnType<typeof conversationObject>): Promise<number> {
  await runInDurableObject(stub, async (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = 'notifications'");
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(stub);
  const ended = Date.now();
  return runInDurableObject(stub, (_, { storage }) => {
    const query = "SELECT due FROM jobs WHERE kind = 'notifications'";
    return storage.sql.exec<{ due: number }>(query).one().due - ended;
  });
}

test("whichever statement of the inbox fails, a notice comes whole and once", async () => {
  let step = 1;
  for (let isHit = true; isHit; step++) {
    const id = await groupOf("group", ann, []);
    await runJobs(id);
    {
      using broken = await failInboxStatement(dan.user.id, step);
      await ask(ann, id, "POST", "/members", { user_ids: [dan.user.id] });
      isHit = broken.isHit;
    }
    await runJobs(id);
    expect(await noticed(dan, id), `statement ${step}`).toEqual(["added"]);
  }
  expect(step).toBeGreaterThan(5);
});

test("whichever statement of the group fails, what was done is told, and nothing else", async () => {
  // An eviction waits for members who rest.
  handIn({ fanout: { cooldownMs: 10 } });
  let step = 1;
  for (let isHit = true; isHit; step++) {
    const id = await groupOf("group", ann, [bob]);
    await runJobs(id);
    let status: number;
    {
      using broken = await failStatement(id, step);
      status = (await ask(ann, id, "DELETE", `/members/${bob.user.id}`)).status;
      isHit = broken.isHit;
    }
    const isOut = (await ask(bob, id, "GET", "")).status === 404;
    if (status === 204) expect(isOut).toBe(true);
    await evictDurableObject(conversationObject(id));
    await runJobs(id);
    const when = `statement ${step}, answered ${status}`;
    expect(await noticed(bob, id), when).toEqual(isOut ? ["added", "removed"] : ["added"]);
  }
  expect(step).toBeGreaterThan(5);
});

test.each<[string, (id: ConversationId) => Promise<unknown>]>([
  ["evicted", (id) => evictDurableObject(conversationObject(id))],
  ["lost", loseConversation],
])("a group that is %s before anybody was told tells it when it wakes", async (_, lose) => {
  handIn({ fanout: { cooldownMs: 10 } });
  const id = await groupOf("group", ann, [bob, cid]);
  {
    using _ = loseCalls("call", isNotice);
    await promote(id, bob, 2);
    await ask(ann, id, "DELETE", `/members/${cid.user.id}`);
  }
  await lose(id);
  await promote(id, bob, 2);
  await expect.poll(() => noticed(bob, id)).toEqual(["added", ...PROMOTED]);
  await expect.poll(() => noticed(cid, id)).toEqual(["added", "removed"]);
  await expect.poll(() => waiting(id)).toEqual([]);
});

test("an inbox that is lost knows what it had", async () => {
  const id = await groupOf("group", ann, [bob]);
  {
    using _ = loseCalls("answer", isFor(bob));
    await promote(id, bob, 2);
  }
  await runInDurableObject(inboxObject(bob.user.id), (_, state) => state.abort("lost on purpose")).catch(
    () => undefined,
  );
  await runJobs(id);
  expect(await noticed(bob, id)).toEqual(["added", "admin_set", "admin_unset"]);
});

test("whoever sends does not wait for notifications", async () => {
  handIn({ outbox: { answerTimeoutMs: 50 } });
  const id = await groupOf("group", ann, [bob, cid]);
  using held = new HeldCalls(isNotice);
  const removal = ask(ann, id, "DELETE", `/members/${cid.user.id}`);
  await held.arrived();
  await post(id, bob, "meanwhile");
  // Whoever removes him waits for a moment, and no longer.
  expect((await removal).status).toBe(204);
  held.release();
  await expect.poll(() => noticed(cid, id)).toEqual(["added", "removed"]);
});

test("a message writes nothing of it", async () => {
  const id = await groupOf("group", ann, [bob]);
  const rows = () =>
    runInDurableObject(conversationObject(id), (_, { storage }) => ({
      numbered: storage.sql.exec("SELECT notices FROM conversation").one(),
      jobs: storage.sql.exec("SELECT kind FROM jobs WHERE kind = 'notifications'").toArray(),
    }));
  const before = await rows();
  await post(id, ann, "hi");
  expect(await rows()).toEqual(before);
  expect(before).toEqual({ numbered: { notices: 2 }, jobs: [] });
});

test("a crowd is told at a pace, a few at once behind the first fifty", async () => {
  const users = await signedIn(300);
  const id = await newGroup(at(users, 0), ...users.slice(1));
  await expect.poll(() => waiting(id), { timeout: 60_000 }).toEqual([]);
  let underWay = 0;
  let most = 0;
  let calls = 0;
  let rows = 0;
  const began = Date.now();
  {
    using _ = intercept(async (asked) => {
      if (!isNotice(asked)) return asked.work();
      calls++;
      // Before anybody is told: the answer may come when all are.
      if (calls === 1) rows = (await waiting(id)).length;
      underWay++;
      if (calls > 60) most = Math.max(most, underWay);
      try {
        return await asked.work();
      } finally {
        underWay--;
      }
    });
    expect((await ask(at(users, 0), id, "DELETE", "")).status).toBe(204);
    await expect.poll(() => waiting(id), { timeout: 60_000 }).toEqual([]);
  }
  expect(rows).toBe(1);
  expect(calls).toBe(300);
  expect(most).toBeLessThanOrEqual(50);
  // Fifty, fifty more, and then 200 a second at most.
  expect(Date.now() - began).toBeGreaterThan(900);
  for (const who of [at(users, 0), at(users, 150), at(users, 299)]) {
    expect((await noticed(who, id)).at(-1)).toBe("dissolved");
  }
});

/** A notice of a group that there is not. */
function made(id: number): SentNotification {
  const group = { id: ConversationId.parse(7), handle: null, name: `${id}`, policy: "group" } as const;
  return {
    id,
    notification: { event: "added", group, actorId: ann.user.id as UserId, message: "", createdAt: id },
  };
}

test("the newest thousand are kept; read, hidden and forgotten ones count as none", async () => {
  const [eve] = await people(1);
  if (!eve) throw new Error("there is one");
  const inbox = inboxObject(eve.user.id);
  const box = async () => {
    const answer = await inbox.notificationBox();
    if (!answer.ok) throw new Error(answer.detail);
    const { newest, ...rest } = answer.value;
    return { newest: newest?.id, ...rest };
  };
  const conversationId = ConversationId.parse(7);
  expect(await box()).toEqual({ newest: undefined, unreadCount: 0, isListed: false });
  await inbox.notify({ conversationId, notifications: range(1, 100).map(made) });
  expect(await box()).toEqual({ newest: 100, unreadCount: 100, isListed: true });
  await inbox.readNotifications();
  for (const first of range(1, 10).map((hundred) => hundred * 100 + 1)) {
    await inbox.notify({ conversationId, notifications: range(first, first + 99).map(made) });
  }
  expect(await box()).toEqual({ newest: 1_100, unreadCount: 1_000, isListed: true });
  expect((await noticesOf(eve)).map(({ id }) => id)).toEqual(range(101, 1_100));
  const page = await inbox.notificationPage({ before: 103, limit: 2 });
  expect(page).toMatchObject({ ok: true, value: { items: [{ id: 102 }, { id: 101 }], hasMore: false } });
  // What is not kept any more does not come again.
  await inbox.notify({ conversationId, notifications: range(50, 99).map(made) });
  await inbox.hideNotifications({ forget: false });
  expect(await box()).toEqual({ newest: 1_100, unreadCount: 0, isListed: false });
  await inbox.notify({ conversationId, notifications: [made(1_101)] });
  expect(await box()).toEqual({ newest: 1_101, unreadCount: 1, isListed: true });
  await inbox.hideNotifications({ forget: true });
  expect(await box()).toEqual({ newest: undefined, unreadCount: 0, isListed: false });
  await inbox.notify({ conversationId, notifications: [made(1_101), made(1_102)] });
  expect(await box()).toEqual({ newest: 1_102, unreadCount: 1, isListed: true });
  // Another conversation counts for itself.
  await inbox.notify({ conversationId: ConversationId.parse(8), notifications: [made(1)] });
  expect((await noticesOf(eve)).map(({ id, group }) => [id, group.name])).toEqual([
    [1_102, "1102"],
    [1_103, "1"],
  ]);
});

test("a deleted account has none any more, and gets none", async () => {
  const [eve] = await people(1);
  if (!eve) throw new Error("there is one");
  const id = await groupOf("group", ann, [eve]);
  expect(await noticed(eve)).toEqual(["added"]);
  {
    using _ = loseCalls("call", isFor(eve));
    await ask(ann, id, "PATCH", `/members/${eve.user.id}`, { role: "admin" });
    expect((await deleteAccount(eve)).status).toBe(204);
  }
  await runAccountDeletion(eve);
  await runJobs(id);
  expect(await waiting(id)).toEqual([]);
  expect(await noticed(eve)).toEqual([]);
});
