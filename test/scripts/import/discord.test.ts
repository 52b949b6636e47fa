import { expect, test } from "vitest";
import { TextNames } from "../../../scripts/import/text/text-names.ts";
import { fromDiscord } from "../../../src/domain/foreign/discord/markdown.ts";
import { convert, fixture, messagesOf, ofType } from "./converted.ts";

const GENERAL = "discord:600";
const [ANN, BEN, HOOK, CAI] = ["discord:11", "discord:12", "discord:13", "discord:14"];

const conversion = await convert("discord", fixture("discord"));
const general = messagesOf(conversion, GENERAL);
const byId = (id: number) => general.find(({ external_id }) => external_id.endsWith(`00${id}`));

test("authors become users and members, apps bots, and a silent partner has the channel's name", () => {
  expect(ofType(conversion, "user").map(({ user }) => user)).toEqual([
    {
      external_id: ANN,
      nickname: "Ann",
      username: "ann",
      avatar: "https://pine.example/avatars/11/a.png",
    },
    { external_id: "discord:direct/660", nickname: "dot" },
    { external_id: BEN, nickname: "Ben", username: "ben" },
    { external_id: HOOK, nickname: "Hook", username: "hook", bot: true },
    { external_id: CAI, nickname: "cai", username: "cai" },
    { external_id: "discord:guild/500/owner", nickname: "Owner of Pine", bot: true },
  ]);
});

test("channels become private ones of the guild, and so do threads without a first message", () => {
  expect(ofType(conversion, "conversation").map(({ conversation }) => conversation)).toMatchObject([
    { external_id: "discord:660", kind: "direct", users: [ANN, "discord:direct/660"] },
    {
      ...{ external_id: GENERAL, name: "general", introduction: "Everything", owner: ANN },
      overrides: [
        { role: "everyone", deny: ["read"] },
        ...[ANN, BEN, HOOK, CAI].map((user) => ({ user, allow: ["read"] })),
      ],
      ...{ space: "discord:guild/500", metadata: { guild: "Pine", category: "Talk" } },
      category: "discord:550",
    },
    { external_id: "discord:650", name: "A tree house", owner: BEN },
  ]);
  // What a thread is below is its channel.
  expect(ofType(conversion, "category").map(({ category }) => category)).toEqual([
    { space: "discord:guild/500", external_id: "discord:550", name: "Talk", position: 0 },
  ]);
  const joined_at = 1699956060500;
  expect(
    ofType(conversion, "member").flatMap(({ member }) => (member.conversation === GENERAL ? [member] : [])),
  ).toEqual([
    { conversation: GENERAL, user: ANN, joined_at: 1699956000000, role: "owner" },
    { conversation: GENERAL, user: BEN, state: "active", joined_at },
    { conversation: GENERAL, user: HOOK, state: "active", joined_at },
    { conversation: GENERAL, user: CAI, state: "active", joined_at },
  ]);
});

test("a message keeps markup, mentions, edit, pin, reactions and the file beside the export", () => {
  expect(byId(2)).toEqual({
    ...{ conversation: GENERAL, external_id: "discord:700000000000000002", sender: ANN },
    ...{ created_at: 1699956060500, edited_at: 1699956120000, version: 2 },
    ...{ mentions: "all", also_mentions: [BEN], pinned: { at: 1699956060500, by: ANN } },
    reactions: [
      { key: "👍", user: BEN, at: 1699956060500 },
      { key: ":leafy:", user: ANN, at: 1699956060500 },
    ],
    kind: "image",
    body: {
      ...{ file: "discord:file/801", name: "leaf.gif", size: 6, content_type: "image/gif" },
      caption:
        "Hi @everyone and @Ben, @role! Look ||here|| :leafy: at #general 2023-11-14 22:13 UTC\n" +
        "> one\n> two\n[Sticker: Wave]\n[File: far.txt]",
    },
  });
});

test("replies quote, and a thread belongs to the message that it began at", () => {
  expect(byId(3)).toMatchObject({
    ...{ reply_to: "discord:700000000000000002", mentions: [ANN] },
    body: { text: "Yes, @Ann: [docs](https://pine.example/d)" },
  });
  const thread = { root: "discord:700000000000000003", also_in_main: false };
  expect(byId(102)).toMatchObject({ thread, sender: CAI });
  expect(byId(103)).toMatchObject({ thread, reply_to: "discord:700000000000000102" });
  // Who is answered is not named by the text.
  expect(byId(103)).not.toHaveProperty("mentions");
});

test("embeds, forwards and notices have their texts", () => {
  expect(byId(4)).toMatchObject({
    body: { text: "> **[v2](https://pine.example/v2)**\n> Out\n> now\n> **Took**: 1 h" },
  });
  expect(byId(5)).toMatchObject({ kind: "system", body: { text: "Ann: Changed the channel name: general" } });
  expect(byId(6)).toMatchObject({ body: { text: "> From afar" } });
});

test("what has no place is counted by reason", () => {
  expect(conversion.leftOut).toEqual({
    "(its authors) the members of a channel": 2,
    "(the link stays) a preview of a link": 1,
    "a file that cannot be downloaded: files of pine.example are not downloaded": 1,
    "a notice of the kind 21": 1,
    "a notice of the kind GuildMemberJoin": 1,
    "a picture of a user: a file that is not in the export": 1,
    "a reaction of somebody whom the export does not name": 1,
    "data that is no message": 1,
  });
});

test("one file is an export, too", async () => {
  const alone = await convert("discord", fixture("discord/general.json"));
  expect(messagesOf(alone, GENERAL)).toHaveLength(5);
});

test("names and everybody are told, outside of code", () => {
  const known = { user: (id: string) => (id === "1" ? { id: "discord:1", name: "Ann" } : undefined) };
  const read = (source: string) => {
    const names = new TextNames({ ...known, channel: () => undefined }, "everyone");
    return names.converted(fromDiscord(source, names));
  };
  expect(read("`<@1>` <@2> a@everyone.example")).toEqual({
    ...{ text: "`<@1>` @2 a@everyone.example", mentions: [], mentionsAll: false },
  });
  expect(read("<@!1> (@here)")).toEqual({
    ...{ text: "@Ann (@everyone)", mentions: ["discord:1"], mentionsAll: true },
  });
});
