import { expect } from "vitest";
import { z } from "zod";
import { befriend } from "../accounts/friends.ts";
import { signedInUsers } from "../accounts/users.ts";
import type { SignedIn } from "../clients/api.ts";
import { send } from "../clients/chat.ts";
import { type WireCall, wire } from "../clients/wire.ts";
import { eventually } from "../eventually.ts";
import { itemAt } from "../objects/room.ts";
import { differences, fill, fillText, type Values } from "./matching.ts";

/**
 * A story of calls and their answers, as a text to read beside an API's document:
 *
 *     # what holds, the name of the test
 *     friends: ann bob, ann cas
 *     ann: POST /user/get_or_create_private_conversation/ {"friend": "{bob.id}"}
 *     200 {"code": 0, "info": "Succeed", "conversation_id": "<int talk>", "silent": false}
 *     ann says {talk} hello
 *     bob: GET /v1/conversations/{talk}
 *     200 with {"unread_count": 1}
 *
 * `ann:` is who calls, with their credentials in the API's form (`nobody:` without); everybody who is
 * named is a new user, with `{ann.id}`, `{ann.digits}` (the id as a text), `{ann.name}` and `{ann.token}`.
 * Headers are on the lines below a call, and so are settings of the server, `setting NAME: value`. `<int
 * talk>` matches any integer, and is `{talk}` from then on. `with` lets an answer have more fields, `soon`
 * repeats a call until it is answered so, and a status alone says nothing of the body. `each x: [1, 2]`
 * repeats the next call for each `{x}`. `says` sends a text, or a message in JSON, over v1. A text may go
 * on in the next lines. A comment begins with `//`.
 */
export interface Story {
  name: string;
  steps: Step[];
}

type Step = Friends | Said | Call;
interface Friends {
  kind: "friends";
  pairs: [string, string][];
}
interface Said {
  kind: "says";
  who: string;
  where: string;
  text: string;
}
interface Call {
  kind: "call";
  who: string;
  method: string;
  path: string;
  headers: [string, string][];
  /** settings that replace the server's own */
  settings: Record<string, string>;
  body: string;
  /** the values of the line `each` above it */
  each: Values[];
  answer: { status: number; isPart: boolean; isSoon: boolean; text: string } | null;
}

/** The credentials of an API: they are added to a call. */
export type Sign = (call: WireCall, token: string) => WireCall;

const NOBODY = "nobody";
const LINES = {
  story: /^# (.+)$/,
  friends: /^friends: (.+)$/,
  each: /^each (\w+): (\[.*\])$/,
  says: /^(\w+) says (\{\w+\}) (.+)$/,
  call: /^(\w+): (GET|POST|PUT|PATCH|DELETE) (\S+)(?: (.*))?$/,
  header: /^([A-Z][\w-]*): (.*)$/,
  setting: /^setting (\w+): ?(.*)$/,
  answer: /^(soon )?(\d{3})( with)?(?: (.*))?$/,
};

/** The stories of a text, by name. @param text a file as `import.meta.glob` loads it */
export function readStories(text: unknown): [string, Story][] {
  const stories: Story[] = [];
  let each: Values[] = [{}];
  for (const line of z.string().parse(text).split("\n")) {
    const { story, friends, says, call, answer, ...found } = matchesOf(line);
    const steps = stories.at(-1)?.steps ?? [];
    const last = steps.at(-1);
    if (line.trim() === "" || line.startsWith("//")) continue;
    if (story) stories.push({ name: itemAt(story, 1), steps: [] });
    else if (friends) steps.push({ kind: "friends", pairs: pairsOf(itemAt(friends, 1)) });
    else if (found.each) each = valuesOf(itemAt(found.each, 1), itemAt(found.each, 2));
    else if (says) {
      const [, who = "", where = "", said = ""] = says;
      steps.push({ kind: "says", who, where, text: said });
    } else if (call) {
      const [, who = "", method = "", path = "", body = ""] = call;
      steps.push({ kind: "call", who, method, path, body, each, headers: [], settings: {}, answer: null });
      each = [{}];
    } else if (last?.kind !== "call") throw new Error(`${line}: no such line`);
    else if (answer && !last.answer) {
      const [, soon, status, part, body = ""] = answer;
      last.answer = { status: Number(status), isPart: Boolean(part), isSoon: Boolean(soon), text: body };
    } else if (last.answer) last.answer.text += `\n${line}`;
    else if (found.setting) last.settings[itemAt(found.setting, 1)] = itemAt(found.setting, 2);
    else if (found.header && last.body === "")
      last.headers.push([itemAt(found.header, 1), itemAt(found.header, 2)]);
    else last.body += last.body === "" ? line : `\n${line}`;
  }
  return stories.map((one) => [one.name, one]);
}

function matchesOf(line: string) {
  const { story, friends, each, says, call, header, setting, answer } = LINES;
  return {
    ...{ story: story.exec(line), friends: friends.exec(line), each: each.exec(line), says: says.exec(line) },
    ...{ call: call.exec(line), header: header.exec(line), setting: setting.exec(line) },
    answer: answer.exec(line),
  };
}

function pairsOf(line: string): [string, string][] {
  return line.split(", ").map((pair) => {
    const [one = "", other = ""] = pair.split(" ");
    return [one, other];
  });
}

