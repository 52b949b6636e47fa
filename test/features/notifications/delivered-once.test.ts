import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { ConversationId, type UserId } from "../../../src/domain/ids.ts";
import type { NotificationBatch } from "../../../src/domain/ports.ts";
import type { SentNotification } from "../../../src/domain/sync/notification.ts";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { notificationEvents, notificationsOf } from "../../support/accounts/notifications.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask } from "../../support/clients/chat.ts";
import {
  HeldCalls,
  intercept,
  type Loss,
  loseCall,
  loseCalls,
  type ObjectCall,
} from "../../support/faults/calls.ts";
import { failInboxStatement, failStatement, refuseInbox } from "../../support/faults/injected-fault.ts";
import { ALL, eachStep, type StepResult } from "../../support/faults/sampled-steps.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  itemAt,
  loseConversation,
  postText,
  range,
} from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, bob, cid, dan] = await signedInUsers(4);
});

/** Sets and unsets a member as admin in turn, `times` times. */
async function promote(id: number, { user }: SignedIn, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const role = i % 2 === 0 ? "admin" : "member";
    expect((await ask(ann, id, "PATCH", `/members/${user.id}`, { role })).status).toBe(200);
  }
}

const PROMOTED = ["admin_set", "admin_unset", "admin_set", "admin_unset"];

/** The receivers of undelivered notifications, as stored in the outbox. */
function outboxRows(id: ConversationId): Promise<unknown[]> {
  return runInDurableObject(conversationObject(id), (_, { storage }) =>
    storage.sql.exec("SELECT receivers FROM outbox ORDER BY id").toArray(),
  );
}

const isNotifyCall = ({ method }: ObjectCall) => method === "notify";
const isFor =
  ({ user }: SignedIn) =>
  (objectCall: ObjectCall) =>
    isNotifyCall(objectCall) && objectCall.id === user.id;

test("each member gets exactly the notifications that concern them", async () => {
  const id = await createGroupOfKind("group", ann, [bob]);
  await ask(cid, id, "POST", "/join", { message: "let me in" });
  await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  await ask(dan, id, "POST", "/join", { message: "me too" });
  // A repeated join request makes no second notification.
  await ask(dan, id, "POST", "/join", { message: "me too, please" });
  await ask(bob, id, "POST", "/applications/1", { action: "accept" });
  await ask(bob, id, "POST", "/applications/2", { action: "reject" });
  await ask(bob, id, "DELETE", `/members/${cid.user.id}`);
  await ask(ann, id, "POST", "/members", { user_ids: [cid.user.id, bob.user.id] });
  await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "member" });
  // The repeated call changes nothing.
  await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "member" });
  await ask(ann, id, "POST", "/owner", { user_id: bob.user.id });
  await ask(bob, id, "PATCH", "", { name: "renamed" });
  await ask(cid, id, "POST", "/leave");
  await ask(bob, id, "DELETE", "");
  expect(await notificationEvents(ann, id)).toEqual(["created", "applied", "applied", "dissolved"]);
  expect(await notificationEvents(bob, id)).toEqual([
    "added",
    "admin_set",
    "applied",
    "admin_unset",
    "dissolved",
  ]);
  expect(await notificationEvents(cid, id)).toEqual(["accepted", "removed", "added"]);
  expect(await notificationEvents(dan, id)).toEqual(["rejected"]);
  expect(await outboxRows(id)).toEqual([]);
  const [created, applied] = await notificationsOf(ann, id);
  expect(created).toMatchObject({ actorId: ann.user.id, group: { id, name: "group", policy: "group" } });
  expect(applied).toMatchObject({ actorId: cid.user.id, application: { id: 1, message: "let me in" } });
  expect((await notificationsOf(bob, id)).at(-1)).toMatchObject({ group: { name: "renamed" } });
  const [accepted] = await notificationsOf(cid, id);
  expect(accepted).toMatchObject({
    actorId: bob.user.id,
    application: { id: 1, message: "let me in", authentication: "" },
  });
  expect(applied?.application?.authentication).toMatch(/^[0-9a-f]{32}$/);
});

test("a join request without stored authentication cannot be decided with an empty one", async () => {
  const id = await createGroupOfKind("group", ann, []);
  await ask(cid, id, "POST", "/join", {});
  await runInDurableObject(conversationObject(id), (_, { storage }) => {
    storage.sql.exec("UPDATE applications SET authentication = ''");
  });
  const decision = { userId: ann.user.id, joinRequestId: 1, accept: true };
  const given = { userId: cid.user.id, authentication: "" };
  expect(await conversationObject(id).decideJoinRequest({ ...decision, credential: given })).toMatchObject({
    code: "validation_failed",
  });
  expect(await conversationObject(id).decideJoinRequest(decision)).toMatchObject({ ok: true });
});

