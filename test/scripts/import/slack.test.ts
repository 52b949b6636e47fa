import { expect, test } from "vitest";
import { People } from "../../../scripts/import/collected/people.ts";
import { convert, fixture, messagesOf, ofType } from "./converted.ts";
import { folderOf } from "./folder.ts";

const GENERAL = "slack:T01PINE:C01GEN";
const SPACE = "slack:T01PINE:workspace";
const ANN = "slack:T01PINE:U01ANN";
const BEN = "slack:T01PINE:U02BEN";
const CAI = "slack:T01PINE:U03CAI";
/** who is in the private channel */
const LOBBY = [BEN, ANN];

/** When the channel was made. */
const CREATED = 1699990000000;

const conversion = await convert("slack", fixture("slack"));
const general = messagesOf(conversion, GENERAL);
const byId = (id: string) => general.find(({ external_id }) => external_id === `slack:${id}`);

test("users keep name, e-mail and picture; bots are bots, and closed accounts keep their names", () => {
  expect(ofType(conversion, "user").map(({ user }) => user)).toEqual([
    {
      ...{ external_id: ANN, nickname: "Ann", username: "ann", email: "ann@pine.example" },
      avatar: "https://pine.example/ann.png",
    },
    { external_id: BEN, nickname: "Ben Birch", username: "ben", email: "Ben@pine.example" },
    // Nobody may be called everyone here.
    { external_id: CAI, nickname: "Cai Cedar", username: "cai", metadata: { deactivated: true } },
    { external_id: "slack:T01PINE:U04BOT", nickname: "Deploy Bot", username: "deploybot", bot: true },
    { external_id: "slack:T01PINE:USLACKBOT", nickname: "Slackbot", bot: true },
    { external_id: "slack:T01PINE:U09GONE", nickname: "Gus Guest" },
    { external_id: "slack:T01PINE:deleted", nickname: "Deleted message" },
    { external_id: `${SPACE}/owner`, nickname: "Owner of Slack", bot: true },
  ]);
});

test("a workspace becomes a space, and group messages stay outside", () => {
  expect(ofType(conversion, "space").map(({ space }) => space)).toEqual([
    { external_id: SPACE, name: "Slack", owner: `${SPACE}/owner` },
  ]);
  const users = ofType(conversion, "space_member").map(({ space_member: { user } }) => user);
  expect(new Set(users)).toEqual(new Set([ANN, BEN, "slack:T01PINE:U04BOT"]));
  expect(ofType(conversion, "role").map(({ role }) => role.name)).toEqual(["Members"]);
  const outside = ofType(conversion, "conversation").filter(({ conversation }) => !conversation.space);
  expect(outside.map(({ conversation }) => conversation.kind)).toEqual(["group", "direct"]);
});

test("channels become channels, private ones closed, archived ones mute; direct messages become direct", () => {
  expect(ofType(conversion, "conversation").map(({ conversation }) => conversation)).toMatchObject([
    {
      ...{ external_id: GENERAL, kind: "group", name: "general", owner: ANN, space: SPACE },
      ...{
        introduction: "What everybody should know\nNews of Pine",
        history: "all",
        overrides: [],
        default: true,
      },
      created_at: 1699990000000,
    },
    { name: "old-plans", owner: CAI, space: SPACE, overrides: [{ role: "everyone", deny: ["write"] }] },
    {
      ...{ name: "lobby", owner: BEN, space: SPACE },
      overrides: [{ role: "everyone", deny: ["read"] }, ...LOBBY.map((user) => ({ user, allow: ["read"] }))],
    },
    { name: "Ann, Ben Birch, Cai Cedar", owner: ANN, join_policy: "closed" },
    { external_id: "slack:T01PINE:D001", kind: "direct", users: [ANN, BEN] },
  ]);
  expect(
    ofType(conversion, "member").flatMap(({ member }) =>
      member.conversation === GENERAL && member.state !== "left" ? [member] : [],
    ),
  ).toEqual([
    { conversation: GENERAL, user: ANN, role: "owner", joined_at: CREATED },
    { conversation: GENERAL, user: BEN, state: "active", joined_at: 1699999000000 },
    { conversation: GENERAL, user: "slack:T01PINE:U04BOT", state: "active", joined_at: CREATED },
  ]);
});

