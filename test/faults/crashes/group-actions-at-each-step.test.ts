import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { notificationEvents } from "../../support/accounts/notifications.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, type SignedIn } from "../../support/clients/api.ts";
import { ask } from "../../support/clients/chat.ts";
import { breakAt, FAULT_PLACES, type FaultPlace } from "../../support/faults/injected-fault.ts";
import { eachStep, type StepResult } from "../../support/faults/sampled-steps.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { itemAt } from "../../support/objects/room.ts";
import { sampledPairs } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(() =>
  setTiming({ rpcRetry: { backoffMs: 1 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeAll(async () => {
  const all = await signedInUsers(4);
  [ann, bob, cid, dan] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2), itemAt(all, 3)];
});

interface Action {
  join?: "free" | "approval";
  /** prepares Ann's group with Bob and Cid */
  before?: (id: number) => Promise<unknown>;
  run: (id: number) => Promise<Answer>;
  /** the status when the action is done, and when it is repeated */
  done: number;
  again: number;
  /** the roles by user id afterwards */
  after: () => Record<number, string>;
  /** the user whose inbox fails */
  whose: () => SignedIn;
  /** the number of the action's system messages */
  systemMessages: number;
  /** the notifications by user id */
  notifications?: () => Record<number, string>;
}

const ids = () => ({ a: ann.user.id, b: bob.user.id, c: cid.user.id, d: dan.user.id });

/** The codes of the groups in which Dan accepts an invitation. */
const codes = new Map<number, string>();

const ACTIONS: Record<string, Action> = {
  "a join": {
    join: "free",
    run: (id) => ask(dan, id, "POST", "/join", {}),
    ...{ done: 200, again: 200, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().b]: "member", [ids().c]: "member", [ids().d]: "member" }),
    whose: () => dan,
  },
  "an accepted invitation": {
    before: async (id) => {
      const { body } = await ask(ann, id, "POST", "/invitations", { max_uses: 1 });
      codes.set(id, z.object({ code: z.string() }).parse(body).code);
    },
    // The code has one use: whatever fails, a repeat lets Dan in, or finds him in.
    run: (id) => call("POST", `/v1/invitations/${codes.get(id)}`, { token: dan.token }),
    ...{ done: 200, again: 200, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().b]: "member", [ids().c]: "member", [ids().d]: "member" }),
    whose: () => dan,
  },
  "a return": {
    join: "free",
    before: (id) => ask(bob, id, "POST", "/leave"),
    run: (id) => ask(bob, id, "POST", "/join", {}),
    ...{ done: 200, again: 200, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().b]: "member", [ids().c]: "member" }),
    whose: () => bob,
  },
  "an invitation": {
    run: (id) => ask(ann, id, "POST", "/members", { user_ids: [dan.user.id] }),
    ...{ done: 200, again: 200, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().b]: "member", [ids().c]: "member", [ids().d]: "member" }),
    notifications: () => ({ [ids().d]: "added" }),
    whose: () => dan,
  },
  "an acceptance": {
    before: (id) => ask(dan, id, "POST", "/join", { message: "me" }),
    run: (id) => ask(ann, id, "POST", "/applications/1", { action: "accept" }),
    ...{ done: 204, again: 409, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().b]: "member", [ids().c]: "member", [ids().d]: "member" }),
    notifications: () => ({ [ids().d]: "accepted" }),
    whose: () => dan,
  },
  "a removal": {
    run: (id) => ask(ann, id, "DELETE", `/members/${bob.user.id}`),
    ...{ done: 204, again: 404, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().c]: "member" }),
    notifications: () => ({ [ids().b]: "removed" }),
    whose: () => bob,
  },
  "a ban": {
    run: (id) => ask(ann, id, "PUT", `/bans/${bob.user.id}`, { reason: "advertising" }),
    ...{ done: 204, again: 204, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().c]: "member" }),
    notifications: () => ({ [ids().b]: "removed" }),
    whose: () => bob,
  },
  "a leave": {
    run: (id) => ask(bob, id, "POST", "/leave"),
    ...{ done: 204, again: 404, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().c]: "member" }),
    whose: () => bob,
  },
  "a new admin": {
    run: (id) => ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" }),
    ...{ done: 200, again: 200, systemMessages: 1 },
    after: () => ({ [ids().a]: "owner", [ids().b]: "admin", [ids().c]: "member" }),
    notifications: () => ({ [ids().b]: "admin_set" }),
    whose: () => ann,
  },
  "a hand-over": {
    run: (id) => ask(ann, id, "POST", "/owner", { user_id: bob.user.id }),
    ...{ done: 200, again: 403, systemMessages: 1 },
    after: () => ({ [ids().a]: "member", [ids().b]: "owner", [ids().c]: "member" }),
    whose: () => bob,
  },
  "a dissolution": {
    run: (id) => ask(ann, id, "DELETE", ""),
    ...{ done: 204, again: 404, systemMessages: 0 },
    after: () => ({}),
    notifications: () => ({ [ids().a]: "dissolved", [ids().b]: "dissolved", [ids().c]: "dissolved" }),
    whose: () => bob,
  },
};

