import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { Conversation } from "../../../src/surfaces/v1/conversations/conversation.ts";
import { ConversationList } from "../../../src/surfaces/v1/conversations/conversations.ts";
import { MemberPage } from "../../../src/surfaces/v1/conversations/members.ts";
import { MessagePage } from "../../../src/surfaces/v1/messages/messages.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect } from "../../support/clients/chat.ts";
import { type Answer, Blocks, Direct, type Entry, Group } from "./model.ts";
import type { Action } from "./steps.ts";

const Text = z.object({ text: z.string() });
const Tip = z.object({ event: z.string(), actor_id: z.int(), user_ids: z.array(z.int()) });
const Problem = z.object({ code: z.string() });

/** The expected state of everything, by the rules. */
class Model {
  readonly group: Group;
  readonly direct: Direct;
  readonly blocks: Blocks;

  constructor(group: Group, direct: Direct, blocks: Blocks) {
    this.group = group;
    this.direct = direct;
    this.blocks = blocks;
  }

  clone(): Model {
    return new Model(this.group.clone(), this.direct.clone(), this.blocks.clone());
  }
}

/** Four users, a group of two of them, and a direct conversation of these two. */
export class World {
  readonly #people: SignedIn[];
  readonly #groupId: number;
  readonly #directId: number;
  #model: Model;
  #texts = 0;

  private constructor(people: SignedIn[], groupId: number, directId: number, model: Model) {
    this.#people = people;
    this.#groupId = groupId;
    this.#directId = directId;
    this.#model = model;
  }

  static async make(people: [SignedIn, SignedIn, SignedIn, SignedIn]): Promise<World> {
    const [first, second] = people;
    const group = await createGroup(first, [second]);
    const direct = await openDirect(first, second);
    const [one, other] = [first.user.id, second.user.id];
    const model = new Model(new Group(one, [other]), new Direct([one, other]), new Blocks());
    return new World(people, group.id, direct.id, model);
  }

