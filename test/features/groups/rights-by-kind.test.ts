import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Role } from "../../../src/domain/conversations/group-kind.ts";
import { PolicyName } from "../../../src/domain/conversations/group-kind.ts";
import { type ConversationId, UserId } from "../../../src/domain/ids.ts";
import { signedIn } from "../../support/accounts/users.ts";
import { type Answer, call, type SignedIn } from "../../support/clients/api.ts";
import {
  getConversation,
  insertUsers,
  listed,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { groupOf } from "../../support/objects/core.ts";
import { at, conversationObject, inboxObject } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { v1 } from "../../surfaces/v1/driver.ts";

// A list follows the conversation at once: polling for it costs a call each time.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

/** What one kind of group allows: who may, by role. */
interface Rules {
  join: "as set" | "free" | "never";
  approve: Role[];
  invite: Role[];
  edit: Role[];
  remove: Role[];
  mute: Role[];
  roles: Role[];
  handOver: Role[];
  dissolve: Role[];
  ownerLeaves: boolean;
  history: boolean;
  unread: boolean;
}

const RUNNERS: Role[] = ["owner", "admin"];
const ALL: Role[] = ["owner", "admin", "member"];

/** As the product's rules have it, said once more and in other words than the code. */
const RULES: Record<PolicyName, Rules> = {
  group: {
    join: "as set",
    ...{ approve: RUNNERS, invite: RUNNERS, edit: RUNNERS, remove: RUNNERS, mute: RUNNERS },
    ...{ roles: ["owner"], handOver: ["owner"], dissolve: ["owner"], ownerLeaves: false },
    ...{ history: false, unread: true },
  },
  private: {
    join: "never",
    ...{ approve: RUNNERS, invite: ALL, edit: ALL, remove: ["owner"], mute: [] },
    ...{ roles: [], handOver: ["owner"], dissolve: [], ownerLeaves: true },
    ...{ history: false, unread: true },
  },
  public: {
    join: "as set",
    ...{ approve: RUNNERS, invite: [], edit: RUNNERS, remove: RUNNERS, mute: RUNNERS },
    ...{ roles: ["owner"], handOver: ["owner"], dissolve: ["owner"], ownerLeaves: false },
    ...{ history: false, unread: true },
  },
  chatroom: {
    join: "free",
    ...{ approve: RUNNERS, invite: [], edit: RUNNERS, remove: RUNNERS, mute: RUNNERS },
    ...{ roles: ["owner"], handOver: ["owner"], dissolve: ["owner"], ownerLeaves: false },
    ...{ history: true, unread: false },
  },
  community: {
    join: "free",
    ...{ approve: RUNNERS, invite: ALL, edit: RUNNERS, remove: RUNNERS, mute: RUNNERS },
    ...{ roles: ["owner"], handOver: ["owner"], dissolve: ["owner"], ownerLeaves: false },
    ...{ history: true, unread: true },
  },
  livestream: {
    join: "free",
    ...{ approve: RUNNERS, invite: [], edit: ["owner"], remove: [], mute: ["owner"] },
    ...{ roles: [], handOver: [], dissolve: ["owner"], ownerLeaves: false },
    ...{ history: false, unread: false },
  },
};

let owner: SignedIn;
let second: SignedIn;
let newcomer: SignedIn;

beforeAll(async () => {
  const all = await signedIn(3);
  [owner, second, newcomer] = [at(all, 0), at(all, 1), at(all, 2)];
});

function ask({ token }: SignedIn, id: number, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/v1/conversations/${id}${path}`, { token, ...(body !== undefined && { body }) });
}

const Action = z.enum(["approve", "invite", "edit", "remove", "mute", "roles", "handOver"]);
type Action = z.infer<typeof Action>;

/** Each action as a call, on a member of its own or on somebody who is none. */
const ACTIONS: Record<
  Action,
  (who: SignedIn, id: number, subject: number, other: number) => Promise<Answer>
> = {
  approve: (who, id) => ask(who, id, "GET", "/applications"),
  invite: (who, id, _, other) => ask(who, id, "POST", "/members", { user_ids: [other] }),
  edit: (who, id) => ask(who, id, "PATCH", "", { name: "renamed" }),
  remove: (who, id, subject) => ask(who, id, "DELETE", `/members/${subject}`),
  mute: (who, id, subject) => ask(who, id, "PATCH", `/members/${subject}`, { muted_for_s: 60 }),
  roles: (who, id, subject) => ask(who, id, "PATCH", `/members/${subject}`, { role: "admin" }),
  handOver: (who, id, subject) => ask(who, id, "POST", "/owner", { user_id: subject }),
};
const KINDS = PolicyName.options.map((policy) => [policy, RULES[policy]] as const);

describe.each(KINDS)("in a group of the kind %s", (policy, rules) => {
  test.each(ALL)("what the %s may", async (role) => {
    const crowded = await insertUsers(8);
    const subjects = crowded.slice(0, 7);
    const id = await groupOf(policy, owner, [second, ...subjects]);
    if (role === "admin") {
      const made = await ask(owner, id, "PATCH", `/members/${second.user.id}`, { role: "admin" });
      // Where nobody makes admins there are none.
      expect(made.status).toBe(rules.roles.includes("owner") ? 200 : 403);
      if (made.status === 403) return;
    }
    const who = role === "owner" ? owner : second;
    for (const [i, action] of Action.options.entries()) {
      const other = at(crowded, 7).user.id;
      const answer = await ACTIONS[action](who, id, at(subjects, i).user.id, other);
      const allowed = action === "remove" ? [204] : [200];
      expect(
        rules[action].includes(role) ? allowed : [403],
        `${action}: ${JSON.stringify(answer.body)}`,
      ).toEqual([answer.status]);
    }
  });

  test("by whom it is dissolved", async () => {
    for (const role of ["member", "owner"] as const) {
      const id = await groupOf(policy, owner, [second]);
      const userId = UserId.parse((role === "owner" ? owner : second).user.id);
      const answer = await conversationObject(id).dissolve({ userId });
      expect(answer.ok, role).toBe(rules.dissolve.includes(role));
      expect((await ask(second, id, "GET", "")).status).toBe(answer.ok ? 404 : 200);
    }
  });

  test("whether the owner leaves, and who follows him", async () => {
    const id = await groupOf(policy, owner, [second, newcomer]);
    const left = await ask(owner, id, "POST", "/leave");
    expect(left.status).toBe(rules.ownerLeaves ? 204 : 409);
    // Both came with the group: of those the lower id counts as the longer one.
    const follower = rules.ownerLeaves ? second : owner;
    expect(await getConversation(second, id)).toMatchObject({ owner_id: follower.user.id });
    expect((await getConversation(follower, id)).role).toBe("owner");
    const row = "SELECT owner_id FROM conversations WHERE id = ?";
    expect(await env.DB.prepare(row).bind(id).first()).toEqual({ owner_id: follower.user.id });
  });

  test.each(["free", "approval", "closed"] as const)("who comes to it by himself, set to %s", async (set) => {
    const id = await groupOf(policy, owner, [second], set);
    const way = rules.join === "as set" ? set : rules.join === "free" ? "free" : "closed";
    const answer = await ask(newcomer, id, "POST", "/join", { message: "me" });
    const wanted = { free: "joined", approval: "requested", closed: undefined }[way];
    expect(answer).toMatchObject(wanted ? { status: 200, body: { state: wanted } } : { status: 404 });
    expect((await ask(newcomer, id, "GET", "/messages")).status).toBe(way === "free" ? 200 : 404);
  });

  test("what a newcomer sees, and what counts as unread", async () => {
    const id = await groupOf(policy, owner, [second], "free");
    await send(owner, id, "before");
    const byHimself = await ask(newcomer, id, "POST", "/join", {});
    if (byHimself.status === 404) {
      await ask(second, id, "POST", "/members", { user_ids: [newcomer.user.id] });
    }
    const shown = (await page(newcomer, id)).items.map(({ seq }) => seq);
    expect(shown).toEqual(rules.history ? [1, 2] : [2]);
    expect((await listed(newcomer, id)).unread_count).toBe(0);
    await send(owner, id, "after");
    const unread = { unread_count: rules.unread ? 1 : 0 };
    expect(await getConversation(newcomer, id)).toMatchObject(unread);
    // Lists of groups follow a little later.
    await eventually(async () => expect(await listed(newcomer, id)).toMatchObject(unread));
    const both = { unread_count: rules.unread ? 2 : 0 };
    await eventually(async () => expect(await listed(second, id)).toMatchObject(both));
  });

  test("what was said before somebody came is shown on each API, or on none", async () => {
    const id = await groupOf(policy, owner, [second], "free");
    await send(owner, id, "said before");
    const byHimself = await ask(newcomer, id, "POST", "/join", {});
    if (byHimself.status === 404) await ask(second, id, "POST", "/members", { user_ids: [newcomer.user.id] });
    await send(owner, id, "said after");
    const all = ["said before", "said after"];
    for (const driver of DRIVERS) {
      for (const [who, wanted] of [
        [second, all],
        [newcomer, rules.history ? all : ["said after"]],
      ] as const) {
        const shown = await driver.history?.(who, id);
        if (shown)
          expect(
            shown.map(({ text }) => text),
            driver.name,
          ).toEqual(wanted);
        const found = await driver.search?.(who, id, "said");
        if (found)
          expect(
            found.map(({ text }) => text),
            driver.name,
          ).toEqual(wanted);
      }
    }
  });

  test("while everybody is muted those write on each API who run it, and the others on none", async () => {
    const id = await groupOf(policy, owner, [second, newcomer]);
    if (rules.roles.includes("owner"))
      await ask(owner, id, "PATCH", `/members/${second.user.id}`, { role: "admin" });
    const mute = (muteAll: boolean) =>
      conversationObject(id).edit({ userId: UserId.parse(owner.user.id), change: { muteAll } });
    if (rules.mute.length === 0) {
      expect(await mute(true)).toMatchObject({ code: "forbidden", data: { refusal: "kind" } });
      return;
    }
    expect((await mute(true)).ok).toBe(true);
    for (const driver of DRIVERS) {
      if (!driver.send) continue;
      await driver.send(owner, id, driver.name);
      if (rules.roles.includes("owner")) await driver.send(second, id, driver.name);
      await expect(driver.send(newcomer, id, "not heard"), driver.name).rejects.toThrow();
    }
    const refused = await ask(newcomer, id, "POST", "/messages", {
      kind: "text",
      body: { text: "not heard" },
    });
    expect(refused).toMatchObject({ status: 403, body: { code: "muted" } });
    expect(await storedInConversation(id)).not.toContain("not heard");
    // It asks nobody: D1 is told of it, and has no say.
    await env.DB.prepare("UPDATE conversations SET mute_all = 0 WHERE id = ?").bind(id).run();
    await expect(v1.send(newcomer, id, "not heard")).rejects.toThrow();
    expect((await mute(false)).ok).toBe(true);
    for (const driver of DRIVERS) await driver.send?.(newcomer, id, `${driver.name} again`);
  });
});

test("a mute for all comes before a message or behind it, and lets none through", async () => {
  const id = await groupOf("public", owner, [second]);
  const say = () => ask(second, id, "POST", "/messages", { kind: "text", body: { text: "said" } });
  const mute = () =>
    conversationObject(id).edit({ userId: UserId.parse(owner.user.id), change: { muteAll: true } });
  const calls = Array.from({ length: 50 }, (_, i) => (i === 25 ? mute() : say()));
  const statuses = (await Promise.all(calls)).flatMap((answer) =>
    "status" in answer ? [answer.status] : [],
  );
  const { items } = await page(owner, id, "?limit=100");
  const tip = items.findIndex(({ kind }) => kind === "tip");
  expect(tip).toBe(items.length - 1);
  expect(statuses.filter((status) => status === 201).length).toBe(tip);
  expect(statuses.filter((status) => status === 403).length).toBe(49 - tip);
});

describe("why a group refuses", () => {
  const id = ({ user }: SignedIn) => UserId.parse(user.id);

  /** A group of each kind: what is refused leaves it as it is. */
  const groups = new Map<PolicyName, ConversationId>();

  /** What a change of a member is refused for; undefined: it is done. */
  async function refusal(
    policy: PolicyName,
    actor: SignedIn,
    target: SignedIn,
    change: { role?: "admin"; mutedForS?: number; nameCard?: string },
  ) {
    const group = groups.get(policy) ?? (await groupOf(policy, owner, [second, newcomer]));
    const answer = await conversationObject(group).changeMember({
      ...{ userId: id(actor), targetId: id(target), change },
    });
    if (answer.ok) groups.delete(policy);
    else groups.set(policy, group);
    if (answer.ok) return undefined;
    const { code, data } = answer;
    return [code, data?.refusal, ...(data?.policy ? [data.policy] : [])];
  }

  test("its kind comes before the role, and the role for making admins before oneself", async () => {
    const role = "admin";
    expect(await refusal("private", owner, second, { role })).toEqual(["forbidden", "kind", "private"]);
    expect(await refusal("livestream", second, second, { role })).toEqual([
      "forbidden",
      "kind",
      "livestream",
    ]);
    expect(await refusal("public", second, newcomer, { role })).toEqual(["forbidden", "rank"]);
    expect(await refusal("public", second, second, { role })).toEqual(["forbidden", "rank"]);
    expect(await refusal("public", owner, owner, { role })).toEqual(["forbidden", "self"]);
    expect(await refusal("public", owner, second, { role })).toBeUndefined();
  });

  test("nobody mutes himself, whatever his role and wherever he is", async () => {
    for (const policy of PolicyName.options) {
      for (const who of [owner, second]) {
        expect(await refusal(policy, who, who, { mutedForS: 5 })).toEqual(["forbidden", "self"]);
      }
    }
    const asPrivate = ["forbidden", "kind", "private"];
    expect(await refusal("private", owner, second, { mutedForS: 5 })).toEqual(asPrivate);
    expect(await refusal("group", second, newcomer, { mutedForS: 5 })).toEqual(["forbidden", "rank"]);
    expect(await refusal("private", second, newcomer, { nameCard: "x" })).toEqual(["forbidden", "rank"]);
  });

  test("handing over to oneself, and coming in where nobody does", async () => {
    const group = conversationObject(await groupOf("public", owner, [second], "closed"));
    const handed = await group.handOver({ userId: id(owner), heirId: id(owner) });
    expect(handed).toMatchObject({ code: "forbidden", data: { refusal: "self" } });
    const nobody = await group.handOver({ userId: id(owner), heirId: id(newcomer) });
    expect(nobody).toMatchObject({ code: "not_found", data: { missing: "member" } });
    const person = { ...newcomer.user, id: id(newcomer), avatar: "" };
    const missing = "conversation";
    const joined = await group.join({ person, message: "" });
    expect(joined).toMatchObject({ code: "not_found", data: { missing, refusal: "rank" } });
    const closed = conversationObject(await groupOf("private", owner, [second], "free"));
    const never = await closed.join({ person, message: "" });
    expect(never).toMatchObject({ code: "not_found", data: { missing, refusal: "kind" } });
  });
});

test("what a tip keeps besides its body, as it was then, and that v1 shows nothing of it", async () => {
  const id = await groupOf("group", owner, [second, newcomer]);
  const change = (body: object) => ask(owner, id, "PATCH", `/members/${second.user.id}`, body);
  await change({ role: "admin" });
  await change({ role: "member" });
  await change({ muted_for_s: 60 });
  await change({ muted_for_s: 0 });
  await ask(owner, id, "DELETE", `/members/${second.user.id}`);
  await ask(owner, id, "PATCH", "", { name: "named anew", introduction: "hello" });
  await ask(newcomer, id, "POST", "/leave");
  await ask(owner, id, "POST", "/members", { user_ids: [second.user.id] });
  await send(owner, id, "no tip");

  const answer = await conversationObject(id).page({ userId: UserId.parse(owner.user.id), limit: 100 });
  const group = { groupName: "group", memberCount: 3 };
  const later = { groupName: "named anew", memberCount: 2 };
  expect(answer.ok && answer.value.items.map(({ systemMessage: tip }) => tip)).toEqual([
    { ...group, role: "admin" },
    { ...group, role: "member" },
    { ...group, mutedForS: 60 },
    { ...group, mutedForS: 0 },
    { ...group, memberCount: 2 },
    { ...later, profile: { name: "named anew", introduction: "hello" } },
    { ...later, memberCount: 1 },
    later,
    undefined,
  ]);
  const [role, ...rest] = (await page(owner, id)).items;
  expect(role?.body).toEqual({ event: "role", actor_id: owner.user.id, user_ids: [second.user.id] });
  for (const message of [role, ...rest]) expect(message).not.toHaveProperty("tip");
  // A list is given it with the last message.
  const joined = await groupOf("group", owner, [second]);
  await ask(owner, joined, "POST", "/members", { user_ids: [newcomer.user.id] });
  const told = await inboxObject(UserId.parse(owner.user.id)).list({ limit: 100 });
  const entry = told.ok && told.value.find(({ conversationId }) => conversationId === joined);
  expect(entry).toMatchObject({ preview: { systemMessage: { groupName: "group", memberCount: 3 } } });
});