test("a message keeps its markup, mentions, edit, reactions and pin", () => {
  expect(byId("1700000000.000100")).toEqual({
    ...{ conversation: GENERAL, external_id: "slack:1700000000.000100", sender: ANN },
    ...{ created_at: 1700000000000, edited_at: 1700000060000, version: 2 },
    ...{ mentions: "all", also_mentions: [BEN] },
    reactions: [
      { key: "👍🏼", user: BEN, at: 1700000000000 },
      { key: "❤", user: ANN, at: 1700000000000 },
      { key: "❤", user: CAI, at: 1700000000000 },
      { key: ":pine_tree:", user: BEN, at: 1700000000000 },
    ],
    pinned: { at: 1700000900000, by: BEN },
    kind: "text",
    body: {
      text:
        "Hello @all, **welcome** to ~~Oak~~ _Pine_ & friends 🎉 @Ben Birch\n" +
        "Read [the <handbook>](https://pine.example/a_b_c*d*) or https://pine.example/plain",
    },
  });
});

test("replies answer in their threads, broadcasts also in the main stream", () => {
  const root = "slack:1700000000.000100";
  expect(byId("1700000100.000200")).toMatchObject({
    ...{ thread: { root, also_in_main: false }, body: { text: "> quoted\nThanks! `a *b* <c>`" } },
  });
  expect(byId("1700000200.000300")).toMatchObject({ thread: { root, also_in_main: true } });
  expect(byId("1700000300.000400")).not.toHaveProperty("thread");
  expect(byId("1700090200.000000")).toMatchObject({ thread: { root: "slack:1700090100.000000" } });
  expect(byId("1700090100.000000")).toMatchObject({ revoked: { by: null }, body: {} });
});

test("a file comes from the export with its hash, before its message; missing ones leave their names", () => {
  const { records } = conversion;
  const at = records.findIndex(({ type }) => type === "file");
  expect(records[at]).toMatchObject({
    file: { external_id: "slack:T01PINE:F01PNG", name: "map.png", content_type: "image/png", size: 8 },
  });
  expect(records[at + 1]).toMatchObject({
    message: {
      ...{ external_id: "slack:1700000500.000000", kind: "image" },
      body: {
        ...{ file: "slack:T01PINE:F01PNG", width: 4, height: 3 },
        caption: "Look at this\n[File: gone.txt]\n[File: Plan]",
      },
    },
  });
});

test("apps, notices, /me and blocks have their texts", () => {
  expect(byId("1700000400.000000")).toMatchObject({
    sender: "slack:T01PINE:U04BOT",
    body: { text: "A release\n> **[v1.2](https://pine.example/v1.2)**\n> All **green**\n> **Took**: 3 min" },
  });
  expect(byId("1699999100.000000")).toMatchObject({
    ...{ kind: "system", sender: null },
    body: { text: "Ann set the channel topic: What everybody should know" },
  });
  expect(byId("1700090000.000000")).toMatchObject({ body: { text: "_waves_" } });
  expect(byId("1700090500.000000")).toMatchObject({ mentions: [ANN], body: { text: "In blocks: @Ann👋" } });
  expect(messagesOf(conversion, "slack:T01PINE:D001")).toMatchObject([
    { sender: ANN },
    { sender: null, kind: "system", body: { text: "Slackbot: A reminder" } },
  ]);
});

test("what has no place is counted by reason", () => {
  expect(conversion.leftOut).toEqual({
    "(in the main stream) a reply in a thread whose first message is missing": 1,
    "a file of another service, of which Slack has a link alone": 1,
    "a file that was deleted at Slack": 1,
    "a notice of the kind channel_join": 1,
    "a notice of the kind pinned_item": 1,
    "a reaction of somebody whom the export does not name": 1,
    "data that is no message": 1,
    "messages to oneself": 1,
  });
});

