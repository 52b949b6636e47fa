import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SHOWN_TEXTS, type ShownText } from "../../../src/domain/moderation/shown-text.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, freshName, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  conversationCode,
  createGroup,
  getMessage,
  openDirect,
  page,
  send,
} from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt } from "../../support/objects/room.ts";
import { Page } from "../../support/pages/page.ts";
import { setLinkPreviews, setNoRateLimits } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { api } from "../../surfaces/kook/client.ts";
import { newBot, tg } from "../../surfaces/telegram/client.ts";
import { nameOf, tim } from "../../surfaces/tim/client.ts";
import { change } from "../../surfaces/usersig/client.ts";
import { type HookWithUrl, makeHook, posted } from "../incoming-hooks/client.ts";

interface Answered {
  status: number;
  body: unknown;
}

/** A call that gives others a text of some kind to see. */
interface Call {
  name: string;
  put: (text: string) => Promise<Answered>;
  /** of a text that is shown in no case: what others are shown instead */
  instead?: () => Promise<unknown>;
}

const RULES = [
  { id: "spam", match: { words: ["casino"] }, action: "refuse" },
  { id: "rude", match: { words: ["idiot"] }, action: "mask" },
];

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let bot: SignedIn;
let group = 0;
let direct = 0;
let hooks: HookWithUrl[] = [];
let number = 0;

