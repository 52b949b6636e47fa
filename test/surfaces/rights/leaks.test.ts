import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { Scene } from "../../features/spaces/scene.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { expectAsked, openDirect, send } from "../../support/clients/chat.ts";
import { expectUploaded, upload } from "../../support/clients/files.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setNoRateLimits, setSpacesDirectory } from "../../support/settings.ts";
import { act as formpost } from "../formpost/client.ts";
import { api } from "../kook/client.ts";
import { connect, type GatewaySocket } from "../kook/gateway-client.ts";
import { newBot, tg } from "../telegram/client.ts";
import { tim } from "../tim/client.ts";
import { usersig } from "../usersig/client.ts";
import type { Actor, Place } from "./acts.ts";
import { ACTS_OF_BOTS } from "./acts-of-bots.ts";
import { ACTS_OF_OTHERS } from "./acts-of-others.ts";
import { ACTS_OF_V1 } from "./acts-of-v1.ts";

/** The strings of a private channel, and where each was put. */
const secrets = new Map<string, string>();

/** A string that is nowhere else. */
function secret(where: string): string {
  const text = `q${crypto.randomUUID().replaceAll("-", "")}`;
  secrets.set(text, where);
  return text;
}

let scene: Scene;
let ann: SignedIn;
let place: Place;
/** a member without the right, one who has lost it, a bot without it and one that has lost it, a stranger */
let bob: SignedIn;
let cas: SignedIn;
let bot: SignedIn;
let formerBot: SignedIn;
let eve: SignedIn;
let devices: Map<SignedIn, TestSocket>;
let gateways: Map<SignedIn, GatewaySocket>;
let room: TestSocket;
let pushes: PushReceiver[];

beforeAll(async () => {
  setNoRateLimits();
  setSpacesDirectory("on");
  scene = await Scene.make();
  ({ ann, bob, eve } = scene);
  [cas] = await registerUsers(1);
  [bot, formerBot] = [await newBot(), await newBot()];
  await scene.done(ann, "PATCH", "", { discoverable: true }, 200);
  const auditors = await scene.addRole({
    name: "Auditors",
    permissions: ["see_audit", "ban", "manage_roles"],
  });
  const readers = await scene.addRole({ name: "Readers", permissions: [] });
  for (const who of [cas, bot, formerBot]) await scene.join(who, await scene.invite(ann));
  for (const who of [bob, cas, bot]) await scene.giveRole(who, auditors);
  for (const who of [cas, formerBot]) await scene.giveRole(who, readers);
  place = await secretChannel(readers);
  const { channel } = place;

  devices = new Map();
  for (const who of [bob, cas, eve]) devices.set(who, await openDevice(who.token));
  gateways = new Map();
  for (const who of [bot, formerBot]) gateways.set(who, await connect(who));
  for (const socket of gateways.values()) await socket.hello();
  pushes = [await PushReceiver.of(bob), await PushReceiver.of(cas)];
  for (const who of [cas, formerBot]) await expectAsked(who, channel, "PUT", "/follow");
  for (const who of [bot, formerBot]) await tg(who, "getUpdates");
  room = await openRoom(channel, cas.token);
  const own = { kind: "text", body: { text: "mine" } };
  await expectAsked(cas, channel, "PUT", `/messages/${place.seq}/saved`);
  await expectAsked(cas, channel, "PUT", `/messages/${place.seq}/reactions/:yes:`);
  await expectAsked(cas, channel, "PUT", `/threads/${place.seq}/follow`);
  await expectAsked(cas, channel, "POST", "/messages", {
    ...own,
    thread: { root: place.seq, also_in_main: true },
  });
  await said("a mention", { mentions: [cas.user.id] });

  for (const who of [cas, formerBot])
    await scene.done(ann, "DELETE", `/members/${who.user.id}/roles/${readers}`);
  await room.closed();
});

