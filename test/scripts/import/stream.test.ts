import { join } from "node:path";
import { expect, test } from "vitest";
import { People } from "../../../scripts/import/collected/people.ts";
import { convert, fixture, messagesOf, ofType } from "./converted.ts";
import { folderOf } from "./folder.ts";

const [ANN, BEN, CAI] = ["stream:ann", "stream:ben", "stream:cai"];
const GROVE = "stream:team:grove";

const items = await convert("stream", fixture("stream-import"));
const grove = messagesOf(items, GROVE);
const exported = await convert("stream", fixture("stream-export"));

test("users have their names, whether they come before or behind the messages", () => {
  expect(ofType(items, "user").map(({ user }) => user)).toEqual([
    {
      ...{ external_id: ANN, nickname: "Ann", username: "ann", avatar: "https://pine.example/ann.png" },
      created_at: 1696118400000,
    },
    { external_id: BEN, nickname: "Ben", username: "ben", metadata: { deactivated: true } },
    { external_id: CAI, nickname: "cai", username: "cai" },
  ]);
});

test("channels become groups, and a distinct channel of two a direct conversation", () => {
  expect(ofType(items, "conversation").map(({ conversation }) => conversation)).toMatchObject([
    {
      external_id: GROVE,
      kind: "group",
      name: "Grove",
      owner: ANN,
      metadata: { type: "team", color: "green" },
    },
    { external_id: "stream:messaging:!members-ann,ben", kind: "direct", users: [ANN, BEN] },
  ]);
  expect(ofType(items, "member").map(({ member }) => member)).toEqual([
    { conversation: GROVE, user: ANN, joined_at: 1698800400000, role: "owner" },
    { conversation: GROVE, user: BEN, state: "active", role: "admin", joined_at: 1698796800000 },
    { conversation: GROVE, user: CAI, state: "left", joined_at: 1698796800000 },
  ]);
});

test("messages keep threads, quotes, mentions, pins, reactions, their own fields and that they were deleted", () => {
  expect(grove).toEqual([
    {
      ...{ conversation: GROVE, external_id: "stream:m1", sender: ANN, created_at: 1699956000123 },
      ...{ mentions: [BEN], pinned: { at: 1699956600000, by: BEN }, metadata: { mood: "sunny" } },
      reactions: [
        { key: "❤", user: BEN, at: 1699956060000 },
        { key: ":leafy:", user: CAI, at: 1699956120000 },
      ],
      kind: "image",
      body: {
        ...{ url: "https://files.pine.example/leaf.png", name: "leaf.png", content_type: "image/png" },
        ...{ width: 40, height: 30 },
        caption: "Hello @Ben, **see** https://pine.example/d\n[wave](https://giphy.com/wave)",
      },
    },
    expect.objectContaining({ external_id: "stream:m2", thread: { root: "stream:m1", also_in_main: true } }),
    expect.objectContaining({ external_id: "stream:m3", reply_to: "stream:m1" }),
    {
      ...{ conversation: GROVE, external_id: "stream:m4", sender: BEN, created_at: 1699956420000 },
      ...{ revoked: { by: null }, kind: "text", body: {} },
    },
  ]);
});

test("an export of channels has polls with votes, notices, silent messages and names made of members", () => {
  expect(ofType(exported, "conversation").map(({ conversation }) => conversation)).toMatchObject([
    { external_id: "stream:messaging:grove", name: "Ann, Ben", owner: ANN, mute_all: true },
    { external_id: "stream:messaging:hut", name: "Hut" },
  ]);
  expect(ofType(exported, "message").map(({ message }) => message)).toMatchObject([
    {
      ...{ external_id: "stream:e1", kind: "poll", edited_at: 1699956120000, closed_at: 1699963200000 },
      votes: [{ option: 1, user: BEN, at: 1699956240000 }],
      body: {
        question: "Which tree?",
        options: ["Oak", "Pine"],
        multiple: false,
        anonymous: false,
        ends_at: 0,
      },
    },
    { external_id: "stream:e2", kind: "system", sender: null },
    { external_id: "stream:l1", silent: true, body: { text: "In lines" } },
  ]);
});

test("what has no place is counted by reason", () => {
  expect(items.leftOut).toEqual({
    "(the link stays) a preview of a link": 1,
    "a channel that was deleted, with its messages": 1,
    "a message of a channel that is not in the export": 1,
    "an item of the type device": 1,
  });
  expect(exported.leftOut).toEqual({
    "a message of the type ephemeral": 1,
    "a reaction of somebody whom the export does not name": 2,
  });
});

/** Converts items of an import of Stream. */
function convertItems(all: [type: string, item: object][], people?: People) {
  const folder = folderOf({ "items.json": JSON.stringify(all.map(([type, item]) => ({ type, item }))) });
  return convert("stream", join(folder, "items.json"), { people: people ?? new People() });
}

const AT = "2023-11-14T10:00:00Z";
const PAIR = { member_ids: ["ann", "ben"], created_by: "ann" };
const SAID = { channel_member_ids: ["ann", "ben"], user: "ann", created_at: AT };