test("a huddle has no place, unless it was answered", async () => {
  const huddle = { subtype: "huddle_thread", user: "U1", text: "" };
  const day = [
    { ...huddle, ts: "1700000000.000000" },
    { ...huddle, ts: "1700000001.000000", thread_ts: "1700000001.000000", reply_count: 1 },
    { user: "U1", ts: "1700000002.000000", thread_ts: "1700000001.000000", text: "Notes" },
  ];
  const folder = folderOf({
    "users.json": JSON.stringify([{ id: "U1", name: "ann" }]),
    "channels.json": JSON.stringify([{ id: "C1", name: "hut", members: ["U1"] }]),
    "hut/2023-11-14.json": JSON.stringify(day),
  });
  const huddles = await convert("slack", folder);
  expect(messagesOf(huddles, "slack:C1").map(({ created_at }) => created_at)).toEqual([
    1700000001000, 1700000002000,
  ]);
  expect(huddles.leftOut).toEqual({
    "(empty) a message without text and files": 1,
    "a notice of the kind huddle_thread": 1,
  });
});

test("people whom the operator or the deployment knows are these users", async () => {
  const people = new People(
    new Map([["U01ANN", "ann-of-ours"]]),
    new Map([["ben@pine.example", "ben-of-ours"]]),
  );
  const matched = await convert("slack", fixture("slack"), { people });
  const ids = ofType(matched, "user").map(({ user }) => user.external_id);
  expect(ids).toContain("ann-of-ours");
  // The deployment has Ben already, as he is.
  expect(ids).not.toContain("ben-of-ours");
  expect(matched.records).toContainEqual({
    type: "member",
    member: expect.objectContaining({ conversation: GENERAL, user: "ben-of-ours", state: "active" }),
  });
  expect(JSON.stringify(matched.records)).not.toContain("U02BEN");
});

test("of a message only what is bad is left out, and blocks are shown", async () => {
  const say = (ts: number, fields: object) => ({ user: "U1", ts: `170000000${ts}.000000`, ...fields });
  const text = (value: unknown) => ({ type: "mrkdwn", text: value });
  const day = [
    say(0, {
      text: "a",
      reactions: [{ name: "tada" }, { name: "+1", users: ["U1", 7], count: 2 }, 7],
      attachments: [{ title: "Load", fields: [{ title: "cpu", value: 0.5 }], ts: 7 }, "x"],
      edited: 7,
      files: [null, { id: 7, name: "a.txt" }],
    }),
    say(1, { text: "for notifications", blocks: [{ type: "section", text: text("<@U1> *shown*") }] }),
    say(2, { text: "shown", blocks: [{ type: "call" }, { type: "section", text: 7 }] }),
    say(3, {
      blocks: [
        {
          type: "rich_text",
          elements: [
            {
              type: "rich_text_list",
              style: "ordered",
              elements: ["one", "two"].map((item) => ({
                type: "rich_text_section",
                elements: [{ type: "text", text: item }],
              })),
            },
          ],
        },
      ],
    }),
    say(4, { subtype: "channel_topic", text: "<@U1> set the channel topic: News" }),
    say(5, { subtype: "channel_topic", text: "set the channel topic: News" }),
  ];
  const folder = folderOf({
    "users.json": JSON.stringify([{ id: "U1", name: "ann", is_bot: 7, profile: { email: 7 } }]),
    "channels.json": JSON.stringify([{ id: "C1", name: "hut", members: ["U1"], topic: { value: 7 } }]),
    "hut/2023-11-14.json": JSON.stringify(day),
  });
  const { records, leftOut } = await convert("slack", folder);
  const messages = messagesOf({ records, leftOut }, "slack:C1");
  expect(messages.map(({ body }) => body.text)).toEqual([
    "a\n> **Load**\n> **cpu**: 0.5\n[File: a.txt]",
    "@ann **shown**",
    "shown",
    "1. one\n2. two",
    "@ann set the channel topic: News",
    "ann set the channel topic: News",
  ]);
  expect(messages[0]?.reactions).toMatchObject([{ key: "👍" }]);
  expect(messages[1]?.mentions).toEqual(["slack:U1"]);
  expect(leftOut).toMatchObject({ "a block of the kind call": 1 });
});
