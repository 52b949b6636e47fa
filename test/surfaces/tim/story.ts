import { expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt } from "../../support/objects/room.ts";
import { nameOf, tim } from "./client.ts";

/** A call and its answer. */
export interface Step {
  who: string;
  path: string;
  body: unknown;
  answer: Answer;
}

/**
 * What a call answers: `data`, as far as it is written here, or a code; `"70402 count"`: a code, and what its
 * message names. Of v1 it is the body, or a status. 0: it succeeds.
 */
type Answer = object | number | string;

/** An answer that is this, and nothing more. */
class Exactly {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}
export const exactly = (value: unknown): object => new Exactly(value);

/** A whole answer, with what stands beside its `data`. */
class Whole {
  readonly body: object;
  constructor(body: object) {
    this.body = body;
  }
}
export const whole = (body: object): object => new Whole(body);

/**
 * A call and its answer. In strings `{ann}` is Ann's userID and `{ann.id}` her number. Another name in
 * braces, which stands alone in an answer for the first time, takes the value that is there, and has it in
 * all later steps.
 * @param who `ann until`: the answer comes a little later. `nobody` has no token
 * @param path of this API, or a method and path of v1
 */
export const ask = (who: string, path: string, body: unknown = {}, answer: Answer = 0): Step => ({
  ...{ who, path, body, answer },
});

/** The first names that stories use; each story makes users for those that it uses. */
const NAMES = ["ann", "bob", "cid", "dan"] as const;

/** The values of the names in braces. */
type Values = Map<string, string | number>;

/** A test that makes calls in turn, and asserts their answers. */
export function story(title: string, steps: Step[]): void {
  test(title, () => play(steps));
}

/** Plays a story. @returns its users, by first name */
export async function play(steps: Step[], people?: Map<string, SignedIn>): Promise<Map<string, SignedIn>> {
  const used = NAMES.filter((name) => JSON.stringify(steps).includes(name));
  const users =
    people ?? new Map((await signedInUsers(used.length)).map((user, i) => [itemAt(used, i), user]));
  const values: Values = new Map();
  for (const [name, user] of users) values.set(name, nameOf(user)).set(`${name}.id`, user.user.id);
  for (const { who, path, body, answer } of steps) {
    const [name = "", waits] = who.split(" ");
    const take = async () => {
      const given = await answered(users.get(name), filled(path, values), filled(body, values));
      expectAnswer(`${who} ${path}`, given, answer, values);
    };
    await (waits === "until" ? eventually(take) : take());
  }
  return users;
}

const Envelope = z.looseObject({ code: z.int(), msg: z.string() });
const Refusal = z.strictObject({ code: z.int(), msg: z.string().min(1), data: z.looseObject({}) });

/** The outcome of a call, 0 or a code, and what it has answered: `data` and all, or why not. */
interface Given {
  code: number;
  data: unknown;
  body: unknown;
}

async function answered(who: SignedIn | undefined, path: unknown, body: unknown): Promise<Given> {
  const [method = "", ofV1] = String(path).split(" ");
  if (ofV1 !== undefined) {
    const sent = method === "GET" ? {} : { body };
    const { status, body: got } = await call(method, ofV1, {
      ...(who && { token: who.token }),
      ...sent,
    });
    return { code: status < 300 ? 0 : status, data: got, body: got };
  }
  const { status, body: got } = await tim(who, method, body);
  const { code, msg, data } = Envelope.parse(got);
  if (code !== 0) Refusal.parse(got);
  expect([200, code]).toContain(status);
  return { code, data: code === 0 ? data : msg, body: got };
}

function expectAnswer(step: string, { code, data, body }: Given, answer: Answer, values: Values): void {
  if (answer instanceof Whole) return void expectLike(step, body, answer.body, values);
  const [outcome = 0, naming = ""] = typeof answer === "object" ? [] : String(answer).split(/ (.*)/);
  expect([code, code === Number(outcome) ? "" : data], step).toEqual([Number(outcome), ""]);
  if (naming !== "") expect(data, step).toEqual(expect.stringContaining(naming));
  if (answer instanceof Exactly) return void expect(data, step).toEqual(filled(answer.value, values));
  if (typeof answer === "object") expectLike(step, { data }, { data: answer }, values);
}

function expectLike(step: string, given: unknown, meant: object, values: Values): void {
  bind(meant, given, values);
  expect(given, step).toMatchObject(Object(filled(meant, values)));
}

const NAME = /\{([a-z]\w*(?:\.id)?)\}/g;

/** Gives names that have no value yet those of the answer. */
function bind(answer: unknown, given: unknown, values: Values): void {
  if (typeof answer === "string") {
    const name = /^\{(\w+)\}$/.exec(answer)?.[1];
    if (name && !values.has(name)) values.set(name, z.union([z.string(), z.number()]).parse(given));
  }
  if (!isPlain(answer) || typeof given !== "object" || given === null) return;
  const there = new Map(Object.entries(given));
  for (const [key, inner] of Object.entries(answer)) bind(inner, there.get(key), values);
}

/** With values in place of names. */
function filled(part: unknown, values: Values): unknown {
  if (typeof part === "string") {
    const alone = /^\{([\w.]+)\}$/.exec(part)?.[1];
    if (alone !== undefined) return known(alone, values);
    return part.replaceAll(NAME, (_, name: string) => String(known(name, values)));
  }
  if (Array.isArray(part)) return part.map((item) => filled(item, values));
  if (!isPlain(part)) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, inner]) => [String(filled(key, values)), filled(inner, values)]),
  );
}

/** An array or an object of this file's data, and no matcher. */
function isPlain(part: unknown): part is object {
  if (typeof part !== "object" || part === null) return false;
  return Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype;
}

function known(name: string, values: Values): string | number {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no step before has given ${name}`);
  return value;
}

/** Somebody's new group with others, which gets this name. */
export function group(name: string, owner: string, others: string[], fields: object = {}): Step {
  const memberList = others.map((other) => ({ userID: `{${other}}` }));
  const body = { name, type: "Public", memberList, ...fields };
  return ask(owner, "/group/createGroup", body, { group: { groupID: `{${name}}` } });
}

let sends = 0;

/** A message in a conversation, whose ID gets a name: the first word. @param more fields besides a text */
export function says(who: string, conversationID: string, text: string, more: object = {}): Step {
  const [, conversationType = "", to = ""] = /^(C2C|GROUP)(.*)$/.exec(conversationID) ?? [];
  const ID = `{${who}}-${Date.now()}-${++sends}`;
  const body = { ID, to, conversationType, payload: { text }, ...more };
  return ask(who, "/message/sendMessage", body, { message: { ID: `{${text.split(" ")[0]}}` } });
}

/** A draft, whose ID gets a name. @param to where it goes, and fields besides the payload */
export const drafts = (who: string, name: string, to: object, payload: object, answer: object = {}): Step =>
  ask(who, "/message/createMessage", { ...to, payload }, { ID: `{${name}}`, ...answer });

/** Bodies that are refused: with each of the wrong values of each field in turn. */
export function refused(
  who: string,
  path: string,
  body: object,
  answer: Answer,
  wrong: Record<string, unknown[]>,
) {
  return Object.entries(wrong).flatMap(([field, values]) =>
    values.map((value) => ask(who, path, { ...body, [field]: value }, answer)),
  );
}
