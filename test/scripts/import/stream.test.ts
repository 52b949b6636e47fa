import { expect, test } from "vitest";
import { convert, fixture, messagesOf, ofType } from "./converted.ts";

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
