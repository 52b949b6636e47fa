import { expect, test } from "vitest";
import { splitText } from "../../../scripts/import/collected/split-text.ts";
import { Ids } from "../../../scripts/import/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { type Conversion, convert, messagesOf } from "./converted.ts";
import { folderOf } from "./folder.ts";

/** Converts posts of a channel of Mattermost with 150 members, beside two files. */
async function posts(...all: object[]): Promise<Conversion> {
  const channels = [{ name: "c", roles: "channel_user" }];
  const lines = [
    { type: "version", version: 1 },
    { type: "channel", channel: { team: "t", name: "c", type: "O" } },
    ...Array.from({ length: 150 }, (_, i) => ({
      type: "user",
      user: { username: `u${i}`, teams: [{ name: "t", channels }] },
    })),
    ...all.map((post, i) => ({
      type: "post",
      post: { team: "t", channel: "c", user: "u0", create_at: 1_700_000_000_000 + i, ...post },
    })),
  ];
  const jsonl = lines.map((line) => JSON.stringify(line)).join("\n");
  const files = { "import.jsonl": jsonl, "data/a.txt": "a.txt", "data/b.txt": "b.txt" };
  return convert("mattermost", folderOf(files));
}

const ROOM = "mattermost:t/c";

test("a long text becomes several messages, of which the first one has reactions and pin", async () => {
  const line = `${"A walk in the woods. ".repeat(20)}\n`;
  const text = line.repeat(60).trim();
  const reactions = [{ user: "u1", emoji_name: "tada", create_at: 1_700_000_000_001 }];
  const conversion = await posts({ message: text, is_pinned: true, reactions, edit_at: 1_700_000_000_009 });
  const pieces = messagesOf(conversion, ROOM);
  expect(pieces.map(({ external_id }) => external_id)).toEqual(
    ["", "#2", "#3", "#4"].map((part) => `mattermost:1700000000000:u0${part}`),
  );
  const texts = pieces.map(({ body }) => ("text" in body ? String(body.text) : ""));
  expect(texts.every((one) => one.length <= LIMITS.textLength)).toBe(true);
  expect(texts.join("\n").replace(/\s+/g, " ")).toBe(text.replace(/\s+/g, " "));
  expect(pieces.map((one) => ["reactions" in one, "pinned" in one, "edited_at" in one])).toEqual([
    [true, true, true],
    ...[1, 2, 3].map(() => [false, false, true]),
  ]);
  expect(conversion.leftOut).toEqual({ "(split) a text of more than 8,000 characters": 1 });
});

test("texts are cut between characters, and by their bytes as JSON, too", () => {
  for (const text of ["🙂".repeat(9_000), "\u0007".repeat(8_000), "x".repeat(20_000), "x"]) {
    const pieces = splitText(text);
    expect(pieces.join("")).toBe(text);
    for (const piece of pieces) {
      expect(piece.isWellFormed() && [...piece].length <= LIMITS.textLength).toBe(true);
      expect(Buffer.byteLength(JSON.stringify({ text: piece }))).toBeLessThanOrEqual(LIMITS.bodyBytes);
    }
  }
});

test("reactions beyond 20 kinds, mentions beyond 100 and pins beyond 100 are counted", async () => {
  const names =
    "one two three four five six seven eight nine zero tada heart star sunny cat dog fish bird tree pine oak";
  const reactions = names.split(" ").map((emoji_name) => ({ user: "u1", emoji_name, create_at: 1 }));
  const twice = { user: "u1", emoji_name: "one", create_at: 2 };
  const message = Array.from({ length: 120 }, (_, i) => `@u${i}`).join(" ");
  const pinned = Array.from({ length: 103 }, () => ({ message: "pinned", is_pinned: true }));
  const conversion = await posts({ message, reactions: [...reactions, twice] }, ...pinned);
  const [first, ...others] = messagesOf(conversion, ROOM);
  expect(first?.reactions).toHaveLength(20);
  expect(first?.mentions).toHaveLength(100);
  expect(others.filter((one) => one.pinned).map(({ created_at }) => created_at)).toHaveLength(100);
  expect(others.slice(0, 3).some((one) => one.pinned)).toBe(false);
  expect(conversion.leftOut).toEqual({
    "(name stays) a mention beyond 100 of a message": 20,
    "a pin beyond the newest 100 of a conversation": 3,
    "a reaction beyond 20 kinds at a message": 1,
  });
});

test("several files of a message become several messages, the text as the first one's caption or before it", async () => {
  const attachments = [{ path: "a.txt" }, { path: "b.txt" }];
  const long = "y".repeat(LIMITS.caption + 1);
  const conversion = await posts({ message: long, attachments }, { message: "short", attachments });
  const contents = messagesOf(conversion, ROOM).map(({ kind, body }) => [
    kind,
    "text" in body ? body.text : "file" in body ? body.file : undefined,
    "caption" in body ? body.caption : undefined,
  ]);
  expect(contents).toEqual([
    ["text", long, undefined],
    ["file", "mattermost:file/a.txt", undefined],
    ["file", "mattermost:file/b.txt", undefined],
    ["file", "mattermost:file/a.txt", "short"],
    ["file", "mattermost:file/b.txt", undefined],
  ]);
  expect(conversion.leftOut).toEqual({});
});

test("external ids fit, stay different, and are the same each time", () => {
  const ids = new Ids("stream", "app");
  const long = ids.of("x".repeat(300));
  expect(long).toHaveLength(128);
  expect(long).toBe(new Ids("stream", "app").of("x".repeat(300)));
  expect(ids.of(`${"x".repeat(299)}y`)).not.toBe(long);
  expect(ids.of("a\u0000b\nc")).toBe("stream:app:abc");
});