/** A message of the owner's with a text of its own. */
async function said(where: string, more: object = {}): Promise<number> {
  const message = { kind: "text", body: { text: `well ${secret(where)} said` }, ...more };
  return (await send(ann, place.channel, message)).seq;
}

async function secretChannel(readers: number): Promise<Place> {
  const named = z.object({ id: z.int() });
  const category = await scene.ask(ann, "POST", "/categories", { name: secret("category") });
  const channel = await scene.addChannel(secret("name"), {
    ...{ topic: secret("topic"), visibility: "private", role_ids: [readers] },
    category_id: named.parse(category.body).id,
  });
  const name = `${secret("file")}.txt`;
  const file = expectUploaded(await upload(ann, "bytes", "text/plain", `?name=${name}`)).url;
  place = { space: scene.id, channel, seq: 1, file, other: scene.bob, lowest: readers };
  const seq = await said("text");
  await send(ann, channel, { kind: "file", body: { url: file, name, caption: secret("caption") } });
  return { ...place, seq };
}

/** What happens in the channel while some have lost it, and others never had it. */
async function goOn(): Promise<void> {
  const { channel } = place;
  const seq = await said("a later text", { mentions: "all" });
  await said("a reply", { thread: { root: place.seq, also_in_main: true } });
  await said("a reply in the thread alone", { thread: { root: place.seq, also_in_main: false } });
  const body = { text: secret("an edit") };
  await expectAsked(ann, channel, "PATCH", `/messages/${place.seq}`, { body, base_version: 1 });
  await expectAsked(ann, channel, "PUT", `/messages/${seq}/pin`);
  await expectAsked(ann, channel, "PATCH", "", {
    name: secret("a later name"),
    introduction: secret("a later topic"),
  });
  await expectAsked(ann, channel, "POST", "/hooks", { name: secret("hook") });
  const poll = { question: secret("question"), options: [secret("option"), "b"] };
  await send(ann, channel, {
    kind: "poll",
    body: { ...poll, multiple: false, anonymous: false, ends_at: 0 },
  });
}

const GETS = v1.router.routes
  .filter(({ method, path }) => method === "GET" && !/socket|moderation|\/server\/|^\/files|login/.test(path))
  .map(({ path }) => path);

/** What all calls of v1 that read answer to a user, with what they may ask for of the channel. */
async function ofV1({ token }: SignedIn, code: string): Promise<string[]> {
  const { space, channel, seq } = place;
  const paths = GETS.map((path) =>
    path
      .replace("/spaces/:id", `/spaces/${space}`)
      .replace(/^(\/v1\/(conversations|groups))\/:id/, `$1/${channel}`)
      .replace(/:(seq|root)/, String(seq))
      .replace(":code", code)
      .replace(":conversation_id", String(channel))
      .replace(/:\w+/g, "1"),
  );
  const asked = paths.flatMap((path) => [
    path,
    ...(/(search|members|readers|users|people|directory)$/.test(path) ? [`${path}?q=well`] : []),
    ...(path.endsWith("/members") ? [`${path}?channel_id=${channel}`] : []),
    ...(path === "/v1/conversations" ? [`${path}?space_id=${space}`, `${path}?archived=true`] : []),
  ]);
  const answers: string[] = [];
  for (const path of asked) {
    const { status, body } = await call("GET", path, { token });
    // What was asked wrongly says nothing.
    if (status !== 400) answers.push(`${path} ${JSON.stringify(body)}`);
  }
  return answers;
}