test("a removed member is notified of the reason", async () => {
  const id = await createGroupOfKind("group", ann, [bob]);
  const removal = { userId: ann.user.id, targetIds: [bob.user.id], reason: "spam" };
  expect(await conversationObject(id).remove(removal)).toMatchObject({ ok: true });
  expect((await notificationsOf(bob, id)).at(-1)).toMatchObject({ event: "removed", message: "spam" });
});

test.each<[string, Loss]>([
  ["calls", "call"],
  ["answers", "answer"],
])("notifications arrive once and in order when %s are lost", async (_, loss) => {
  const id = await createGroupOfKind("group", ann, [bob]);
  {
    using lost = loseCalls(loss, isFor(bob));
    await promote(id, bob, 2);
    expect(lost.isHit).toBe(true);
    // Notifications of other receivers do not wait.
    await ask(ann, id, "POST", "/members", { user_ids: [cid.user.id] });
    expect(await notificationEvents(cid, id)).toEqual(["added"]);
  }
  await promote(id, bob, 2);
  await runJobs(id);
  expect(await notificationEvents(bob, id)).toEqual(["added", ...PROMOTED]);
  expect(await outboxRows(id)).toEqual([]);
});

test.each<Loss>(["call", "answer"])(
  "notifications arrive once and in order whichever single %s is lost",
  (loss) =>
    eachStep(`notifications, lost ${loss}`, ALL, async (step) => {
      const id = await createGroupOfKind("group", ann, [bob]);
      let fault: StepResult;
      {
        using lost = loseCall(step, loss, isNotifyCall);
        await promote(id, bob, 4);
        await ask(ann, id, "DELETE", "");
        fault = { isHit: lost.isHit, steps: lost.steps };
      }
      await runJobs(id);
      expect(await notificationEvents(bob, id)).toEqual(["added", ...PROMOTED, "dissolved"]);
      expect(await notificationEvents(ann, id)).toEqual(["created", "dissolved"]);
      return fault;
    }),
);

const Sent = z.tuple([
  z.object({ conversationId: ConversationId, notifications: z.array(z.custom<SentNotification>()) }),
]);

test("a late notification call after a timeout delivers nothing twice", async () => {
  const id = await createGroupOfKind("group", ann, [bob]);
  const late: NotificationBatch[] = [];
  {
    using _ = intercept((objectCall) => {
      if (!isFor(bob)(objectCall)) return objectCall.work();
      late.push(Sent.parse(objectCall.args)[0]);
      throw new Error("Network connection lost.");
    });
    await promote(id, bob, 2);
  }
  await promote(id, bob, 2);
  await runJobs(id);
  expect(late.length).toBeGreaterThan(0);
  for (const input of late) await inboxObject(bob.user.id).notify(input);
  expect(await notificationEvents(bob, id)).toEqual(["added", ...PROMOTED]);
});

test("a failing inbox is retried with backoff, and delays no other receiver", async () => {
  const id = await createGroupOfKind("group", ann, [bob, cid]);
  const stub = conversationObject(id);
  {
    using _ = await refuseInbox(bob.user.id, Number.POSITIVE_INFINITY);
    // The clock stands still between the runs, so that no retry becomes due by itself.
    const began = Date.now();
    const now = vi.spyOn(Date, "now").mockReturnValue(began);
    onTestFinished(() => void vi.restoreAllMocks());
    await ask(ann, id, "DELETE", "");
    await expect.poll(() => notificationEvents(cid, id)).toEqual(["added", "dissolved"]);
    await expect.poll(() => outboxRows(id)).toEqual([{ receivers: JSON.stringify([bob.user.id]) }]);
    const pauses: number[] = [];
    for (const failingMs of [2_000, 4_000, 8_000]) {
      now.mockReturnValue(began + failingMs);
      pauses.push(await runDue(stub));
    }
    // Each pause is as long as the inbox has been failing.
    expect(pauses).toEqual([2_000, 4_000, 8_000]);
  }
  await runJobs(id);
  expect(await notificationEvents(bob, id)).toEqual(["added", "dissolved"]);
  expect(await outboxRows(id)).toEqual([]);
});

/** Runs the `notifications` job now. @returns the time until its next run (ms) */
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

