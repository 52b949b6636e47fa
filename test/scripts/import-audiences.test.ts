import { join } from "node:path";
import { expect, test } from "vitest";
import { type Conversion, convert, ofType } from "./import/converted.ts";
import { folderOf } from "./import/folder.ts";

const textsOf = (conversion: Conversion) =>
  ofType(conversion, "message").map(({ message }) => message.body.text ?? "(deleted)");
const membersOf = (conversion: Conversion) =>
  Object.fromEntries(
    ofType(conversion, "member").map(({ member }) => [member.user, member.state ?? "active"]),
  );
const policiesOf = (conversion: Conversion) =>
  ofType(conversion, "conversation").map(({ conversation }) => conversation.join_policy);

/** Who reads each channel, if not everybody in its space. */
const readersOf = (conversion: Conversion) =>
  ofType(conversion, "conversation").map(({ conversation: { overrides = [] } }) =>
    overrides.flatMap(({ role, user, allow = [] }) => (allow.includes("read") ? (role ?? user ?? []) : [])),
  );

/** The lines of a file. */
const lines = (...all: object[]) => all.map((line) => JSON.stringify(line)).join("\n");

test("Stream: what not everybody in a channel could see is left out, and the report says so", async () => {
  const at = (minute: number) => `2023-11-14T10:${String(minute).padStart(2, "0")}:00Z`;
  const message = (id: string, minute: number, fields = {}) => ({
    type: "message",
    item: {
      ...{ id, channel_type: "messaging", channel_id: "grove", user: "ann", type: "regular", text: id },
      ...{ created_at: at(minute), ...fields },
    },
  });
  const folder = folderOf({
    "data.jsonl": lines(
      ...["ann", "ben", "cai", "dan", "eve"].map((id) => ({ type: "user", item: { id, name: id } })),
      {
        type: "channel",
        item: { type: "messaging", id: "grove", name: "Grove", created_by: "ann", truncated_at: at(1) },
      },
      {
        type: "channel",
        item: { type: "messaging", id: "shut", name: "Shut", created_by: "ann", disabled: true },
      },
      {
        type: "channel",
        item: { type: "livestream", id: "own", name: "Own", team: "red", created_by: "ann" },
      },
      ...[
        { user_id: "ann" },
        { user_id: "ben", deleted_messages: ["gone for ben"] },
        { user_id: "cai", invited: true },
        { user_id: "dan", invited: true, invite_accepted_at: at(2) },
        { user_id: "eve", deleted_at: at(3) },
      ].map((fields) => ({
        type: "member",
        item: { channel_type: "messaging", channel_id: "grove", created_at: at(0), ...fields },
      })),
      message("before the channel was emptied", 1),
      message("for all", 2, { restricted_visibility: [] }),
      message("for ben alone", 3, { restricted_visibility: ["ben"] }),
      message("shadowed", 4, { shadowed: true, user: "eve" }),
      message("own", 5, { deleted_for_me: true }),
      message("gone for ben", 6),
      message("aside", 7, { parent_id: "for ben alone" }),
      message("said to all", 8, { parent_id: "for ben alone", show_in_channel: true }),
      message("quoting", 9, { quoted_message_id: "shadowed" }),
      { ...message("shut", 9), item: { ...message("shut", 9).item, channel_id: "shut" } },
    ),
  });
  const conversion = await convert("stream", join(folder, "data.jsonl"));
  expect(textsOf(conversion)).toEqual(["for all", "gone for ben", "said to all", "quoting"]);
  const messages = ofType(conversion, "message").map(({ message: own }) => own);
  expect(messages.map(({ hidden_by }) => hidden_by)).toEqual([
    undefined,
    ["stream:ben"],
    undefined,
    undefined,
  ]);
  for (const own of messages) expect([own.reply_to, own.thread]).toEqual([undefined, undefined]);
  expect(membersOf(conversion)).toEqual({
    ...{ "stream:ann": "active", "stream:ben": "active", "stream:dan": "active" },
  });
  expect(policiesOf(conversion)).toEqual(["closed", "closed"]);
  expect(conversion.leftOut).toEqual({
    "a message that only some members could see": 1,
    "a message of a shadow-banned user, which nobody else could see": 1,
    "a message that somebody had deleted for themself": 1,
    "a message from before its channel was emptied": 1,
    "a reply in the thread of a message that few could see": 1,
    "(in the main stream) a reply in a thread whose first message is missing": 1,
    "a quote of a message that is not in the export": 1,
    "a member who has not accepted their invitation": 1,
    "a channel that was disabled, with its messages": 1,
    "a message of a channel that is not in the export": 1,
  });
});

