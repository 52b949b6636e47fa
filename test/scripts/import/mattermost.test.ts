import { expect, test } from "vitest";
import { PostTexts } from "../../../scripts/import/mattermost/markdown.ts";
import { convert, fixture, messagesOf, ofType } from "./converted.ts";
import { folderOf } from "./folder.ts";

const SQUARE = "mattermost:pine/town-square";
const TEAM = "mattermost:team/pine";
const ANN = "mattermost:ann";
const BEN = "mattermost:ben.b";
const CAI = "mattermost:cai";

const conversion = await convert("mattermost", fixture("mattermost"));
const square = messagesOf(conversion, SQUARE);

test("users and bots come with names and e-mails, and who sends by a hook is a bot", () => {
  expect(ofType(conversion, "user").map(({ user }) => user)).toEqual([
    { external_id: ANN, nickname: "Ann", username: "ann", email: "ann@pine.example" },
    { external_id: BEN, nickname: "Ben Birch", username: "ben.b", email: "ben@pine.example" },
    {
      ...{ external_id: CAI, nickname: "cai", username: "cai", email: "cai@pine.example" },
      metadata: { deactivated: true },
    },
    { external_id: "mattermost:deploybot", nickname: "Deploy Bot", username: "deploybot", bot: true },
    { external_id: "mattermost:hook/Builds", nickname: "Builds", bot: true },
    { external_id: "mattermost:team/pine/owner", nickname: "Owner of pine", bot: true },
  ]);
});

test("channels become groups with their admins, and direct channels direct ones or groups", () => {
  expect(ofType(conversion, "conversation").map(({ conversation }) => conversation)).toMatchObject([
    {
      ...{ external_id: SQUARE, name: "Town Square", space: TEAM, owner: BEN },
      ...{ introduction: "Read first\nFor all", metadata: { team: "pine" } },
      overrides: [{ user: BEN, allow: ["manage_channel", "manage_messages", "pin"] }],
      default: true,
    },
    {
      ...{ name: "Attic", space: TEAM, owner: ANN },
      overrides: [
        { role: "everyone", deny: ["read", "write"] },
        { user: ANN, allow: ["read"] },
      ],
    },
    { external_id: "mattermost:direct/ann,ben.b", kind: "direct", users: [ANN, BEN] },
    { kind: "group", name: "Ann, Ben Birch, cai", announcement: "The three of us" },
  ]);
  // The export does not say when: with the first message.
  const joined_at = 1700000000000;
  expect(
    ofType(conversion, "member").flatMap(({ member }) =>
      member.conversation === SQUARE && member.state !== "left" ? [member] : [],
    ),
  ).toEqual([
    { conversation: SQUARE, user: ANN, state: "active", joined_at },
    { conversation: SQUARE, user: BEN, role: "owner", joined_at },
  ]);
});

test("a post keeps its text, mentions, edit, reactions, pin and files", () => {
  expect(square[0]).toEqual({
    ...{ conversation: SQUARE, external_id: "mattermost:1700000000000:ann", sender: ANN },
    ...{ created_at: 1700000000000, edited_at: 1700000060000, version: 2 },
    ...{ mentions: "all", also_mentions: [BEN], pinned: { at: 1700000000000, by: ANN } },
    reactions: [
      { key: "👍", user: BEN, at: 1700000100000 },
      { key: ":pine:", user: CAI, at: 1700000110000 },
    ],
    kind: "file",
    body: {
      ...{ file: "mattermost:file/2023/pine/plan.pdf", name: "plan.pdf", size: 9 },
      content_type: "application/pdf",
      caption:
        "Hi @Ben Birch, @nobody and @all: **bold** `@cai` 🎉\n[a map](https://pine.example/map.png)\n[File: lost.txt]",
    },
  });
});

test("posts are in the order of their time, and replies answer in the thread, also two of one millisecond", () => {
  const root = "mattermost:1700000000000:ann";
  expect(square.map(({ external_id }) => external_id)).toEqual([
    root,
    "mattermost:1700000020000:ann",
    "mattermost:1700000030000:ann",
    "mattermost:1700000040000:ann",
    "mattermost:1700000900000:ben.b",
    "mattermost:1700001000000:ben.b",
    "mattermost:1700001000000:ben.b:2",
  ]);
  expect(square.slice(-2)).toMatchObject([
    { thread: { root, also_in_main: false }, body: { text: "An answer" } },
    { thread: { root, also_in_main: false }, body: { text: "At the same time" } },
  ]);
  expect(square[1]).toMatchObject({ kind: "system", sender: null });
  expect(square[2]).toMatchObject({
    sender: "mattermost:hook/Builds",
    body: { text: "A build\n> **[#7](https://pine.example/7)**\n> All green\n> **Took**: 3" },
  });
  expect(square[3]).toMatchObject({ body: { text: "_waves_" } });
});

test("what has no place is counted by reason", () => {
  expect(conversion.leftOut).toEqual({
    "a file that is not in the export": 1,
    "a line of the type emoji": 1,
    "a line of the type hologram": 1,
    "a message that somebody has saved for themself": 1,
    "a notice of the kind system_join_channel": 1,
    "a post that is not as documented": 1,
    "messages to oneself": 1,
  });
});

test("a workspace is part of the external ids", async () => {
  const { records } = await convert("mattermost", fixture("mattermost"), { workspace: "north" });
  expect(records[1]).toMatchObject({ user: { external_id: "mattermost:north:ann" } });
});

test("usernames end where a sentence does, and addresses name nobody", () => {
  const user = (name: string) => (name === "ben.b" ? { id: "b", name: "Ben" } : undefined);
  const texts = new PostTexts(user);
  expect(texts.converted(texts.read("Ask @ben.b. Not ann@ben.b or `@ben.b`."))).toEqual({
    text: "Ask @Ben. Not ann@ben.b or `@ben.b`.",
    ...{ mentions: ["b"], mentionsAll: false },
  });
});

test("a reply that is dated before its root stays in the thread, and of a post only what is bad is left out", async () => {
  const post = (at: number, fields: object) => ({
    ...{ user: "ann", create_at: 1_700_000_000_000 + at, message: `at ${at}`, ...fields },
  });
  const reactions = [{ emoji_name: "tada" }, { user: "ann", emoji_name: "+1", create_at: "x" }];
  const lines = [
    { type: "version", version: 1 },
    {
      type: "post",
      post: {
        ...post(500, { reactions, is_pinned: "x", props: { attachments: [7, { fields: [{ value: 0 }] }] } }),
        ...{ team: "pine", channel: "hut", replies: [post(100, {}), post(900, {})] },
      },
    },
    { type: "post", post: { ...post(300, {}), team: "pine", channel: "hut" } },
  ];
  const folder = folderOf({ "import.jsonl": lines.map((line) => JSON.stringify(line)).join("\n") });
  const conversion = await convert("mattermost", folder);
  const messages = messagesOf(conversion, "mattermost:pine/hut");
  const root = "mattermost:1700000000500:ann";
  expect(messages).toMatchObject([
    { body: { text: "at 300" } },
    { external_id: root, body: { text: "at 500\n> 0" }, reactions: [{ key: "👍" }] },
    { body: { text: "at 100" }, thread: { root, also_in_main: false } },
    { body: { text: "at 900" }, thread: { root, also_in_main: false } },
  ]);
  expect(conversion.leftOut).toEqual({});
});
