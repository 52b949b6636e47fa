import { beforeAll, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { Permission } from "../../../src/domain/spaces/permission.ts";
import { type Answer, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, send } from "../../support/clients/chat.ts";
import { expectUploaded, upload } from "../../support/clients/files.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { Scene } from "./scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let dan: SignedIn;
let channel: ConversationId;
let role: number;

beforeAll(async () => {
  scene = await Scene.make();
  ({ ann, bob, general: channel } = scene);
  [dan] = await registerUsers(1);
  await scene.join(dan, await scene.invite(ann));
  role = await scene.addRole({ name: "Gardeners", permissions: [] });
  await scene.giveRole(bob, role);
});

type Act = () => Promise<Answer>;

const text = { kind: "text", body: { text: "x" } };
const ofBob = (method: string, path: string, body?: object) => ask(bob, channel, method, path, body);
const inSpace = (method: string, path: string, body?: object) => scene.ask(bob, method, path, body);
const seqOf = async () => (await send(ann, channel, "hello")).seq;

/** What Bob does with each permission: in the channel, or in its space. */
const ACTS: { [Name in Permission]?: Act[] } = {
  read: [
    () => ofBob("GET", "/messages"),
    () => ofBob("GET", "/members"),
    () => ofBob("GET", "/messages/search?q=hello"),
  ],
  write: [
    () => ofBob("POST", "/messages", text),
    () =>
      ofBob("POST", "/messages", {
        kind: "poll",
        body: { question: "Tea?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 },
      }),
  ],
  threads: [
    async () => ofBob("POST", "/messages", { ...text, thread: { root: await seqOf(), also_in_main: false } }),
  ],
  reactions: [async () => ofBob("PUT", `/messages/${await seqOf()}/reactions/:yes:`)],
  pin: [async () => ofBob("PUT", `/messages/${await seqOf()}/pin`)],
  manage_messages: [async () => ofBob("DELETE", `/messages/${await seqOf()}?for=everyone`)],
  manage_channel: [
    () => ofBob("PATCH", "", { introduction: `At ${crypto.randomUUID()}` }),
    () => ofBob("GET", "/overrides"),
    () => ofBob("GET", "/hooks"),
  ],
  manage_roles: [() => ofBob("GET", `/permissions?user_id=${dan.user.id}`)],
};

async function urlOf(who: SignedIn): Promise<string> {
  return expectUploaded(await upload(who, "bytes", "text/plain", "?name=a.txt")).url;
}

/** What a permission of the space is for, which no channel changes. */
const SPACE_ACTS: { [Name in Permission]?: Act[] } = {
  invite: [() => inSpace("POST", "/invitations", {})],
  manage_channel: [() => inSpace("POST", "/channels", { name: "one more" })],
  manage_roles: [() => inSpace("PUT", "/roles/order", { role_ids: [role] })],
  manage_space: [() => inSpace("PATCH", "", { description: "Soil" })],
  kick: [() => inSpace("PATCH", `/members/${dan.user.id}`, { muted_for_s: 0 })],
};

/** What Bob may do without the permission that is looked at. */
function others(permission: Permission): Permission[] {
  const needed: Permission[] = permission === "read" ? [] : ["read"];
  return permission === "files" || permission === "mention_all" ? [...needed, "write"] : needed;
}

const setEveryone = (permissions: Permission[]) => scene.done(ann, "PATCH", "/roles/0", { permissions }, 200);
const setRole = (permissions: Permission[]) =>
  scene.done(ann, "PATCH", `/roles/${role}`, { permissions }, 200);

async function override(target: string, rights?: object): Promise<void> {
  await expectAsked(ann, channel, rights ? "PUT" : "DELETE", `/overrides/${target}`, rights);
}

async function expectAllowed(acts: readonly Act[], isAllowed: boolean, why: string): Promise<void> {
  for (const act of acts) {
    const { status, body } = await act();
    const told = `${why}: ${status} ${JSON.stringify(body)}`;
    if (isAllowed) expect(status, told).toBeLessThan(300);
    else expect(status, told).toBeOneOf([403, 404]);
  }
}

/** Each way to give a permission, and to take it, with the other ways empty. */
async function tryWays(permission: Permission, acts: readonly Act[], inChannel: boolean): Promise<void> {
  const base = others(permission);
  const user = `users/${bob.user.id}`;
  const gives: [string, (on: boolean) => Promise<void>][] = [
    ["everyone", (on) => setEveryone(on ? [...base, permission] : base)],
    ["the role", (on) => setRole(on ? [permission] : [])],
  ];
  const channelGives = ["roles/0", `roles/${role}`, user].map(
    (target): [string, (on: boolean) => Promise<void>] => [
      target,
      (on) => override(target, on ? { allow: [permission] } : undefined),
    ],
  );
  await setEveryone(base);
  await expectAllowed(acts, false, "by nothing");
  for (const [name, set] of [...gives, ...(inChannel ? channelGives : [])]) {
    await set(true);
    await expectAllowed(acts, true, `by ${name}`);
    await set(false);
    await expectAllowed(acts, false, `no longer by ${name}`);
  }
  if (!inChannel) return;
  await setEveryone([...base, permission]);
  for (const target of ["roles/0", `roles/${role}`, user]) {
    await override(target, { deny: [permission] });
    await expectAllowed(acts, false, `denied to ${target}`);
    await override(target);
  }
  await override("roles/0", { deny: [permission] });
  await override(`roles/${role}`, { allow: [permission] });
  await expectAllowed(acts, true, "allowed to the role");
  await override(user, { deny: [permission] });
  await expectAllowed(acts, false, "denied to the member");
  for (const target of ["roles/0", `roles/${role}`, user]) await override(target);
}

describe("in a channel, over v1", () => {
  test.each(Object.entries(ACTS))("%s", async (name, acts) => {
    await tryWays(Permission.parse(name), acts, true);
  });

  test("files", async () => {
    const file = { kind: "file", body: { url: await urlOf(bob), name: "a.txt" } };
    const { seq } = await send(ann, channel, { ...file, body: { ...file.body, url: await urlOf(ann) } });
    const items = [{ conversation_id: channel, seq }];
    const merged = { kind: "merged", body: { title: "Seeds", items } };
    const acts = [file, merged].map((message) => () => ofBob("POST", "/messages", message));
    await tryWays("files", acts, true);
  });

  test("mention_all", async () => {
    await tryWays("mention_all", [() => ofBob("POST", "/messages", { ...text, mentions: "all" })], true);
  });
});

describe("in a space", () => {
  test.each(Object.entries(SPACE_ACTS))("%s", async (name, acts) => {
    await tryWays(Permission.parse(name), acts, false);
  });
});

test.each(DRIVERS)("over $name nobody reads or writes without the permission", async ({ send, history }) => {
  await setEveryone(["read", "write"]);
  await send?.(bob, channel, "may");
  await setEveryone(["read"]);
  if (send) await expect(send(bob, channel, "may not")).rejects.toThrow();
  await history?.(bob, channel);
  await setEveryone([]);
  if (history) await expect(history(bob, channel)).rejects.toThrow();
});
