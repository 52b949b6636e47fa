import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Role } from "../../../src/domain/conversations/group-kind.ts";
import { PlainPolicyName } from "../../../src/domain/conversations/group-kind.ts";
import { type ConversationId, UserId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { Answer, SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  getConversation,
  insertUsers,
  listedConversation,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { conversationObject, inboxObject, itemAt } from "../../support/objects/room.ts";
import { sampledPairs } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { v1 } from "../../surfaces/v1/driver.ts";

// A short cooldown: lists are polled, and each poll costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

/** The rights in one kind of group, by role. */
interface Rules {
  join: "as set" | "free" | "never";
  approve: Role[];
  invite: Role[];
  invitations: Role[];
  edit: Role[];
  remove: Role[];
  mute: Role[];
  roles: Role[];
  handOver: Role[];
  dissolve: Role[];
  react: Role[];
  ownerLeaves: boolean;
  poll: Role[];
  history: boolean;
  unread: boolean;
  editHistory: Role[];
  customData: Role[];
}

const MANAGERS: Role[] = ["owner", "admin"];
const ALL: Role[] = ["owner", "admin", "member"];

const OWNER: Role[] = ["owner"];

const USUAL: Rules = {
  ...{ join: "as set", approve: MANAGERS, invitations: MANAGERS, invite: MANAGERS },
  ...{ edit: MANAGERS, remove: MANAGERS, mute: MANAGERS },
  ...{ roles: OWNER, handOver: OWNER, dissolve: OWNER, ownerLeaves: false },
  ...{ react: ALL, poll: ALL, history: false, unread: true, editHistory: ALL, customData: ALL },
};

/** The product's rules, written independently of the code. */
const RULES: Record<PlainPolicyName, Rules> = {
  group: USUAL,
  private: {
    ...{ ...USUAL, join: "never", invite: ALL, edit: ALL, remove: OWNER, mute: [], roles: [] },
    ...{ dissolve: [], ownerLeaves: true },
  },
  public: { ...USUAL, invite: [] },
  chatroom: { ...USUAL, join: "free", invite: [], history: true, unread: false, editHistory: MANAGERS },
  community: { ...USUAL, join: "free", invite: ALL, history: true },
  livestream: {
    ...{ ...USUAL, join: "free", invite: [], edit: OWNER, remove: [], mute: OWNER, roles: [], handOver: [] },
    ...{ unread: false, editHistory: MANAGERS, customData: [] },
  },
};

let owner: SignedIn;
let secondMember: SignedIn;
let newcomer: SignedIn;

beforeAll(async () => {
  [owner, secondMember, newcomer] = await signedInUsers(3);
});

/** A poll, as it is sent. */
const POLL = {
  kind: "poll",
  body: { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 },
};

const Action = z.enum([
  "approve",
  "invite",
  "invitations",
  "edit",
  "remove",
  "mute",
  "roles",
  "handOver",
  "react",
  "poll",
]);
type Action = z.infer<typeof Action>;

/** Each action as a call, on a member or on a user who is no member. */
const ACTIONS: Record<
  Action,
  (who: SignedIn, id: number, subject: number, outsider: number) => Promise<Answer>
> = {
  approve: (who, id) => ask(who, id, "GET", "/applications"),
  invite: (who, id, _, outsider) => ask(who, id, "POST", "/members", { user_ids: [outsider] }),
  invitations: (who, id) => ask(who, id, "POST", "/invitations", {}),
  edit: (who, id) => ask(who, id, "PATCH", "", { name: "renamed" }),
  remove: (who, id, subject) => ask(who, id, "DELETE", `/members/${subject}`),
  mute: (who, id, subject) => ask(who, id, "PATCH", `/members/${subject}`, { muted_for_s: 60 }),
  poll: (who, id) => ask(who, id, "POST", "/messages", POLL),
  roles: (who, id, subject) => ask(who, id, "PATCH", `/members/${subject}`, { role: "admin" }),
  handOver: (who, id, subject) => ask(who, id, "POST", "/owner", { user_id: subject }),
  react: async (who, id) => {
    const { seq } = await send(who, id, "hello");
    return ask(who, id, "PUT", `/messages/${seq}/reactions/:yes:`);
  },
};
const KINDS = PlainPolicyName.options.map((policy) => [policy, RULES[policy]] as const);

// Where the owner cannot set roles, nobody becomes an admin.
const WITH_ADMINS = KINDS.filter(([, { roles }]) => roles.length > 0);
const WITHOUT_ADMINS = KINDS.filter(([, { roles }]) => roles.length === 0);
const ROLES_BY_KIND = [
  ...sampledPairs(WITH_ADMINS, ALL),
  ...sampledPairs(WITHOUT_ADMINS, ["owner", "member"] as const),
  ...WITHOUT_ADMINS.map((kind) => [kind, "admin"] as const),
];

test.each(ROLES_BY_KIND.map(([[policy, rules], role]) => [policy, role, rules] as const))(
  "in a group of kind %s the %s may do what the rules allow",
  async (policy, role, rules) => {
    const users = await insertUsers(11);
    const subjects = users.slice(0, 10);
    const id = await createGroupOfKind(policy, owner, [secondMember, ...subjects]);
    if (role === "admin") {
      const promotion = await ask(owner, id, "PATCH", `/members/${secondMember.user.id}`, { role: "admin" });
      expect(promotion.status).toBe(rules.roles.includes("owner") ? 200 : 403);
      if (promotion.status === 403) return;
    }
    const who = role === "owner" ? owner : secondMember;
    for (const [i, action] of Action.options.entries()) {
      const outsider = itemAt(users, 10).user.id;
      const answer = await ACTIONS[action](who, id, itemAt(subjects, i).user.id, outsider);
      const allowed = [{ remove: 204, invitations: 201, poll: 201 }[String(action)] ?? 200];
      expect(
        rules[action].includes(role) ? allowed : [403],
        `${action}: ${JSON.stringify(answer.body)}`,
      ).toEqual([answer.status]);
    }
  },
);

const POLICIES = ["free", "approval", "closed"] as const;
test.each(sampledPairs(KINDS, POLICIES).map(([[policy, rules], set]) => [policy, set, rules] as const))(
  "in a group of kind %s a user joins with policy %s as the kind allows",
  async (policy, set, rules) => {
    const id = await createGroupOfKind(policy, owner, [secondMember], set);
    const way = rules.join === "as set" ? set : rules.join === "free" ? "free" : "closed";
    const answer = await ask(newcomer, id, "POST", "/join", { message: "me" });
    const expected = { free: "joined", approval: "requested", closed: undefined }[way];
    expect(answer).toMatchObject(expected ? { status: 200, body: { state: expected } } : { status: 404 });
    expect((await ask(newcomer, id, "GET", "/messages")).status).toBe(way === "free" ? 200 : 404);
  },
);

const APIS_BY_KIND = sampledPairs(PlainPolicyName.options, DRIVERS);

describe.each(KINDS)("in a group of kind %s", (policy, rules) => {
  const drivers = APIS_BY_KIND.filter(([kind]) => kind === policy).map(([, driver]) => driver);

  test("members edit what they wrote, and see what it said before where the rules allow", async () => {
    const id = await createGroupOfKind(policy, owner, [secondMember, newcomer]);
    if (rules.roles.includes("owner"))
      await ask(owner, id, "PATCH", `/members/${secondMember.user.id}`, { role: "admin" });
    const sent = await send(newcomer, id, "helo");
    const edit = { body: { text: "hello" }, base_version: 1 };
    expect((await ask(newcomer, id, "PATCH", `/messages/${sent.seq}`, edit)).status).toBe(200);
    const readers = [owner, secondMember, newcomer];
    const roles: Role[] = ["owner", rules.roles.includes("owner") ? "admin" : "member", "member"];
    for (const [i, who] of readers.entries()) {
      const { status } = await ask(who, id, "GET", `/messages/${sent.seq}/edits`);
      expect(status, roles[i]).toBe(rules.editHistory.includes(itemAt(roles, i)) ? 200 : 403);
    }
    const userId = UserId.parse(secondMember.user.id);
    const custom = { data: "x", baseVersion: 0 };
    const marked = await conversationObject(id).editMessage({ userId, seq: sent.seq, custom });
    expect(marked.ok).toBe(rules.customData.includes(itemAt(roles, 1)));
  });

  test("only the allowed roles dissolve it", async () => {
    for (const role of ["member", "owner"] as const) {
      const id = await createGroupOfKind(policy, owner, [secondMember]);
      const userId = UserId.parse((role === "owner" ? owner : secondMember).user.id);
      const answer = await conversationObject(id).dissolve({ userId });
      expect(answer.ok, role).toBe(rules.dissolve.includes(role));
      expect((await ask(secondMember, id, "GET", "")).status).toBe(answer.ok ? 404 : 200);
    }
  });

  test("the owner leaves only where the kind allows it, and then the longest member follows", async () => {
    const id = await createGroupOfKind(policy, owner, [secondMember, newcomer]);
    const answer = await ask(owner, id, "POST", "/leave");
    expect(answer.status).toBe(rules.ownerLeaves ? 204 : 409);
    // Both joined at the creation, so the lower id decides.
    const follower = rules.ownerLeaves ? secondMember : owner;
    expect(await getConversation(secondMember, id)).toMatchObject({ owner_id: follower.user.id });
    expect((await getConversation(follower, id)).role).toBe("owner");
    const row = "SELECT owner_id FROM conversations WHERE id = ?";
    expect(await env.DB.prepare(row).bind(id).first()).toEqual({ owner_id: follower.user.id });
  });

  test("a newcomer's history and unread count follow the kind", async () => {
    const id = await createGroupOfKind(policy, owner, [secondMember], "free");
    await send(owner, id, "before");
    const joining = await ask(newcomer, id, "POST", "/join", {});
    if (joining.status === 404) {
      await ask(secondMember, id, "POST", "/members", { user_ids: [newcomer.user.id] });
    }
    const visible = (await page(newcomer, id)).items.map(({ seq }) => seq);
    expect(visible).toEqual(rules.history ? [1, 2] : [2]);
    expect((await listedConversation(newcomer, id)).unread_count).toBe(0);
    await send(owner, id, "after");
    const unread = { unread_count: rules.unread ? 1 : 0 };
    expect(await getConversation(newcomer, id)).toMatchObject(unread);
    // Lists of groups are updated a moment later.
    await eventually(async () => expect(await listedConversation(newcomer, id)).toMatchObject(unread));
    const both = { unread_count: rules.unread ? 2 : 0 };
    await eventually(async () => expect(await listedConversation(secondMember, id)).toMatchObject(both));
  });

  test("earlier messages are visible to a newcomer on every API or on none", async () => {
    const id = await createGroupOfKind(policy, owner, [secondMember], "free");
    await send(owner, id, "said before");
    const joining = await ask(newcomer, id, "POST", "/join", {});
    if (joining.status === 404)
      await ask(secondMember, id, "POST", "/members", { user_ids: [newcomer.user.id] });
    await send(owner, id, "said after");
    const all = ["said before", "said after"];
    for (const driver of drivers) {
      for (const [who, expected] of [
        [secondMember, all],
        [newcomer, rules.history ? all : ["said after"]],
      ] as const) {
        const visible = await driver.history?.(who, id);
        if (visible)
          expect(
            visible.map(({ text }) => text),
            driver.name,
          ).toEqual(expected);
        const found = await driver.search?.(who, id, "said");
        if (found)
          expect(
            found.map(({ text }) => text),
            driver.name,
          ).toEqual(expected);
      }
    }
  });

  test("a mute for all lets only the owner and admins write, on every API", async () => {
    const id = await createGroupOfKind(policy, owner, [secondMember, newcomer]);
    if (rules.roles.includes("owner"))
      await ask(owner, id, "PATCH", `/members/${secondMember.user.id}`, { role: "admin" });
    const mute = (muteAll: boolean) =>
      conversationObject(id).edit({ userId: UserId.parse(owner.user.id), change: { muteAll } });
    if (rules.mute.length === 0) {
      expect(await mute(true)).toMatchObject({ code: "forbidden", data: { refusal: "kind" } });
      return;
    }
    expect((await mute(true)).ok).toBe(true);
    for (const driver of drivers) {
      if (!driver.send) continue;
      await driver.send(owner, id, driver.name);
      if (rules.roles.includes("owner")) await driver.send(secondMember, id, driver.name);
      await expect(driver.send(newcomer, id, "not heard"), driver.name).rejects.toThrow();
    }
    const refused = await ask(newcomer, id, "POST", "/messages", {
      kind: "text",
      body: { text: "not heard" },
    });
    expect(refused).toMatchObject({ status: 403, body: { code: "forbidden", policy: "may_write" } });
    expect(await storedInConversation(id)).not.toContain("not heard");
    // The conversation decides alone: D1 has a copy, which is not asked.
    await env.DB.prepare("UPDATE conversations SET mute_all = 0 WHERE id = ?").bind(id).run();
    await expect(v1.send(newcomer, id, "not heard")).rejects.toThrow();
    expect((await mute(false)).ok).toBe(true);
    for (const driver of drivers) await driver.send?.(newcomer, id, `${driver.name} again`);
  });
});

test("a mute for all lets no later message through", async () => {
  const id = await createGroupOfKind("public", owner, [secondMember]);
  const post = () => ask(secondMember, id, "POST", "/messages", { kind: "text", body: { text: "said" } });
  const mute = () =>
    conversationObject(id).edit({ userId: UserId.parse(owner.user.id), change: { muteAll: true } });
  const calls = Array.from({ length: 50 }, (_, i) => (i === 25 ? mute() : post()));
  const statuses = (await Promise.all(calls)).flatMap((answer) =>
    "status" in answer ? [answer.status] : [],
  );
  const { items } = await page(owner, id, "?limit=100");
  const systemMessageIndex = items.findIndex(({ kind }) => kind === "tip");
  expect(systemMessageIndex).toBe(items.length - 1);
  expect(statuses.filter((status) => status === 201).length).toBe(systemMessageIndex);
  expect(statuses.filter((status) => status === 403).length).toBe(49 - systemMessageIndex);
});

describe("the reason of a refusal", () => {
  const id = ({ user }: SignedIn) => UserId.parse(user.id);

  /** One group of each kind, reused as long as changes are refused. */
  const groups = new Map<PlainPolicyName, ConversationId>();

  /** The code and reason with which a change of a member is refused; undefined if it succeeds. */
  async function refusal(
    policy: PlainPolicyName,
    actor: SignedIn,
    target: SignedIn,
    change: { role?: "admin"; mutedForS?: number; nameCard?: string },
  ) {
    const group = groups.get(policy) ?? (await createGroupOfKind(policy, owner, [secondMember, newcomer]));
    const answer = await conversationObject(group).changeMember({
      ...{ userId: id(actor), targetId: id(target), change },
    });
    if (answer.ok) groups.delete(policy);
    else groups.set(policy, group);
    if (answer.ok) return undefined;
    const { code, data } = answer;
    return [code, data?.refusal, ...(data?.policy ? [data.policy] : [])];
  }

  test("is the kind before the role, and the role before `self` for setting admins", async () => {
    const role = "admin";
    expect(await refusal("private", owner, secondMember, { role })).toEqual(["forbidden", "kind", "private"]);
    expect(await refusal("livestream", secondMember, secondMember, { role })).toEqual([
      "forbidden",
      "kind",
      "livestream",
    ]);
    expect(await refusal("public", secondMember, newcomer, { role })).toEqual(["forbidden", "rank"]);
    expect(await refusal("public", secondMember, secondMember, { role })).toEqual(["forbidden", "rank"]);
    expect(await refusal("public", owner, owner, { role })).toEqual(["forbidden", "self"]);
    expect(await refusal("public", owner, secondMember, { role })).toBeUndefined();
  });

  test("is `self` for muting oneself, in all kinds and roles", async () => {
    for (const policy of PlainPolicyName.options) {
      for (const who of [owner, secondMember]) {
        expect(await refusal(policy, who, who, { mutedForS: 5 })).toEqual(["forbidden", "self"]);
      }
    }
    const asPrivate = ["forbidden", "kind", "private"];
    expect(await refusal("private", owner, secondMember, { mutedForS: 5 })).toEqual(asPrivate);
    expect(await refusal("group", secondMember, newcomer, { mutedForS: 5 })).toEqual(["forbidden", "rank"]);
    expect(await refusal("private", secondMember, newcomer, { nameCard: "x" })).toEqual([
      "forbidden",
      "rank",
    ]);
  });

  test("is given for handing over to oneself and for joining a closed group", async () => {
    const group = conversationObject(await createGroupOfKind("public", owner, [secondMember], "closed"));
    const selfAnswer = await group.handOver({ userId: id(owner), successorId: id(owner) });
    expect(selfAnswer).toMatchObject({ code: "forbidden", data: { refusal: "self" } });
    const outsiderAnswer = await group.handOver({ userId: id(owner), successorId: id(newcomer) });
    expect(outsiderAnswer).toMatchObject({ code: "not_found", data: { missing: "member" } });
    const person = { ...newcomer.user, id: id(newcomer), avatar: "" };
    const missing = "conversation";
    const joined = await group.join({ person, message: "" });
    expect(joined).toMatchObject({ code: "not_found", data: { missing, refusal: "rank" } });
    const closed = conversationObject(await createGroupOfKind("private", owner, [secondMember], "free"));
    const never = await closed.join({ person, message: "" });
    expect(never).toMatchObject({ code: "not_found", data: { missing, refusal: "kind" } });
  });
});

test("a system message keeps group name, member count and change as of its time, of which v1 shows the change", async () => {
  const id = await createGroupOfKind("group", owner, [secondMember, newcomer]);
  const change = (body: object) => ask(owner, id, "PATCH", `/members/${secondMember.user.id}`, body);
  await change({ role: "admin" });
  await change({ role: "member" });
  await change({ muted_for_s: 60 });
  await change({ muted_for_s: 0 });
  await ask(owner, id, "DELETE", `/members/${secondMember.user.id}`);
  await ask(owner, id, "PATCH", "", { name: "named anew", introduction: "hello" });
  await ask(newcomer, id, "POST", "/leave");
  await ask(owner, id, "POST", "/members", { user_ids: [secondMember.user.id] });
  await send(owner, id, "no tip");

  const answer = await conversationObject(id).page({ userId: UserId.parse(owner.user.id), limit: 100 });
  const group = { groupName: "group", memberCount: 3 };
  const later = { groupName: "named anew", memberCount: 2 };
  expect(answer.ok && answer.value.items.map(({ systemMessage }) => systemMessage)).toEqual([
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
  const [role, ...otherMessages] = (await page(owner, id)).items;
  const users = { actor_id: owner.user.id, user_ids: [secondMember.user.id] };
  expect(role?.body).toEqual({ event: "role", ...users, role: "admin" });
  for (const message of [role, ...otherMessages]) expect(message).not.toHaveProperty("tip");
  // The list's preview has them too.
  const joined = await createGroupOfKind("group", owner, [secondMember]);
  await ask(owner, joined, "POST", "/members", { user_ids: [newcomer.user.id] });
  const listAnswer = await inboxObject(UserId.parse(owner.user.id)).list({ limit: 100 });
  const entry = listAnswer.ok && listAnswer.value.find(({ conversationId }) => conversationId === joined);
  expect(entry).toMatchObject({ preview: { systemMessage: { groupName: "group", memberCount: 3 } } });
});