async function setRules(items: object[]): Promise<void> {
  const answer = await call("PUT", "/v1/moderation/rules", { token: key, body: { items } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

beforeAll(async () => {
  const undo = [setNoRateLimits(), setLinkPreviews("on")];
  setTiming({ rules: { keepMs: 0, staleMs: 0 }, rejections: { cooldownMs: 0 } });
  key = (await makeServerKey(["users", "moderate"])).text;
  const users = await signedInUsers(2);
  [ann, bob, bot] = [itemAt(users, 0), itemAt(users, 1), await newBot()];
  group = (await createGroup(ann, [bob, bot])).id;
  direct = (await openDirect(ann, bot)).id;
  // Each takes five posts a second.
  hooks = [await makeHook(ann, group), await makeHook(ann, group)];
  await setRules(RULES);
  return () => {
    for (const one of undo) one();
  };
});

afterAll(async () => {
  await setRules([]);
  await send(ann, group, "other files know no rules");
});

const asAnn = (method: string, path: string, body: object) => call(method, path, { token: ann.token, body });
const profile = (field: string): Call => ({
  name: `v1: ${field}`,
  put: (text) => asAnn("PATCH", "/v1/me", { [field]: text }),
});
const ofTim = (field: string): Call => ({
  name: `tim: ${field}`,
  put: (text) => tim(ann, "/user/updateMyProfile", { [field]: text }),
});
const ofUsersig = (field: string): Call => ({
  name: `usersig: ${field}`,
  put: (text) => change({ user_id: nameOf(ann), [field]: text }, { sig: ann.token }),
});
const ofGroup = (field: string): Call => ({
  name: `v1: ${field}`,
  put: (text) => asAnn("PATCH", `/v1/conversations/${group}`, { [field]: text }),
});
const timGroup = (path: string, body: (text: string) => object): Call => ({
  name: `tim: ${path}`,
  put: (text) => tim(ann, path, { groupID: String(group), ...body(text) }),
});

/** Bob taps on a button of the bot. @returns the tap */
async function tapped(): Promise<string> {
  const buttons = [[{ text: "Go", data: "go" }]];
  const { seq } = await send(bot, group, { kind: "text", body: { text: "?" }, buttons });
  const { body } = await ask(bob, group, "POST", `/messages/${seq}/taps`, { data: "go" });
  return String(Object(body).tap_id);
}

/** A user who asks to join the group, or is a member of it. */
async function newcomer(isMember: boolean): Promise<SignedIn> {
  const who = await register();
  if (isMember) await ask(ann, group, "POST", "/members", { user_ids: [who.user.id] });
  else await ask(who, group, "POST", "/join", {});
  return who;
}

/** What is shown of a page whose words are these. */
async function previewOf(words: string): Promise<object | undefined> {
  const [{ url }, { url: other }] = [await Page.html(words), await Page.html("<title>concert</title>")];
  const { seq } = await send(ann, group, url);
  // The preview of the next message says that this one had its turn.
  const { seq: next } = await send(ann, group, other);
  await eventually(async () => expect((await getMessage(bob, group, next)).link_preview).toBeDefined());
  return (await getMessage(bob, group, seq)).link_preview;
}

/** For each kind of text the ways in which it is given. */
const CALLS: Record<ShownText, Call[]> = {
  username: [
    {
      name: "v1: register",
      put: (text) =>
        call("POST", "/v1/register", {
          body: { username: `a.${text}.${number++}.${freshName()}`.slice(0, 30), password: PASSWORD },
        }),
    },
  ],
  nickname: [
    profile("nickname"),
    ofTim("nick"),
    ...["name", "nickname", "username"].map(ofUsersig),
    { name: "v1: bot", put: (text) => asAnn("POST", "/v1/bots", { nickname: text }) },
  ],
  profile: [
    profile("signature"),
    profile("location"),
    ...["selfSignature", "location", "level"].map(ofTim),
    ...["description", "city", "avatar"].map(ofUsersig),
    {
      name: "tim: custom field",
      put: (text) =>
        tim(ann, "/user/updateMyProfile", {
          profileCustomField: { hobby: [text] },
        }),
    },
  ],
  group_name: [ofGroup("name"), timGroup("/group/updateGroupProfile", (name) => ({ name }))],
  group_text: [
    ofGroup("introduction"),
    ofGroup("announcement"),
    timGroup("/group/updateGroupProfile", (notification) => ({ notification })),
  ],
  group_handle: [
    {
      name: "tim: createGroup",
      put: (text) => tim(ann, "/group/createGroup", { name: "Hike", groupID: `${text}-${number++}` }),
    },
  ],
  group_data: [
    timGroup("/group/updateGroupProfile", (value) => ({ groupCustomField: [{ key: "a", value }] })),
    timGroup("/group/setGroupMemberCustomField", (value) => ({ memberCustomField: [{ key: "a", value }] })),
    timGroup("/group/setGroupAttributes", (a) => ({ groupAttributes: { a } })),
    timGroup("/group/initGroupAttributes", (key) => ({ groupAttributes: { [key]: "a" } })),
  ],
  name_card: [
    timGroup("/group/setGroupMemberNameCard", (nameCard) => ({ nameCard })),
    {
      name: "v1: name_card",
      put: (text) => asAnn("PATCH", `/v1/conversations/${group}/members/${ann.user.id}`, { name_card: text }),
    },
  ],
  request: [
    {
      name: "v1: join",
      put: async (message) => {
        const who = await register();
        return ask(who, group, "POST", "/join", { message });
      },
    },
    {
      name: "tim: addFriend",
      put: async (wording) => tim(ann, "/friend/addFriend", { to: nameOf(await register()), wording }),
    },
  ],
  reason: [
    {
      name: "v1: ban",
      put: async (reason) => {
        const { user } = await newcomer(true);
        return ask(ann, group, "PUT", `/bans/${user.id}`, { reason });
      },
    },
    {
      name: "tim: deleteGroupMember",
      put: async (reason) =>
        tim(ann, "/group/deleteGroupMember", {
          ...{ groupID: String(group), userIDList: [nameOf(await newcomer(true))], reason },
        }),
    },
  ],
  command: [
    {
      name: "v1: command",
      put: (command) =>
        call("PUT", "/v1/bots/me/commands", {
          token: bot.token,
          body: { commands: [{ command, description: "it" }] },
        }),
    },
    {
      name: "telegram: description",
      put: (description) => tg(bot, "setMyCommands", { commands: [{ command: "go", description }] }),
    },
  ],
  tap_answer: [
    {
      name: "v1: text",
      put: async (text) =>
        call("POST", `/v1/bots/me/taps/${await tapped()}`, { token: bot.token, body: { text } }),
    },
    {
      name: "telegram: address",
      put: async (text) =>
        tg(bot, "answerCallbackQuery", {
          ...{ callback_query_id: await tapped(), url: `https://shop.example/${text}` },
        }),
    },
  ],
  reaction: [
    {
      name: "v1: name",
      put: async (text) => {
        const { seq } = await send(ann, group, "hello");
        return ask(bob, group, "PUT", `/messages/${seq}/reactions/${encodeURIComponent(`:${text}:`)}`);
      },
    },
  ],
  hook_name: [
    {
      name: "v1: hook",
      put: (name) => asAnn("POST", `/v1/conversations/${group}/hooks`, { name }),
    },
  ],
  post_name: [
    {
      name: "plain",
      put: (name) => posted(itemAt(hooks, 0).url, { text: "built", name }),
      instead: async () => (await page(bob, group)).items.at(-1)?.sender.nickname === "Builds",
    },
    {
      name: "Discord",
      put: (username) => posted(`${itemAt(hooks, 1).url}/discord`, { content: "built", username }),
      instead: async () => (await page(bob, group)).items.at(-1)?.sender.nickname === "Builds",
    },
  ],
  link_preview: [],
};

/** Whether an API says that it has taken something, in the words of any of them. */
function isTaken({ status, body }: Answered): boolean {
  const { code = 0, ok = true } = Object(body);
  return status < 300 && (code === 0 || code === 200) && ok === true;
}

const CASES = Object.entries(CALLS).flatMap(([kind, calls]) => calls.map((one) => ({ kind, ...one })));

test.each(CASES)("what rules refuse in a message is no $kind ($name)", async ({ put, instead }) => {
  for (const text of ["casino", "idiot"]) {
    const answer = await put(text);
    expect(answer.status).toBeLessThan(500);
    expect(isTaken(answer), JSON.stringify(answer.body)).toBe(instead !== undefined);
    if (instead) expect(await instead()).toBe(true);
  }
  const answer = await put("concert");
  expect(isTaken(answer), JSON.stringify(answer.body)).toBe(true);
  if (instead) expect(await instead()).toBe(false);
});

test("each kind of text is refused, replaced or left out, as its table says", () => {
  for (const [kind, calls] of Object.entries(CALLS)) {
    const fate = Object(SHOWN_TEXTS)[kind];
    expect(calls.every(({ instead }) => (instead === undefined) === (fate === "refused"))).toBe(true);
  }
});

test("a preview has no words that rules refuse in a message", async () => {
  expect(await previewOf("<title>Free casino</title>")).toBeUndefined();
  expect(await previewOf("<title>You idiot</title>")).toBeUndefined();
  const description = '<meta name="description" content="a casino">';
  expect(await previewOf(`<title>Concert</title>${description}`)).toEqual({
    ...{ url: expect.any(String), title: "Concert" },
  });
});

test("a rule that leaves the group out leaves out its texts, and not those of users", async () => {
  await setRules(RULES.map((rule) => ({ ...rule, except: [group] })));
  const kinds: ShownText[] = ["group_name", "name_card", "tap_answer", "reaction", "hook_name", "group_data"];
  for (const kind of kinds)
    for (const { put, name } of CALLS[kind]) {
      const answer = await put("casino");
      expect(isTaken(answer), `${name}: ${JSON.stringify(answer.body)}`).toBe(true);
    }
  expect(isTaken(await profile("nickname").put("casino"))).toBe(false);
  await setRules(RULES);
});

test("a tap whose answer was refused can still be answered", async () => {
  const tap = await tapped();
  const answer = (text: string) =>
    call("POST", `/v1/bots/me/taps/${tap}`, { token: bot.token, body: { text } });
  expect((await answer("casino")).status).toBe(403);
  expect((await answer("concert")).status).toBe(204);
});

describe("in a message rules find", () => {
  const isSent = async (message: object) =>
    (await ask(ann, group, "POST", "/messages", message)).status === 201;

  test("a word between marks", async () => {
    for (const text of ["cas**in**o", "[cas](https://a.example)ino", "||cas||ino"])
      expect(await isSent({ kind: "text", body: { text } })).toBe(false);
  });

  test("a word in the name of a file that its address has alone", async () => {
    const url = (name: string) => `https://files.example/${name}.png`;
    expect(await isSent({ kind: "image", body: { url: url("my%20%63asino") } })).toBe(false);
    expect(await isSent({ kind: "image", body: { url: url("my%20concert%E4") } })).toBe(true);
  });

  test("a word in a card, wherever it stands", async () => {
    const chat_code = await conversationCode(direct);
    const card = (title: string) => [{ type: "card", modules: [{ type: "file", title, src: "x" }] }];
    const sent = (title: string) =>
      api(bot, "POST direct-message/create", { type: 10, chat_code, content: JSON.stringify(card(title)) });
    await send(ann, direct, "hello");
    expect(isTaken(await sent("a casino"))).toBe(false);
    const escaped = JSON.stringify(card("a casino")).replace("casino", "c\\u0061sino");
    const hidden = { type: 10, chat_code, content: escaped };
    expect(isTaken(await api(bot, "POST direct-message/create", hidden))).toBe(false);
    expect(isTaken(await sent("a concert"))).toBe(true);
  });
});
