import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Role } from "../../src/core/conversation.ts";
import { UserId } from "../../src/core/ids.ts";
import { PolicyName } from "../../src/core/policies.ts";
import { type Answer, call, type SignedIn } from "../support/api.ts";
import { crowd, getConversation, listed, page, send } from "../support/chat.ts";
import { groupOf } from "../support/core.ts";
import { conversationObject, nth, people } from "../support/room.ts";

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
  const all = await people(3);
  [owner, second, newcomer] = [nth(all, 0), nth(all, 1), nth(all, 2)];
});

function ask({ token }: SignedIn, id: number, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/v1/conversations/${id}${path}`, { token, ...(body !== undefined && { body }) });
}

const Deed = z.enum(["approve", "invite", "edit", "remove", "mute", "roles", "handOver"]);
type Deed = z.infer<typeof Deed>;

/** Each deed as a call, on a member of its own or on somebody who is none. */
const DEEDS: Record<Deed, (who: SignedIn, id: number, subject: number, other: number) => Promise<Answer>> = {
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
    const crowded = await crowd(8);
    const subjects = crowded.slice(0, 7);
    const id = await groupOf(policy, owner, [second, ...subjects]);
    if (role === "admin") {
      const made = await ask(owner, id, "PATCH", `/members/${second.user.id}`, { role: "admin" });
      // Where nobody makes admins there are none.
      expect(made.status).toBe(rules.roles.includes("owner") ? 200 : 403);
      if (made.status === 403) return;
    }
    const who = role === "owner" ? owner : second;
    for (const [i, deed] of Deed.options.entries()) {
      const other = nth(crowded, 7).user.id;
      const answer = await DEEDS[deed](who, id, nth(subjects, i).user.id, other);
      const allowed = deed === "remove" ? [204] : [200];
      expect(rules[deed].includes(role) ? allowed : [403], `${deed}: ${JSON.stringify(answer.body)}`).toEqual(
        [answer.status],
      );
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
    expect(await listed(newcomer, id)).toMatchObject(unread);
    expect(await listed(second, id)).toMatchObject({ unread_count: rules.unread ? 2 : 0 });
  });
});
