import { beforeAll, expect, test } from "vitest";
import { type HookWithUrl, makeHook, posted } from "../../features/incoming-hooks/client.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, userPath } from "../../support/accounts/server-users.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { ask, conversationCode, createGroup, openDirect, page, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import type { WireAnswer } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";
import { sampledPairs } from "../../support/sampled-cases.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { appkey, TIME, wireIdOf } from "../appkey/client.ts";
import { api } from "../kook/client.ts";
import { newBot, tg } from "../telegram/client.ts";
import { nameOf, tim } from "../tim/client.ts";
import { change, signed } from "../usersig/client.ts";
import { connect } from "../usersig/socket.ts";

/** What no client may open or load. Each has the word "evil", where it is not refused for having no host. */
const BAD = {
  script: "javascript:alert('evil')",
  "script in capitals": "JaVaScRiPt:alert('evil')",
  "script behind blanks": " \t javascript:alert('evil')",
  "script behind a control character": "\u0001javascript:alert('evil')",
  "script with a line end in its scheme": "java\nscript:alert('evil')",
  "script with a tab in its scheme": "java\tscript:alert('evil')",
  "script of another language": "vbscript:evil",
  "page in the address": "data:text/html,<script>evil</script>",
  "page in base64": "DATA:text/html;base64,ZXZpbA==evil",
  file: "file:///etc/evil",
  "page of this device": "blob:https://evil.example/8f0c",
  "text without a scheme": "//evil.example/a.png",
  "text without a host": "https://?evil",
  path: "/evil.png",
  "page with a password": "https://ann:secret@evil.example/a.png",
  "page of another protocol": "ftp://evil.example/a.png",
  "page with a long address": `https://evil.example/${"a".repeat(5_000)}`,
};
const GOOD = "https://good.example/a.png";

interface Answered {
  status: number;
  body: unknown;
}

/** A field that carries an address, of some API. */
interface Field {
  name: string;
  /** sends an address in the field */
  put: (address: string) => Promise<Answered>;
  /**
   * where a bad address is left out, or is a text that is no link: what others are shown; absent: it is
   * refused
   */
  shown?: () => Promise<unknown>;
}

let ann: SignedIn;
let bob: SignedIn;
let bot: SignedIn;
let key = "";
let group = 0;
let direct = 0;
let code = "";
let hook: HookWithUrl;

beforeAll(async () => {
  const undo = setNoRateLimits();
  const everybody = await signedInUsers(2);
  [ann, bob, bot] = [itemAt(everybody, 0), itemAt(everybody, 1), await newBot()];
  key = (await makeServerKey(["users", "conversations"])).text;
  group = (await createGroup(ann, [bob, bot])).id;
  direct = (await openDirect(ann, bot)).id;
  await send(ann, direct, "hello");
  code = await conversationCode(direct);
  hook = await makeHook(ann, group);
  return undo;
});

const message = (kind: string) => (address: string) =>
  ask(ann, group, "POST", "/messages", { kind, body: { url: address } });
const media = ["image", "audio", "video", "file"].map((kind) => ({
  name: `v1: message of the kind ${kind}`,
  put: message(kind),
}));
const telegram = (method: string, body: (address: string) => object) => (address: string) =>
  tg(bot, method, { chat_id: -group, ...body(address) });
const button = (field: object) => ({ reply_markup: { inline_keyboard: [[{ text: "Go", ...field }]] } });
const newest = async () => (await page(bob, group)).items.at(-1);
const bobSees = async () => (await call("GET", `/v1/users/${ann.user.id}`, { token: bob.token })).body;

/** Bob taps on a button of the bot. @returns the tap, which waits for an answer */
async function tapped(): Promise<string> {
  const buttons = [[{ text: "Go", data: "go" }]];
  const { seq } = await send(bot, group, { kind: "text", body: { text: "?" }, buttons });
  const { body } = await ask(bob, group, "POST", `/messages/${seq}/taps`, { data: "go" });
  return String(Object(body).tap_id);
}

async function onSocket(address: string): Promise<Answered> {
  const socket = await openDevice(ann.token);
  const client_msg_id = crypto.randomUUID();
  socket.send({
    ...{ type: "send", conversation_id: group, client_msg_id, kind: "image", body: { url: address } },
  });
  await socket.until(({ frames }) => frames.some(({ type }) => type === "ack" || type === "error"));
  const isRefused = socket.frames.some(({ type }) => type === "error");
  socket.close();
  return { status: isRefused ? 400 : 201, body: {} };
}

async function onUsersigSocket(address: string): Promise<Answered> {
  const socket = await connect(signed(ann));
  socket.send({ to_session: group, content: address, content_type: "image" });
  await socket.until(({ frames }) => frames.some(({ type }) => /ERROR|SUCCESS/.test(type)));
  const isRefused = socket.frames.some(({ type }) => type === "ERROR");
  socket.close();
  return { status: isRefused ? 400 : 200, body: {} };
}

const FIELDS: Field[] = [
  {
    name: "v1: avatar of a user",
    put: (avatar) => call("PATCH", "/v1/me", { token: ann.token, body: { avatar } }),
  },
  {
    name: "v1: avatar of a group",
    put: (avatar) => call("PATCH", `/v1/conversations/${group}`, { token: ann.token, body: { avatar } }),
  },
  {
    name: "v1: avatar of a new bot",
    put: (avatar) => call("POST", "/v1/bots", { token: ann.token, body: { nickname: "Weather", avatar } }),
  },
  {
    name: "v1: avatar of an incoming hook",
    put: (avatar) =>
      call("POST", `/v1/conversations/${group}/hooks`, {
        token: ann.token,
        body: { name: "Builds", avatar },
      }),
  },
  {
    name: "v1: avatar of a backend's user",
    put: (avatar) => call("PUT", userPath(freshExternalId()), { token: key, body: { avatar } }),
  },
  {
    name: "v1: avatar of a backend's group",
    put: (avatar) =>
      call("PUT", `/v1/server/conversations/ext:${crypto.randomUUID()}`, {
        token: key,
        body: { kind: "group", name: "Hike", owner: ann.user.id, avatar },
      }),
  },
  ...media,
  { name: "v1: message over a device socket", put: onSocket },
  {
    name: "v1: scheduled message",
    put: (url) =>
      ask(ann, group, "POST", "/messages", {
        ...{ kind: "image", body: { url }, send_at: Date.now() + 3_600_000 },
      }),
  },
  {
    name: "v1: button",
    put: (url) =>
      ask(bot, group, "POST", "/messages", {
        ...{ kind: "text", body: { text: "?" }, buttons: [[{ text: "Go", url }]] },
      }),
  },
  {
    name: "v1: passing message",
    put: (url) =>
      ask(bot, group, "POST", "/messages", {
        ...{ kind: "image", body: { url }, only_for: bob.user.id },
      }),
  },
  {
    name: "v1: answer to a tap",
    put: async (url) =>
      call("POST", `/v1/bots/me/taps/${await tapped()}`, { token: bot.token, body: { url } }),
  },
  { name: "incoming: avatar of a post", put: (avatar) => posted(hook.url, { text: "built", avatar }) },
  {
    name: "incoming: avatar of a post for Slack",
    put: (icon_url) => posted(`${hook.url}/slack`, { text: "built", icon_url }),
    shown: newest,
  },
  {
    name: "incoming: avatar of a post for Discord",
    put: (avatar_url) => posted(`${hook.url}/discord`, { content: "built", avatar_url }),
    shown: newest,
  },
  {
    name: "incoming: embed of a post for Discord",
    put: (url) => posted(`${hook.url}/discord`, { embeds: [{ title: "built", url, image: { url } }] }),
    shown: newest,
  },
  {
    name: "telegram: answer to a tap",
    put: async (url) => tg(bot, "answerCallbackQuery", { callback_query_id: await tapped(), url }),
  },
  { name: "telegram: button", put: telegram("sendMessage", (url) => ({ text: "?", ...button({ url }) })) },
  {
    name: "telegram: button of a web app",
    put: telegram("sendMessage", (url) => ({ text: "?", ...button({ web_app: { url } }) })),
  },
  {
    name: "telegram: button of a log-in",
    put: telegram("sendMessage", (url) => ({ text: "?", ...button({ login_url: { url } }) })),
  },
  { name: "telegram: picture", put: telegram("sendPhoto", (photo) => ({ photo })) },
  { name: "telegram: document", put: telegram("sendDocument", (document) => ({ document })) },
  {
    name: "telegram: link of a text",
    put: telegram("sendMessage", (url) => ({
      ...{ text: "go", entities: [{ type: "text_link", offset: 0, length: 2, url }] },
    })),
    shown: newest,
  },
  {
    name: "telegram: link in HTML",
    put: telegram("sendMessage", (url) => ({
      ...{
        parse_mode: "HTML",
        text: `<a href="${url.replace(/[<>]/g, (sign) => (sign === "<" ? "&lt;" : "&gt;"))}">go</a>`,
      },
    })),
    shown: newest,
  },
  { name: "tim: avatar of a user", put: (avatar) => tim(ann, "/user/updateMyProfile", { avatar }) },
  {
    name: "tim: avatar of a group",
    put: (avatar) => tim(ann, "/group/updateGroupProfile", { groupID: String(group), avatar }),
  },
  {
    name: "tim: file",
    put: (url) =>
      tim(ann, "/message/createMessage", {
        ...{ to: nameOf(bob), conversationType: "C2C", payload: { file: { url } }, type: "TIMFileElem" },
      }),
    // A file of another server is refused, too.
    shown: async () => null,
  },
  {
    name: "kook: picture",
    put: (content) => api(bot, "POST direct-message/create", { type: 2, chat_code: code, content }),
  },
  {
    name: "kook: button of a card",
    put: (value) =>
      api(bot, "POST direct-message/create", {
        ...{ type: 10, chat_code: code },
        content: JSON.stringify([
          {
            type: "card",
            modules: [
              { type: "action-group", elements: [{ type: "button", text: "Go", click: "link", value }] },
            ],
          },
        ]),
      }),
    shown: async () => (await page(ann, direct)).items.at(-1)?.buttons,
  },
  {
    name: "appkey: picture",
    put: (content) =>
      appkey(ann, "POST", "/message", {
        ...{ conversationid: wireIdOf(direct), type: -2, content, time: TIME },
      }),
  },
  { name: "usersig: picture", put: onUsersigSocket },
  {
    name: "usersig: avatar, which the other APIs are not shown where it is no address",
    put: (avatar) => change({ user_id: nameOf(ann), avatar }, { sig: ann.token }),
    shown: bobSees,
  },
];

/** Whether an API says that it has taken something, in the words of any of them. */
function isTaken({ status, body }: Answered | WireAnswer): boolean {
  const { code = 0, ok = true } = Object(body);
  return status < 300 && (code === 0 || code === 200) && ok === true;
}

test.each(FIELDS)("$name takes an address of a page", async ({ name, put }) => {
  const answer = await put(GOOD);
  if (name !== "tim: file") expect(isTaken(answer), JSON.stringify(answer.body)).toBe(true);
});

const CASES = sampledPairs(FIELDS, Object.entries(BAD)).map(([field, [kind, address]]) => {
  return { ...field, kind, address };
});

test.each(CASES)("$name: no address is a $kind", async ({ put, shown, address }) => {
  const answer = await put(address);
  expect(answer.status).toBeLessThan(500);
  if (!shown) expect(isTaken(answer), JSON.stringify(answer.body)).toBe(false);
  else expect(JSON.stringify((await shown()) ?? null)).not.toContain("evil");
});
