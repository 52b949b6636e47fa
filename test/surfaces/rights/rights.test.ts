import { beforeAll, expect, inject, test } from "vitest";
import { z } from "zod";
import type { Permission } from "../../../src/domain/spaces/permission.ts";
import { Scene } from "../../features/spaces/scene.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshName, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, send, storedInConversation } from "../../support/clients/chat.ts";
import { expectUploaded, upload } from "../../support/clients/files.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { newBot } from "../telegram/client.ts";
import { type Act, type Actor, type Outcome, outcomeOf, type Place } from "./acts.ts";
import { ACTS_OF_BOTS } from "./acts-of-bots.ts";
import { ACTS_OF_OTHERS, actsOfKeys } from "./acts-of-others.ts";
import { ACTS_OF_V1 } from "./acts-of-v1.ts";
import {
  GIVEN,
  hasInChannel,
  hasInSpace,
  named,
  ROLES,
  type Role,
  type Setting,
  settings,
  TARGETS,
} from "./oracle.ts";

/** An id of no channel. */
const NOWHERE = 999_999;

/** A channel with overrides, and a message of the owner's. */
interface Tried {
  setting: Setting;
  place: Place;
}

let scene: Scene;
let ann: SignedIn;
let actors: Actor[];
let acts: Act[];
let tried: Tried[];
const roleIds = new Map<Role, number>();

beforeAll(async () => {
  setNoRateLimits();
  scene = await Scene.make();
  ann = scene.ann;
  await scene.done(ann, "PATCH", "/roles/0", { permissions: GIVEN.everyone }, 200);
  const lowest = await scene.addRole({ name: "lowest", permissions: [] });
  for (const role of ROLES) roleIds.set(role, await scene.addRole({ name: role, permissions: GIVEN[role] }));
  const order = [...roleIds.values()].toReversed();
  await scene.done(ann, "PUT", "/roles/order", { role_ids: [...order, lowest] }, 200);
  actors = [
    await member("nobody", []),
    await member("a grower", ["growers"]),
    await member("a host, a bot", ["hosts"], true),
    await member("both, a bot", ["growers", "hosts"], true),
  ];
  const { text: key } = await makeServerKey(["act"]);
  acts = [...ACTS_OF_V1, ...ACTS_OF_BOTS, ...ACTS_OF_OTHERS, ...actsOfKeys(key)];
  tried = [];
  // One after the other: each change of rights begins from a version of the space.
  for (const [at, setting] of settings().entries()) tried.push(await channelOf(setting, at, lowest));
});

async function member(name: string, roles: Role[], isBot = false): Promise<Actor> {
  const who = isBot ? await newBot() : (await registerUsers(1))[0];
  expect((await scene.join(who, await scene.invite(ann))).status).toBe(200);
  for (const role of roles) await scene.giveRole(who, idOf(role));
  return { ...who, name, roles, isBot };
}

function idOf(role: Role): number {
  const id = roleIds.get(role);
  if (id === undefined) throw new Error(`there is no role ${role}`);
  return id;
}

/** A channel that all actors follow as far as its overrides let them. */
async function channelOf(setting: Setting, at: number, lowest: number): Promise<Tried> {
  const channel = await scene.addChannel(`channel ${at}`);
  const { seq } = await send(ann, channel, "hello");
  for (const actor of at % 2 === 0 ? actors : []) await expectAsked(actor, channel, "PUT", "/follow");
  for (const target of TARGETS) {
    const rights = { allow: named(setting[target], "allow"), deny: named(setting[target], "deny") };
    const isEmpty = rights.allow.length + rights.deny.length === 0;
    for (const path of isEmpty ? [] : pathsOf(target))
      await expectAsked(ann, channel, "PUT", `/overrides/${path}`, rights);
  }
  const file = expectUploaded(await upload(ann, "bytes", "text/plain", "?name=a.txt")).url;
  return { setting, place: { space: scene.id, channel, seq, file, other: scene.bob, lowest } };
}

function pathsOf(target: (typeof TARGETS)[number]): string[] {
  if (target === "self") return actors.map(({ user }) => `users/${user.id}`);
  return [`roles/${target === "everyone" ? 0 : idOf(target)}`];
}

/** Who does what in a channel, and whether they may. */
interface Case extends Tried {
  act: Act;
  who: Actor;
  isAllowed: boolean;
}

/** Each act in every other channel, by one who can do it; with `EVERY_CASE` in each channel, by everybody. */
function cases(): Case[] {
  return tried.flatMap(({ setting, place }, row) =>
    acts.flatMap((act, column) => {
      const able = actors.filter(({ isBot }) => isBot || !act.isOfBots);
      const turn = Math.floor((row + column) / 2) + row;
      const doers = inject("everyCase")
        ? able
        : able.filter((_, at) => (row + column) % 2 === 0 && at === turn % able.length);
      return doers.map((who) => ({ act, who, setting, place, isAllowed: may(act, who, setting) }));
    }),
  );
}

const may = ({ needs, hasRank }: Act, { roles }: Actor, setting: Setting) =>
  ["read" as const, ...needs].every((permission) => hasInChannel(roles, setting, permission)) &&
  (!hasRank || roles.length > 0);

/** Runs the cases of a channel one after the other, of several at once. @returns what is wrong */
async function eachOf(all: readonly Case[], run: (one: Case) => Promise<string | null>): Promise<string[]> {
  const wrong = tried.map(async ({ place }) => {
    const found: string[] = [];
    for (const one of all.filter((other) => other.place === place)) {
      const flaw = await run(one);
      if (flaw !== null) found.push(`${one.who.name}, ${one.act.name}, in ${place.channel}: ${flaw}`);
    }
    return found;
  });
  return (await Promise.all(wrong)).flat();
}