function valuesOf(name: string, list: string): Values[] {
  return z
    .array(z.unknown())
    .parse(JSON.parse(list))
    .map((value) => ({ [name]: value }));
}

const Coded = z.looseObject({ code: z.int() });

/** The calls of a story that are answered with a code, and that code. */
export function codedCalls({ steps }: Story): { method: string; path: string; code: number }[] {
  return steps.flatMap((step) => {
    if (step.kind !== "call") return [];
    const coded = Coded.safeParse(parsed(step.answer?.text ?? ""));
    const path = step.path.replace(/\?.*/, "");
    return coded.success ? [{ method: step.method, path, code: coded.data.code }] : [];
  });
}

/** The calls of stories with the codes of their answers: `POST /message 0`. */
export function answeredCodes(stories: [string, Story][]): Set<string> {
  const calls = stories.flatMap(([, story]) => codedCalls(story));
  return new Set(calls.map(({ method, path, code }) => `${method} ${path} ${code}`));
}

/** Plays a story with new users. @param given the values that it may use besides theirs */
export async function playStory(story: Story, sign: Sign, given: Values = {}): Promise<void> {
  await playScene(story, sign, given);
}

/** The same. @returns all values in the end, for other stories of the same users */
export async function playScene({ steps }: Story, sign: Sign, given: Values = {}): Promise<Values> {
  const values: Values = { ...given };
  const users = await people(steps, values);
  const one = (name: string) => {
    const user = users.get(name);
    if (!user) throw new Error(`${name} is none of the users`);
    return user;
  };
  for (const step of steps) {
    if (step.kind === "friends") for (const [a, b] of step.pairs) await befriend(one(a), one(b));
    else if (step.kind === "says") {
      const what = parsed(step.text);
      const said = typeof what === "object" && what !== null ? Object(fill(what, values)) : step.text;
      await send({ token: tokenOf(step.who, values) }, Number(fill(step.where, values)), said);
    } else for (const each of step.each) await playCall(step, sign, values, each);
  }
  return values;
}

/** Signs in everybody who is named, but those of whom the values tell. */
async function people(steps: Step[], values: Values): Promise<Map<string, SignedIn>> {
  const text = steps.flatMap((step) => {
    if (step.kind === "friends") return step.pairs.flat().map((name) => `{${name}.id}`);
    if (step.kind === "says") return [`{${step.who}.id}`, step.text];
    const { who, path, headers, body, each, answer } = step;
    return [`{${who}.id}`, path, headers.join(), body, JSON.stringify(each), answer?.text ?? ""];
  });
  const named = [...text.join(" ").matchAll(/\{(\w+)\.(?:id|digits|name|token)\}/g)].map(
    ([, name = ""]) => name,
  );
  const isKnown = (name: string) => Object.keys(values).some((key) => key.startsWith(`${name}.`));
  const fresh = [...new Set(named)].filter((name) => name !== NOBODY && !isKnown(name));
  const users = await signedInUsers(fresh.length);
  const entries = fresh.map((name, i): [string, SignedIn] => [name, itemAt(users, i)]);
  for (const [name, { token, user }] of entries) {
    const own = { id: user.id, digits: String(user.id), name: user.username, token };
    for (const [field, value] of Object.entries(own)) values[`${name}.${field}`] = value;
  }
  return new Map(entries);
}

async function playCall(step: Call, sign: Sign, values: Values, each: Values): Promise<void> {
  const { who, method, body, headers, settings, answer } = step;
  if (!answer) throw new Error(`${method} ${step.path} has no answer`);
  const all: Values = { ...values, ...Object(fill(each, values)) };
  const path = fillText(step.path, all);
  const given = parsed(body);
  const named = headers.map(([name, value]) => [name, fillText(value, all)]);
  const call: WireCall = {
    ...{ method, path, headers: Object.fromEntries(named) },
    ...(body !== "" && { body: given === undefined ? fillText(body, all) : fill(given, all) }),
    ...(Object.keys(settings).length > 0 && { settings }),
  };
  const signed = who === NOBODY ? call : signFor(path, sign)(call, tokenOf(who, all));
  const play = async () => {
    const answered = await wire(signed);
    const captured: Values = {};
    const how = { isPart: answer.isPart, captured };
    const expected = parsed(answer.text);
    if (answer.text !== "" && expected === undefined) throw new Error(`${answer.text} is no JSON`);
    const flaws = answer.text === "" ? [] : differences(answered.body, fill(expected, all), "body", how);
    const what = `${who}: ${method} ${path} ${JSON.stringify(signed.body)} ${JSON.stringify(answered.body)}`;
    expect({ status: answered.status, flaws }, what).toEqual({ status: answer.status, flaws: [] });
    Object.assign(values, captured);
  };
  await (answer.isSoon ? eventually(play) : play());
}

/** Every API beside v1 has credentials of its own. */
function signFor(path: string, sign: Sign): Sign {
  return path.startsWith("/v1/") ? withBearer : sign;
}

const withBearer: Sign = (call, token) => ({
  ...call,
  headers: { Authorization: `Bearer ${token}`, ...call.headers },
});

function tokenOf(who: string, values: Values): string {
  return z.string().parse(values[`${who}.token`]);
}

/** JSON; undefined: it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