  /**
   * Runs these calls at the same time. The answers must match some order of the calls, and so must the
   * result.
   */
  async step(actions: readonly Action[]): Promise<void> {
    const told = actions.map((action) => ({ action, text: String(++this.#texts) }));
    const answers = await Promise.all(told.map(({ action, text }) => this.#perform(action, text)));
    const orders =
      told.length === 1
        ? [[0]]
        : [
            [0, 1],
            [1, 0],
          ];
    const outcomes = orders.map((order) => {
      const model = this.#model.clone();
      const wanted: (Answer | null)[] = [];
      for (const nth of order) {
        const one = told[nth];
        if (one) wanted[nth] = this.#apply(model, one.action, one.text);
      }
      return { model, wanted };
    });
    const fitting = outcomes.filter(({ wanted }) => JSON.stringify(wanted) === JSON.stringify(answers));
    if (fitting.length === 0) expect(answers, JSON.stringify(actions)).toEqual(outcomes[0]?.wanted);
    this.#model = (await this.#asLogged(fitting.map(({ model }) => model))) ?? this.#model;
    await this.check();
  }

  /** Asserts that everything each user sees follows the rules. */
  async check(): Promise<void> {
    await Promise.all(this.#people.map((person) => this.#check(person)));
  }

  async #check({ token, user }: SignedIn): Promise<void> {
    const { group, direct, blocks } = this.#model;
    const list = ConversationList.parse((await call("GET", "/v1/conversations?limit=100", { token })).body);
    const listed = list.items.find(({ id }) => id === this.#groupId);
    const path = `/v1/conversations/${this.#groupId}`;
    const asked = await call("GET", path, { token });
    const member = group.members.get(user.id);
    if (!member) {
      expect(listed, "who is no member has it in no list").toBeUndefined();
      for (const part of ["", "/messages", "/members", "/receipts"]) {
        expect((await call("GET", path + part, { token })).status, part).toBe(404);
      }
    } else {
      const expected = {
        role: member.role,
        owner_id: group.owner,
        join_policy: group.joinPolicy,
        member_count: group.members.size,
        last_seq: group.log.length,
        read_seq: member.readSeq,
        unread_count: group.unread(user.id),
      };
      expect(Conversation.parse(asked.body), `the group for ${user.id}`).toMatchObject(expected);
      expect(listed, `the list of ${user.id}`).toMatchObject(expected);
      expect(await this.#history(this.#groupId, token), `history of ${user.id}`).toEqual(
        group.history(user.id),
      );
      const members = MemberPage.parse((await call("GET", `${path}/members?limit=100`, { token })).body);
      const roles = members.items.map(({ user: { id }, role, muted_until }) => [id, role, muted_until > 0]);
      const wantedRoles = [...group.members].map(([id, { role }]) => [id, role, group.muted.has(id)]);
      expect(roles.sort(), "members").toEqual(wantedRoles.sort());
    }
    if (!direct.people.includes(user.id)) return;
    const talk = list.items.find(({ id }) => id === this.#directId);
    expect(talk !== undefined, "the direct one is listed").toBe(direct.isListed(user.id));
    if (talk) {
      expect(talk).toMatchObject({
        unread_count: direct.unread(user.id),
        disabled: blocks.between(...direct.people),
      });
    }
    expect(await this.#history(this.#directId, token)).toEqual(direct.history(user.id));
  }

  /** Of the orders that explain the answers, one that also explains the histories. */
  async #asLogged(models: Model[]): Promise<Model | undefined> {
    if (models.length < 2) return models[0];
    const seen = await Promise.all(
      this.#people.map(async ({ user, token }) => ({
        id: user.id,
        group: JSON.stringify(await this.#history(this.#groupId, token)),
        direct: JSON.stringify(await this.#history(this.#directId, token)),
      })),
    );
    const explains = ({ group, direct }: Model) =>
      seen.every(
        ({ id, ...has }) =>
          has.group === JSON.stringify(group.members.has(id) ? group.history(id) : []) &&
          has.direct === JSON.stringify(direct.people.includes(id) ? direct.history(id) : []),
      );
    return models.find(explains) ?? models[0];
  }

  async #history(id: number, token: string): Promise<Entry[]> {
    const answer = await call("GET", `/v1/conversations/${id}/messages?limit=100`, { token });
    if (answer.status !== 200) return [];
    return MessagePage.parse(answer.body).items.map(({ seq, sender, kind, body }) => ({
      seq,
      sender: sender.id,
      ...(kind === "tip" ? { tip: Tip.parse(body) } : { text: Text.parse(body).text }),
    }));
  }

  #apply({ group, direct, blocks }: Model, action: Action, text: string): Answer | null {
    const id = (nth: number) => this.#person(nth).user.id;
    switch (action.do) {
      case "say":
        return group.say(id(action.who), text);
      case "read":
        return group.read(id(action.who), this.#model.group.log.length);
      case "join":
        return group.join(id(action.who));
      case "leave":
        return group.leave(id(action.who));
      case "add":
        return group.add(id(action.who), id(action.whom), blocks);
      case "remove":
        return group.remove(id(action.who), id(action.whom));
      case "role":
        return group.setRole(id(action.who), id(action.whom), action.role);
      case "mute":
        return group.mute(id(action.who), id(action.whom), action.on);
      case "ban":
        return group.ban(id(action.who), id(action.whom), action.on);
      case "owner":
        return group.handOver(id(action.who), id(action.whom));
      case "policy":
        return group.setPolicy(id(action.who), action.policy);
      case "decide":
        return group.decide(id(action.who), action.id, action.accept);
      case "block":
        if (action.who === action.whom) return { status: 400, code: "validation_failed" };
        return blocks.set(id(action.who), id(action.whom), action.on);
      case "whisper":
        return direct.say(id(action.who), text, blocks);
      case "clear":
        return direct.clear(id(action.who));
      case "evict":
      case "alarm":
        return null;
    }
  }

  async #perform(action: Action, text: string): Promise<Answer | null> {
    const stub = env.CONVERSATION.getByName(String(this.#groupId));
    if (action.do === "evict") {
      // An object that is not running cannot be evicted.
      await evictDurableObject(stub).catch(() => undefined);
      return null;
    }
    if (action.do === "alarm") {
      await runInDurableObject(stub, (_, { storage }) => void storage.sql.exec("UPDATE jobs SET due = 1"));
      await runDurableObjectAlarm(stub);
      return null;
    }
    const { token } = this.#person(action.who);
    const [method, path, body] = await this.#call(action, text);
    const answer = await call(method, path, { token, ...(body !== undefined && { body }) });
    const problem = answer.status >= 400 ? Problem.parse(answer.body) : undefined;
    return { status: answer.status, ...(problem && { code: problem.code }) };
  }

  async #call(
    action: Exclude<Action, { do: "evict" | "alarm" }>,
    text: string,
  ): Promise<[method: string, path: string, body?: unknown]> {
    const path = `/v1/conversations/${this.#groupId}`;
    const id = (nth: number) => this.#person(nth).user.id;
    const said = { kind: "text", body: { text } };
    switch (action.do) {
      case "say":
        return ["POST", `${path}/messages`, said];
      case "read":
        return ["PUT", `${path}/read`, { seq: this.#model.group.log.length }];
      case "join":
        return ["POST", `${path}/join`, {}];
      case "leave":
        return ["POST", `${path}/leave`];
      case "add":
        return ["POST", `${path}/members`, { user_ids: [id(action.whom)] }];
      case "remove":
        return ["DELETE", `${path}/members/${id(action.whom)}`];
      case "role":
        return ["PATCH", `${path}/members/${id(action.whom)}`, { role: action.role }];
      case "mute":
        return ["PATCH", `${path}/members/${id(action.whom)}`, { muted_for_s: action.on ? 3_600 : 0 }];
      case "ban":
        return [action.on ? "PUT" : "DELETE", `${path}/bans/${id(action.whom)}`];
      case "owner":
        return ["POST", `${path}/owner`, { user_id: id(action.whom) }];
      case "policy":
        return ["PATCH", path, { join_policy: action.policy }];
      case "decide":
        return ["POST", `${path}/applications/${action.id}`, { action: action.accept ? "accept" : "reject" }];
      case "block":
        return [action.on ? "PUT" : "DELETE", `/v1/blocks/${id(action.whom)}`];
      case "whisper":
        return ["POST", `/v1/conversations/${this.#directId}/messages`, said];
      case "clear":
        return ["DELETE", `/v1/conversations/${this.#directId}`];
    }
  }

  #person(nth: number): SignedIn {
    const person = this.#people[nth];
    if (!person) throw new Error(`there is no person ${nth}`);
    return person;
  }
}