test("of the distinct channels of two the oldest is the direct conversation, a further one a group", async () => {
  const conversion = await convertItems([
    ["channel", { ...PAIR, type: "shop", created_at: "2023-11-02T00:00:00Z" }],
    [
      "channel",
      { ...PAIR, type: "messaging", created_at: "2023-11-01T00:00:00Z", frozen: true, color: "red" },
    ],
    ["message", { ...SAID, id: "m1", channel_type: "messaging", text: "Hello" }],
    ["message", { ...SAID, id: "m2", channel_type: "shop", text: "Is it still there?" }],
  ]);
  const [shop, direct] = ["stream:shop:!members-ann,ben", "stream:messaging:!members-ann,ben"];
  expect(ofType(conversion, "conversation").map(({ conversation }) => conversation)).toMatchObject([
    { external_id: shop, kind: "group", name: "ann, ben", metadata: { type: "shop" } },
    { external_id: direct, kind: "direct", users: [ANN, BEN] },
  ]);
  expect([shop, direct].map((id) => messagesOf(conversion, id).length)).toEqual([1, 1]);
  expect(conversion.leftOut).toEqual({ "own fields, or the freezing, of a direct conversation": 1 });
});

test("an e-mail names a user also where it comes behind what they have made", async () => {
  const people = new People(new Map(), new Map([["ann@pine.example", "ours-ann"]]));
  const all: Parameters<typeof convertItems>[0] = [
    ["channel", { id: "hut", type: "team", created_by: "ann", name: "Hut" }],
    ["member", { channel_type: "team", channel_id: "hut", user_id: "ann" }],
    ["user", { id: "ann", name: "Ann", email: "ann@pine.example" }],
  ];
  const conversion = await convertItems(all, people);
  expect(ofType(conversion, "user")).toEqual([]);
  expect(ofType(conversion, "conversation")).toMatchObject([{ conversation: { owner: "ours-ann" } }]);
});

test("a poll keeps its files, and what has neither text nor file is counted", async () => {
  const in_hut = { channel_type: "team", channel_id: "hut", user: "ann", created_at: AT };
  const options = [
    { id: "o1", text: "Oak" },
    { id: "o2", text: "Pine" },
  ];
  const picture = (url: string) => ({ type: "image", image_url: url, title: "leaf.png" });
  const conversion = await convertItems([
    ["channel", { id: "hut", type: "team", created_by: "ann", name: "Hut" }],
    [
      "message",
      {
        ...{ ...in_hut, id: "m1", text: "A tree", poll: { name: "Which tree?", options } },
        attachments: [picture("https://pine.example/leaf.png")],
      },
    ],
    ["message", { ...in_hut, id: "m2", text: "" }],
    ["message", { ...in_hut, id: "m3", attachments: [picture("data:image/png;base64,AAAA")] }],
  ]);
  expect(messagesOf(conversion, "stream:team:hut")).toMatchObject([
    { external_id: "stream:m1", kind: "poll" },
    { external_id: "stream:m1#2", kind: "image", body: { caption: "A tree" } },
    { external_id: "stream:m2", kind: "text", body: { text: "" } },
    { external_id: "stream:m3", kind: "text", body: { text: "[File: leaf.png]" } },
  ]);
  expect(conversion.leftOut).toEqual({
    "(empty) a message without text and files": 1,
    "a file whose address is no http(s) URL of at most 4,096 characters": 1,
  });
});

test("texts are read as Markdown, what Stream shows without marks as text", async () => {
  const in_hut = { channel_type: "team", channel_id: "hut", user: "ann", created_at: AT };
  const link = "https://pine.example/__init__?a=1&b=2";
  const options = [{ id: "o1", text: "*args" }];
  const said = [
    { text: "# Plan\n__now__ ![leaf](https://pine.example/leaf.png)\n```\n# __same__\n```\n1 &lt; 2" },
    { text: `see ${link}`, attachments: [{ og_scrape_url: link, title: "Init" }] },
    { text: "over", attachments: [{ og_scrape_url: link, title: "[a] **b**" }] },
    {
      text: "__init__?",
      poll: { name: "__init__?", options },
      attachments: [{ type: "card", text: "a **b**" }],
    },
    { type: "system", text: "# __init__ is frozen" },
  ];
  const conversion = await convertItems([
    ["channel", { id: "hut", type: "team", created_by: "ann", name: "Hut" }],
    ...said.map((one, i): [string, object] => ["message", { ...in_hut, id: `m${i}`, ...one }]),
  ]);
  expect(messagesOf(conversion, "stream:team:hut").map(({ body }) => body.text)).toEqual([
    "# Plan\n**now** [leaf](https://pine.example/leaf.png)\n```\n# __same__\n```\n1 < 2",
    `see ${link}`,
    `over\n[\\[a\\] \\*\\*b\\*\\*](${link})`,
    "a \\*\\*b\\*\\*\n\\_\\_init\\_\\_?\n1. \\*args",
    "# __init__ is frozen",
  ]);
});
