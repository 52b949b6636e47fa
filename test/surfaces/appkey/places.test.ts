import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import {
  deleteMessage,
  openDirect,
  page,
  send as sendOverV1,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";
import { nameOf, success, tim } from "../tim/client.ts";
import { idOf, list, open, send } from "./client.ts";

/** What the core understands of a place: coordinates, or only a text. */
interface Place {
  content: string;
  kind: "location" | "text";
  body: object;
}

const understood = (content: string, body: object): Place => ({ content, kind: "location", body });
const asText = (content: string): Place => ({ content, kind: "text", body: { text: content } });

const PLACES: Place[] = [
  understood("39.9,116.397", { latitude: 39.9, longitude: 116.397 }),
  understood("39.90,116.40", { latitude: 39.9, longitude: 116.4 }),
  understood("-0.0,180.000", { latitude: 0, longitude: 180 }),
  understood("039.9,116.4,", { latitude: 39.9, longitude: 116.4, address: "" }),
  understood("39.90,116.40,天安门, 北京", { latitude: 39.9, longitude: 116.4, address: "天安门, 北京" }),
  understood("39.9, 116.4", { latitude: 39.9, longitude: 116.4 }),
  asText("北京市朝阳区"),
  asText("116.4,39.9"),
  asText("39.9，116.4"),
  asText("39.9 116.4"),
  asText("91,0"),
  asText("0,180.1"),
  asText('{"lat":1,"lng":2}'),
  asText("geo:39.9,116.4"),
  asText("https://map.example/?q=39.9,116.4"),
  asText(`39.9,116.4,${"很".repeat(501)}`),
  asText("😀".repeat(8_000)),
];

let ann: SignedIn;
let bob: SignedIn;
let conversation: number;

beforeAll(async () => {
  const pair = await signedInUsers(2);
  [ann, bob] = [itemAt(pair, 0), itemAt(pair, 1)];
  conversation = await open(ann, bob);
});

describe("a place (type -5)", () => {
  test("comes back as it was sent, in any form, also once others have read it elsewhere", async () => {
    for (const { content } of PLACES) await send(ann, conversation, content, -5);
    const expected = PLACES.map(({ content }) => [-5, content]).reverse();
    const listed = async (who: SignedIn) =>
      (await list(who, conversation)).map(({ type, content }) => [type, content]);
    expect(await listed(ann)).toEqual(expected);
    await page(bob, idOf(conversation), "?limit=100");
    await history(bob);
    expect(await listed(bob)).toEqual(expected);
  });

  test("is a location on v1 if it has coordinates, else a text, which every client shows", async () => {
    const { items } = await page(bob, idOf(conversation), "?limit=100");
    expect(items.map(({ kind, body }) => ({ kind, body }))).toEqual(
      PLACES.map(({ kind, body }) => ({ kind, body })),
    );
  });

  test("is readable on tim, usersig and formpost", async () => {
    const texts = PLACES.filter(({ kind }) => kind === "text").map(({ content }) => content);
    const last = itemAt(PLACES, 4);
    expect((await history(bob)).map(({ msg_body }) => msg_body).filter((body) => body !== "")).toEqual(texts);

    const logs = await usersigLogs(bob);
    expect(logs).toContainEqual({ content: "北京市朝阳区", content_type: "text" });
    expect(logs).toContainEqual({ content: last.body, content_type: "location" });

    const messages = await timMessages(bob);
    expect(messages).toContainEqual({ type: "TIMTextElem", payload: { text: '{"lat":1,"lng":2}' } });
    const location = { description: "天安门, 北京", latitude: 39.9, longitude: 116.4 };
    expect(messages).toContainEqual({ type: "TIMLocationElem", payload: location });
  });

  test("stays a place when it is forwarded", async () => {
    const { id } = await openDirect(ann, bob);
    const { seq } = itemAt((await page(ann, id, "?limit=100")).items, 6);
    await sendOverV1(bob, id, { forward: { conversation_id: id, seq } });
    expect(await list(ann, conversation, "&limit=1")).toMatchObject([{ type: -5, content: "北京市朝阳区" }]);
  });

  test("leaves nothing behind when it is revoked", async () => {
    const id = idOf(conversation);
    for (const content of ["a secret walrus", "12.50,1.50,a secret walrus"]) {
      const { messagekey } = await send(ann, conversation, content, -5);
      expect(await storedInConversation(id)).toContain("walrus");
      expect((await deleteMessage(ann, id, Number(messagekey.split("-")[1]), "everyone")).status).toBe(204);
      expect(await storedInConversation(id)).not.toContain("walrus");
    }
  });

  test("that another API sent is written as lat,lng and its address", async () => {
    const id = idOf(conversation);
    const body = { latitude: 1.5, longitude: -2, address: "somewhere" };
    await sendOverV1(bob, id, { kind: "location", body });
    expect(await list(ann, conversation, "&limit=1")).toMatchObject([
      { type: -5, content: "1.5,-2,somewhere" },
    ]);
  });
});

const Records = z.object({ messages: z.array(z.looseObject({ msg_body: z.string() })) });

async function history({ token }: SignedIn) {
  const answer = await wire({
    ...{ method: "POST", path: "/user/query_all_records/" },
    headers: { Authorization: token },
    body: { conversation: idOf(conversation) },
  });
  return Records.parse(answer.body).messages;
}

const Logs = z.object({
  data: z.object({
    chat_log_info_list: z.array(z.object({ content: z.unknown(), content_type: z.string() })),
  }),
});

async function usersigLogs({ token }: SignedIn) {
  const path = `/chat/chat-log-info/?session_id=${idOf(conversation)}&page_size=100`;
  const answer = await wire({ method: "GET", path, headers: { Authorization: token } });
  return Logs.parse(answer.body).data.chat_log_info_list;
}

const Shown = z.object({ message: z.object({ type: z.string(), payload: z.unknown() }) });

/** The newest messages as tim shows them: two pages hold all of them. */
async function timMessages(who: SignedIn) {
  const conversationID = `C2C${nameOf(ann)}`;
  const Page = z.object({ data: z.array(Shown), nextReqMessageID: z.string() });
  const ask = async (nextReqMessageID: string) => {
    const body = { conversationID, nextReqMessageID };
    return Page.parse(success(await tim(who, "/message/getMessageList", body)));
  };
  const newest = await ask("");
  const older = await ask(newest.nextReqMessageID);
  return [...older.data, ...newest.data].map(({ message }) => message);
}