test("Slack: ephemeral and hidden messages, and what a link shows of a private channel, are left out", async () => {
  const users = [
    { id: "U1", name: "ann" },
    { id: "U2", name: "ben" },
    { id: "U3", name: "guest", is_restricted: true },
  ];
  const shown = (channel_id: string, fields = {}) => ({
    ...{
      channel_id,
      is_msg_unfurl: true,
      from_url: `https://pine.example/${channel_id}`,
      text: `in ${channel_id}`,
    },
    ...fields,
  });
  const messages = [
    { text: "for all" },
    { text: "for ben alone", is_ephemeral: true },
    { text: "hidden", hidden: true },
    { text: "hidden root", hidden: true, reply_count: 1 },
    { text: "reply", thread_ts: "1700000003.000000" },
    { text: "links", attachments: [shown("C1"), shown("G1"), shown("C2", { private_channel_prompt: true })] },
  ].map((fields, i) => ({ type: "message", user: "U1", ts: `170000000${i}.000000`, ...fields }));
  const folder = folderOf({
    "users.json": JSON.stringify(users),
    "channels.json": JSON.stringify([
      { id: "C1", name: "lobby", members: ["U1", "U2"] },
      { id: "C2", name: "hall", members: ["U1", "U2", "U3"] },
    ]),
    "groups.json": JSON.stringify([{ id: "G1", name: "secret", members: ["U1"] }]),
    "hall/2023-11-14.json": JSON.stringify(messages),
  });
  const conversion = await convert("slack", folder);
  expect(textsOf(conversion)).toEqual(["for all", "(deleted)", "reply", "links\n> in C1"]);
  expect(readersOf(conversion)).toEqual([["parley-import:full-members"], [], ["slack:U1"]]);
  expect(conversion.leftOut).toEqual({
    "a message that one person alone was shown": 1,
    "a message that Slack shows nobody": 1,
    "(the link stays) a message of another private conversation that a link shows": 2,
  });
});

test("Mattermost: ephemeral and deleted posts are left out, and open channels stay those of their team", async () => {
  const post = (message: string, create_at: number, fields = {}) => ({
    type: "post",
    post: { team: "red", channel: "hall", user: "ann", message, create_at, ...fields },
  });
  const user = (username: string, team: string, channels: string[], fields = {}) => ({
    type: "user",
    user: { username, teams: [{ name: team, channels: channels.map((name) => ({ name })) }], ...fields },
  });
  const channel = (team: string, name: string) => ({
    type: "channel",
    channel: { team, name, display_name: name, type: "O" },
  });
  const folder = folderOf({
    "import.jsonl": lines(
      { type: "version", version: 1 },
      ...[channel("red", "hall"), channel("blue", "yard")],
      user("ann", "red", ["hall"]),
      user("ben", "blue", ["yard"]),
      user("gil", "red", ["hall"], { roles: "system_guest" }),
      post("for all", 1_700_000_000_000),
      post("for one", 1_700_000_001_000, { type: "system_ephemeral" }),
      post("burnt", 1_700_000_002_000, {
        type: "burn_on_read",
        replies: [{ user: "ann", message: "about what is burnt", create_at: 1_700_000_002_500 }],
      }),
      post("deleted", 1_700_000_003_000, { delete_at: 1_700_000_004_000 }),
      post("deleted root", 1_700_000_005_000, {
        props: { deleteBy: "u1" },
        replies: [{ user: "ann", message: "reply", create_at: 1_700_000_006_000 }],
      }),
    ),
  });
  const conversion = await convert("mattermost", folder);
  expect(textsOf(conversion)).toEqual(["for all", "(deleted)", "reply"]);
  expect(readersOf(conversion)).toEqual([[], []]);
  expect(conversion.leftOut).toEqual({
    "a post of the type system_ephemeral, which few could see": 1,
    "a post of the type burn_on_read, which few could see": 1,
    "a reply in the thread of a message that few could see": 1,
    "a message that was deleted": 1,
  });
});

test("Discord: a private thread is a group of its own, and who has left a group is no member", async () => {
  const author = (id: string) => ({ id, name: `u${id}`, nickname: `u${id}` });
  const message = (id: string, type: string, content: string, fields = {}) => ({
    ...{ id, type, content, timestamp: `2023-11-14T10:00:${id.slice(-2)}+00:00`, author: author("1") },
    ...fields,
  });
  const file = (channel: object, messages: object[]) =>
    JSON.stringify({ guild: { id: "9", name: "Guild" }, channel, messages });
  const folder = folderOf({
    "hall.json": file({ id: "500", type: "GuildTextChat", name: "hall" }, [
      message("501", "Default", "root"),
    ]),
    "private.json": file({ id: "501", type: "GuildPrivateThread", categoryId: "500", name: "private" }, [
      message("502", "Default", "for few"),
    ]),
    "group.json": file({ id: "600", type: "DirectGroupTextChat", name: "trio" }, [
      message("601", "Default", "hello"),
      message("602", "Default", "I go", { author: author("2") }),
      message("603", "RecipientRemove", "", { author: author("2"), mentions: [author("2")] }),
      message("604", "RecipientAdd", "", { mentions: [author("3")] }),
    ]),
  });
  const conversion = await convert("discord", folder);
  const few = ofType(conversion, "message").find(({ message: { body } }) => body.text === "for few");
  expect(few?.message).toMatchObject({ conversation: "discord:501" });
  expect(few?.message.thread).toBeUndefined();
  const trio = ofType(conversion, "member").filter(({ member }) => member.conversation === "discord:600");
  expect(trio.map(({ member }) => [member.user, member.state ?? "active"])).toEqual([
    ["discord:1", "active"],
    ["discord:2", "left"],
    ["discord:3", "active"],
  ]);
  expect(conversion.leftOut).toEqual({
    "(its authors) the members of a channel": 2,
    "a notice of the kind RecipientRemove": 1,
    "a notice of the kind RecipientAdd": 1,
  });
});