/** What is said where there is no channel, of each act. */
const nowhere = new Map<Act, Promise<Outcome>>();

/** Text without numbers, random ids and usernames, which name what was asked for, and by whom. */
const withoutIds = (text: string) => text.replaceAll(/user_\w+|[0-9a-f-]{32,}|\d+/g, "#");

/** @returns why a refusal is wrong, or null */
async function flawOfRefusal({ act, who, setting, place }: Case): Promise<string | null> {
  const { isDone, said } = await outcomeOf(act, who, place);
  if (isDone) return `may not: ${said}`;
  if (act.tellsFormer || hasInChannel(who.roles, setting, "read")) return null;
  const unknown = nowhere.get(act) ?? outcomeOf(act, who, { ...place, channel: NOWHERE });
  nowhere.set(act, unknown);
  const expected = (await unknown).said;
  return withoutIds(said) === withoutIds(expected)
    ? null
    : `shows that it is there: ${said}, not ${expected}`;
}

/** @returns why it is wrong that an act is refused, or null */
async function flawOfSuccess({ act, who, place }: Case): Promise<string | null> {
  const seq = act.needs.includes("manage_messages")
    ? (await send(ann, place.channel, "hello")).seq
    : place.seq;
  const { isDone, said } = await outcomeOf(act, who, { ...place, seq });
  return isDone ? null : `may: ${said}`;
}

/** What the work of an object needs: when, whom it knows, what it has delivered. */
const OF_WORK = new Set(["jobs", "fanout_checkpoint", "people", "bots", "members"]);
const Members = z.object({ members: z.array(z.looseObject({ user_id: z.int(), state: z.string() })) });

/** What a channel has stored, and who follows it. Who has followed it for the time of a call is left out. */
async function stateOf({ channel }: Place): Promise<string> {
  const stored = JSON.parse(await storedInConversation(channel));
  const followers = Members.parse(stored).members.filter(({ state }) => state === "active");
  const tables = Object.entries(stored).filter(([name]) => !OF_WORK.has(name));
  return JSON.stringify([tables, followers.map(({ user_id }) => user_id)]);
}

/** What D1 has of the space. */
async function stateOfSpace(): Promise<string> {
  const roles = await Promise.all(
    ["", "/roles", "/members", "/channels", "/audit", "/bans", "/invitations"].map((path) =>
      scene.ask(ann, "GET", path),
    ),
  );
  const overrides = tried.map(({ place }) => ask(ann, place.channel, "GET", "/overrides"));
  return JSON.stringify([...roles, ...(await Promise.all(overrides))].map(({ body }) => body));
}

test("who may, and who may not, over all APIs, and what is refused changes nothing", async () => {
  const all = cases();
  const [allowed, refused] = [all.filter((one) => one.isAllowed), all.filter((one) => !one.isAllowed)];
  const before = [await stateOfSpace(), ...(await Promise.all(tried.map(({ place }) => stateOf(place))))];
  expect(await eachOf(refused, flawOfRefusal)).toEqual([]);
  const after = [await stateOfSpace(), ...(await Promise.all(tried.map(({ place }) => stateOf(place))))];
  expect(after).toEqual(before);
  expect(await eachOf(allowed, flawOfSuccess)).toEqual([]);
  // A call that never succeeds, or always does, says nothing of rights.
  const both = (act: Act) => [allowed, refused].every((some) => some.some((one) => one.act === act));
  expect(acts.filter((act) => !both(act)).map(({ name }) => name)).toEqual([]);
});

/** What a permission of the space is for. */
const IN_SPACE: [Permission, string, string, (() => object)?][] = [
  ["invite", "POST", "/invitations", () => ({})],
  ["kick", "PATCH", "/members/:other", () => ({ muted_for_s: 0 })],
  ["ban", "GET", "/bans"],
  ["ban", "DELETE", "/bans/:stranger"],
  ["see_audit", "GET", "/audit"],
  ["manage_space", "PATCH", "", () => ({ description: freshName("about") })],
  ["manage_channel", "POST", "/categories", () => ({ name: freshName("category") })],
  ["manage_channel", "POST", "/channels", () => ({ name: freshName("channel") })],
  ["manage_roles", "POST", "/roles", () => ({ name: freshName("role"), permissions: [] })],
  ["manage_roles", "PATCH", "/roles/:lowest", () => ({ name: freshName("lowest") })],
  ["manage_roles", "PUT", "/members/:other/roles/:lowest"],
];

test("in the space itself, where overrides of channels count for nothing", async () => {
  const [first] = tried;
  if (!first) throw new Error("there is a channel");
  const { other, lowest } = first.place;
  const wrong: string[] = [];
  for (const who of actors)
    for (const [permission, method, pattern, body] of IN_SPACE) {
      const path = pattern
        .replace(":other", String(other.user.id))
        .replace(":stranger", String(scene.eve.user.id))
        .replace(":lowest", String(lowest));
      const { status } = await scene.ask(who, method, path, body?.());
      const isAllowed = hasInSpace(who.roles, permission);
      if (isAllowed ? status >= 300 : status !== 403) wrong.push(`${who.name} ${method} ${path}: ${status}`);
    }
  expect(wrong).toEqual([]);
});
