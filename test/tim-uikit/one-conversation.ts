import { expect, test } from "vitest";
import { z } from "zod";
import * as web from "../../web/test/support/talk.ts";
import type { Kit } from "./kit.ts";
import { choose, message, openTalk, send, texts } from "./view.ts";

const User = z.object({ id: z.int(), username: z.string() });
const Url = z.object({ url: z.string() });
const Sent = z.object({ msg_id: z.string() });
const Listed = z.object({ items: z.array(z.looseObject({ content: z.string() })) });
const Records = z.object({ messages: z.array(z.looseObject({ msg_body: z.string() })) });
const Event = z.object({ s: z.literal(0), d: z.looseObject({ type: z.int(), content: z.string() }) });
const Deleted = z.object({ extra: z.object({ type: z.string() }) });

const JSON_TYPE = { "Content-Type": "application/json" };

/** A call with JSON. @returns the answer */
async function ask(url: string, method: string, headers: HeadersInit, body?: object) {
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  return Object(await (await fetch(url, init)).json());
}

/** A bot of KOOK, which hears by its gateway. */
async function connectBot(kit: Kit) {
  const { site } = kit;
  const { origin, serverKey } = site.server;
  const helper = `${origin}/v1/server/users/ext:helper`;
  const authorized = { ...JSON_TYPE, Authorization: `Bearer ${serverKey}` };
  const user = User.parse(await ask(helper, "PUT", authorized, { username: "helper", bot: true }));
  const { token } = await ask(`${helper}/tokens`, "POST", authorized, {});
  const headers = { ...JSON_TYPE, Authorization: `Bot ${token}` };
  const call = async (request: string, body?: object): Promise<unknown> => {
    const [method = "", path = ""] = request.split(" ");
    const answer = await ask(`${origin}/api/v3/${path}`, method, headers, body);
    expect(answer, request).toMatchObject({ code: 0 });
    return answer.data;
  };
  const { url } = Url.parse(await call("GET gateway/index?compress=0"));
  const heard: string[] = [];
  const socket = new WebSocket(url);
  const isReady = new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      const frame: unknown = JSON.parse(String(data));
      const event = Event.safeParse(frame).data;
      if (event) heard.push(event.d.type === 255 ? Deleted.parse(event.d).extra.type : event.d.content);
      // The first frame is the hello.
      else resolve(frame);
    };
  });
  await isReady;
  return { user, call, heard, close: () => socket.close() };
}

/** A bot of KOOK talks with somebody who has the kit, the web client and a client of formpost. */
export function tellOfOneConversation(kit: Kit): void {
  test("a bot of KOOK, a user of the kit, the web client and formpost are in one conversation", async () => {
    const mei = await kit.seat("mei");
    const bot = await connectBot(kit);
    const { id } = Object(
      await mei.person.call("POST", "/v1/conversations", { kind: "direct", user_id: bot.user.id }),
    );
    const page = await kit.site.open({ person: mei.person, hash: `#/c/${id}` });
    const chat = { target_id: String(mei.person.user.id) };
    await mei.person.send(id, "one");
    await openTalk(mei.page, bot.user.username);

    const answer = { ...chat, type: 9, content: "two", quote: `${id}-1` };
    const { msg_id } = Sent.parse(await bot.call("POST direct-message/create", answer));
    await message(mei.page, "two").waitFor();
    await send(mei.page, "three");
    await web.stored(page, "three").waitFor();
    await web.send(page, "four");
    await message(mei.page, "four").waitFor();
    await bot.call("POST direct-message/update", { msg_id, content: "two!" });
    await bot.call("POST direct-message/add-reaction", { msg_id: `${id}-1`, emoji: "👍" });
    await expect.poll(() => bot.heard).toEqual(["one", "three", "four"]);
    await choose(mei.page, "three", "Recall");
    await expect.poll(() => bot.heard.at(-1)).toBe("deleted_private_message");
    await bot.call("POST direct-message/create", { ...chat, content: "five" });

    const left = ["one", "two!", "four", "five"];
    await message(mei.page, "five").waitFor();
    await mei.page.reload();
    await openTalk(mei.page, bot.user.username);
    await expect.poll(() => texts(mei.page)).toEqual(left);
    await message(mei.page, "You recalled a message").waitFor();
    const deleted = "You deleted this message.";
    await expect.poll(() => web.texts(page)).toEqual(["one", "two!", deleted, "four", "five"]);
    await page.getByRole("button", { name: "👍, 1 reaction" }).waitFor();
    const token = { token: mei.person.token, conversation: id };
    const path = `${kit.site.origin}/user/query_all_records/`;
    const records = Records.parse(await ask(path, "POST", JSON_TYPE, token));
    expect(records.messages.map(({ msg_body }) => msg_body)).toEqual(left);
    const ofBot = Listed.parse(await bot.call(`GET direct-message/list?target_id=${mei.person.user.id}`));
    expect(ofBot.items.map(({ content }) => content)).toEqual(left);
    bot.close();
  });
}