const Members = z.object({ items: z.array(z.object({ user: z.object({ id: z.int() }), role: z.string() })) });
const Messages = z.object({ items: z.array(z.object({ kind: z.string() })) });

/** The roles by user id, as a member sees them; empty if no member finds the group. */
async function membersOf(id: number): Promise<Record<number, string>> {
  for (const who of [ann, cid]) {
    const answer = await ask(who, id, "GET", "/members");
    if (answer.status !== 200) continue;
    return Object.fromEntries(Members.parse(answer.body).items.map(({ user, role }) => [user.id, role]));
  }
  return {};
}

async function systemMessagesOf(id: number): Promise<number> {
  const answer = await ask(ann, id, "GET", "/messages");
  if (answer.status !== 200) return 0;
  return Messages.parse(answer.body).items.filter(({ kind }) => kind === "tip").length;
}

/** The notifications about the group by user id, oldest first, at most 20. */
async function notificationsByUser(id: number): Promise<Record<number, string[]>> {
  const all = [ann, bob, cid, dan].map(
    async (who) => [who.user.id, await notificationEvents(who, id, 20)] as const,
  );
  return Object.fromEntries(await Promise.all(all));
}

interface Before {
  members: Record<number, string>;
  systemMessages: number;
  notifications: Record<number, string[]>;
}

/** The state before an action. All groups of an action are alike, so it is read once. */
const befores = new Map<Action, Before>();

async function beforeOf(action: Action, id: number): Promise<Before> {
  const known = befores.get(action);
  if (known) return known;
  const before = {
    members: await membersOf(id),
    systemMessages: await systemMessagesOf(id),
    notifications: await notificationsByUser(id),
  };
  befores.set(action, before);
  return before;
}

/** Runs the action with a fault at one step, and checks the result. */
async function runWithFault(action: Action, place: FaultPlace, step: number): Promise<StepResult> {
  const id = await createGroupOfKind("group", ann, [bob, cid], action.join);
  await action.before?.(id);
  await runJobs(id);
  const { members: before, systemMessages, notifications: earlier } = await beforeOf(action, id);
  let answer: Answer;
  let tried: StepResult;
  {
    using broken = await breakAt(place, step, { conversationId: id, userId: action.whose().user.id });
    answer = await action.run(id);
    tried = { isHit: broken.isHit, steps: broken.steps };
  }
  const when = `${place} ${step}: ${JSON.stringify(answer)}`;
  expect(tried.isHit ? [action.done, 503] : [action.done], when).toContain(answer.status);
  // Done or not: once the jobs have run, all objects agree.
  const now = await membersOf(id);
  expect([before, action.after()], when).toContainEqual(now);
  if (answer.status === action.done) expect(now, when).toEqual(action.after());
  await runJobs(id);
  await assertConsistent(id);
  expect(await membersOf(id), when).toEqual(now);
  // A repeated call finds the action done, or does it.
  const again = await action.run(id);
  const wasDone = JSON.stringify(now) === JSON.stringify(action.after());
  expect(again.status, when).toBe(wasDone ? action.again : action.done);
  expect(await membersOf(id), when).toEqual(action.after());
  if (!wasDone) {
    await runJobs(id);
    await assertConsistent(id);
  }
  // Each notification arrives once, and nobody else gets one.
  const added = Object.entries(action.notifications?.() ?? {}).map(([who, event]) => [
    who,
    [...(earlier[Number(who)] ?? []), event],
  ]);
  expect(await notificationsByUser(id), when).toEqual({ ...earlier, ...Object.fromEntries(added) });
  if (action.systemMessages > 0)
    expect(await systemMessagesOf(id), when).toBe(systemMessages + action.systemMessages);
  return tried;
}

const CASES = sampledPairs(Object.entries(ACTIONS), FAULT_PLACES).map(
  ([[name, action], place]) => [name, place, action] as const,
);

test.each(CASES)(
  "%s interrupted at any step of %s is done for everybody or for nobody",
  (name, place, action) => eachStep(`${name}, ${place}`, 1, (step) => runWithFault(action, place, step)),
);