test("a notification arrives once whichever statement of the inbox fails", async () => {
  await eachStep("a notification in the inbox", ALL, async (step) => {
    const id = await createGroupOfKind("group", ann, []);
    await runJobs(id);
    let fault: StepResult;
    {
      using broken = await failInboxStatement(dan.user.id, step);
      await ask(ann, id, "POST", "/members", { user_ids: [dan.user.id] });
      fault = { isHit: broken.isHit, steps: broken.steps };
    }
    await runJobs(id);
    expect(await notificationEvents(dan, id)).toEqual(["added"]);
    return fault;
  });
});

test("a notification arrives if and only if the change was stored, whichever statement fails", async () => {
  // A short cooldown, as an object with a pending timer is not evicted.
  overrideTiming({ fanout: { cooldownMs: 10 } });
  await eachStep("a removal with its notification", ALL, async (step) => {
    const id = await createGroupOfKind("group", ann, [bob]);
    await runJobs(id);
    let fault: StepResult;
    let status: number;
    {
      using broken = await failStatement(id, step);
      status = (await ask(ann, id, "DELETE", `/members/${bob.user.id}`)).status;
      fault = { isHit: broken.isHit, steps: broken.steps };
    }
    const isOut = (await ask(bob, id, "GET", "")).status === 404;
    if (status === 204) expect(isOut).toBe(true);
    await evictDurableObject(conversationObject(id));
    await runJobs(id);
    expect(await notificationEvents(bob, id)).toEqual(isOut ? ["added", "removed"] : ["added"]);
    return fault;
  });
});

test.each<[string, (id: ConversationId) => Promise<unknown>]>([
  ["evicted", (id) => evictDurableObject(conversationObject(id))],
  ["lost", loseConversation],
])("a group that is %s before its notifications delivers them when it restarts", async (_, lose) => {
  overrideTiming({ fanout: { cooldownMs: 10 }, inboxCalls: { retryMs: 10 } });
  const id = await createGroupOfKind("group", ann, [bob, cid]);
  {
    using _ = loseCalls("call", isNotifyCall);
    await promote(id, bob, 2);
    await ask(ann, id, "DELETE", `/members/${cid.user.id}`);
  }
  await lose(id);
  await promote(id, bob, 2);
  await expect.poll(() => notificationEvents(bob, id)).toEqual(["added", ...PROMOTED]);
  await expect.poll(() => notificationEvents(cid, id)).toEqual(["added", "removed"]);
  await expect.poll(() => outboxRows(id)).toEqual([]);
});

test("a crashed inbox keeps the notifications that it has stored", async () => {
  const id = await createGroupOfKind("group", ann, [bob]);
  {
    using _ = loseCalls("answer", isFor(bob));
    await promote(id, bob, 2);
  }
  await runInDurableObject(inboxObject(bob.user.id), (_, state) => state.abort("lost on purpose")).catch(
    () => undefined,
  );
  await runJobs(id);
  expect(await notificationEvents(bob, id)).toEqual(["added", "admin_set", "admin_unset"]);
});

test("a send does not wait for notifications", async () => {
  overrideTiming({ outbox: { answerTimeoutMs: 50 } });
  const id = await createGroupOfKind("group", ann, [bob, cid]);
  using held = new HeldCalls(isNotifyCall);
  const removal = ask(ann, id, "DELETE", `/members/${cid.user.id}`);
  await held.arrived();
  await postText(id, bob, "meanwhile");
  // The removal waits for at most the answer timeout.
  expect((await removal).status).toBe(204);
  held.release();
  await expect.poll(() => notificationEvents(cid, id)).toEqual(["added", "removed"]);
});

test("a message writes no rows of notifications", async () => {
  const id = await createGroupOfKind("group", ann, [bob]);
  const rows = () =>
    runInDurableObject(conversationObject(id), (_, { storage }) => ({
      numbered: storage.sql.exec("SELECT notices FROM conversation").one(),
      jobs: storage.sql.exec("SELECT kind FROM jobs WHERE kind = 'notifications'").toArray(),
    }));
  const before = await rows();
  await postText(id, ann, "hi");
  expect(await rows()).toEqual(before);
  expect(before).toEqual({ numbered: { notices: 2 }, jobs: [] });
});