/** What the other APIs answer. */
async function ofOthers(who: SignedIn): Promise<string[]> {
  const actor: Actor = { ...who, name: "", roles: [], isBot: who === bot || who === formerBot };
  const reading = [...ACTS_OF_V1, ...ACTS_OF_BOTS, ...ACTS_OF_OTHERS].filter(
    ({ needs, isOfBots }) => needs.length === 0 && (actor.isBot || !isOfBots),
  );
  const answers: string[] = [];
  for (const act of reading) answers.push(`${act.name} ${(await act.run(actor, place)).said}`);
  const guild = { guild_id: String(place.space) };
  for (const path of [
    "guild/list",
    "guild/view",
    "channel/list",
    "guild/user-list",
    "guild-role/list",
    "invite/list",
  ])
    answers.push(`kook ${path} ${JSON.stringify((await api(who, `POST ${path}`, guild)).body)}`);
  for (const [path, body] of [
    ["/conversation/getConversationList", {}],
    ["/group/getGroupList", {}],
    ["/group/searchGroupByID", { groupID: String(place.channel) }],
    ["/group/searchCloudGroups", { keywordList: ["q"] }],
    ["/message/searchCloudMessages", { keywordList: ["well"] }],
  ] as const)
    answers.push(`tim ${path} ${JSON.stringify((await tim(who, path, body)).body)}`);
  answers.push(`formpost ${JSON.stringify((await formpost(who, "get_group_conversations")).body)}`);
  const sessions = await usersig("GET", "/chat/session-info/?total", { sig: who.token });
  answers.push(`usersig ${JSON.stringify(sessions.body)}`);
  if (actor.isBot) answers.push(`telegram ${JSON.stringify((await tg(who, "getUpdates")).body)}`);
  return answers;
}

/** Where the strings are in some answers. */
function found(answers: readonly string[]): string[] {
  return [...secrets].flatMap(([text, where]) =>
    answers.filter((answer) => answer.includes(text)).map((answer) => `${where}: ${answer.slice(0, 300)}`),
  );
}

test("nothing of a private channel is in any answer or frame of who may not read it", async () => {
  const heard = () => [...devices.values()].map(({ frames }) => frames.length);
  await expect.poll(() => devices.get(cas)?.frames.some(({ type }) => type === "space")).toBe(true);
  const before = heard();
  const code = await scene.invite(ann, { channel_ids: [place.channel] });
  await goOn();

  // The owner finds all of it, but the topic of before: so the calls reach it.
  const all = [...(await ofV1(ann, code)), ...(await ofOthers(ann))];
  const missing = [...secrets].filter(
    ([text, where]) => where !== "topic" && !all.some((answer) => answer.includes(text)),
  );
  expect(missing.map(([, where]) => where)).toEqual([]);

  for (const [name, who] of Object.entries({ bob, cas, bot, formerBot, eve })) {
    const answers = [...(await ofV1(who, code)), ...(await ofOthers(who))];
    expect(found(answers), name).toEqual([]);
  }

  // What each hears last of something else: all that was sent before would be there.
  await send(ann, scene.general, "the end");
  for (const who of [bob, cas]) {
    const device = devices.get(who);
    await device?.until(({ frames }) => JSON.stringify(frames).includes("the end"));
  }
  const { id } = await openDirect(ann, eve);
  await send(ann, id, "the end");
  await devices.get(eve)?.until(({ frames }) => JSON.stringify(frames).includes("the end"));
  for (const socket of gateways.values())
    await expect.poll(() => JSON.stringify(socket.frames).includes("the end")).toBe(true);
  const frames = [...devices.values()].map((device, at) => JSON.stringify(device.frames.slice(before[at])));
  frames.push(
    ...[...gateways].filter(([who]) => who === bot).map(([, socket]) => JSON.stringify(socket.frames)),
  );
  expect(found(frames)).toEqual([]);
  const later = [...secrets].filter(([, where]) => /later|edit|reply|hook|question|option/.test(where));
  const former = [...gateways.values()].map((socket) => JSON.stringify(socket.frames));
  const pushed = await Promise.all(pushes.map(async (push) => JSON.stringify(await push.all())));
  const told = [...former, ...pushed, JSON.stringify(room.frames)];
  expect(later.filter(([text]) => told.some((one) => one.includes(text)))).toEqual([]);
});