test("notifications to 120 members are paced, at most 50 at a time", async () => {
  overrideTiming({ pace: { burst: 20, perSecond: 100 } });
  const users = await signedInUsers(120);
  const id = await createGroupId(itemAt(users, 0), ...users.slice(1));
  // So many receivers at the pace take a second on an idle machine.
  await expect.poll(() => outboxRows(id), { timeout: 60_000 }).toEqual([]);
  let concurrent = 0;
  let maxConcurrent = 0;
  let calls = 0;
  let rows = 0;
  const startedAt = Date.now();
  {
    using _ = intercept(async (objectCall) => {
      if (!isNotifyCall(objectCall)) return objectCall.work();
      calls++;
      // Read now, as the outbox may be empty when the call is answered.
      if (calls === 1) rows = (await outboxRows(id)).length;
      concurrent++;
      if (calls > 60) maxConcurrent = Math.max(maxConcurrent, concurrent);
      try {
        return await objectCall.work();
      } finally {
        concurrent--;
      }
    });
    expect((await ask(itemAt(users, 0), id, "DELETE", "")).status).toBe(204);
    // As above.
    await expect.poll(() => outboxRows(id), { timeout: 60_000 }).toEqual([]);
  }
  expect(rows).toBe(1);
  expect(calls).toBe(120);
  expect(maxConcurrent).toBeLessThanOrEqual(50);
  // A burst, then at most 100 a second.
  expect(Date.now() - startedAt).toBeGreaterThan(500);
  for (const who of [itemAt(users, 0), itemAt(users, 60), itemAt(users, 119)]) {
    expect((await notificationEvents(who, id)).at(-1)).toBe("dissolved");
  }
});

/** A notification of a group that does not exist. */
function notificationOf(id: number): SentNotification {
  const group = { id: ConversationId.parse(7), handle: null, name: `${id}`, policy: "group" } as const;
  return {
    id,
    notification: { event: "added", group, actorId: ann.user.id as UserId, message: "", createdAt: id },
  };
}

test("an inbox keeps the newest 1,000 notifications; read and hidden ones are not unread", async () => {
  const [eve] = await registerUsers(1);
  const inbox = inboxObject(eve.user.id);
  const box = async () => {
    const answer = await inbox.notificationBox();
    if (!answer.ok) throw new Error(answer.detail);
    const { newest, ...rest } = answer.value;
    return { newest: newest?.id, ...rest };
  };
  const conversationId = ConversationId.parse(7);
  expect(await box()).toEqual({ newest: undefined, unreadCount: 0, isListed: false });
  await inbox.notify({ conversationId, notifications: range(1, 100).map(notificationOf) });
  expect(await box()).toEqual({ newest: 100, unreadCount: 100, isListed: true });
  await inbox.readNotifications();
  for (const first of range(1, 10).map((hundred) => hundred * 100 + 1)) {
    await inbox.notify({ conversationId, notifications: range(first, first + 99).map(notificationOf) });
  }
  expect(await box()).toEqual({ newest: 1_100, unreadCount: 1_000, isListed: true });
  expect((await notificationsOf(eve)).map(({ id }) => id)).toEqual(range(101, 1_100));
  const page = await inbox.notificationPage({ before: 103, limit: 2 });
  expect(page).toMatchObject({ ok: true, value: { items: [{ id: 102 }, { id: 101 }], hasMore: false } });
  // Evicted notifications are not stored again.
  await inbox.notify({ conversationId, notifications: range(50, 99).map(notificationOf) });
  await inbox.hideNotifications({ forget: false });
  expect(await box()).toEqual({ newest: 1_100, unreadCount: 0, isListed: false });
  await inbox.notify({ conversationId, notifications: [notificationOf(1_101)] });
  expect(await box()).toEqual({ newest: 1_101, unreadCount: 1, isListed: true });
  await inbox.hideNotifications({ forget: true });
  expect(await box()).toEqual({ newest: undefined, unreadCount: 0, isListed: false });
  await inbox.notify({ conversationId, notifications: [notificationOf(1_101), notificationOf(1_102)] });
  expect(await box()).toEqual({ newest: 1_102, unreadCount: 1, isListed: true });
  // Each conversation has its own numbers.
  await inbox.notify({ conversationId: ConversationId.parse(8), notifications: [notificationOf(1)] });
  expect((await notificationsOf(eve)).map(({ id, group }) => [id, group.name])).toEqual([
    [1_102, "1102"],
    [1_103, "1"],
  ]);
});

test("a deleted account has no notifications and gets none", async () => {
  const [eve] = await registerUsers(1);
  const id = await createGroupOfKind("group", ann, [eve]);
  expect(await notificationEvents(eve)).toEqual(["added"]);
  {
    using _ = loseCalls("call", isFor(eve));
    await ask(ann, id, "PATCH", `/members/${eve.user.id}`, { role: "admin" });
    expect((await deleteAccount(eve)).status).toBe(204);
  }
  await runAccountDeletion(eve);
  await runJobs(id);
  expect(await outboxRows(id)).toEqual([]);
  expect(await notificationEvents(eve)).toEqual([]);
});
