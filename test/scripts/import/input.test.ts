import { readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { z } from "zod";
import { FolderSource } from "../../../scripts/import/input/folder.ts";
import { lineOfFlaw } from "../../../scripts/import/input/json-flaw.ts";
import { readJsonParts } from "../../../scripts/import/input/json-parts.ts";
import type { Source } from "../../../scripts/import/input/source.ts";
import { Origin } from "../../../scripts/import/options.ts";
import { runImport } from "../../../scripts/import/run.ts";
import { convert, FIXTURES, fixture } from "./converted.ts";
import { folderOf } from "./folder.ts";
import { zipOf } from "./zip.ts";

/** Runs a command line without a server. */
async function run(...argv: string[]): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await runImport({ argv, env: {}, say: (line) => lines.push(line) });
  return { code, said: lines.join("\n") };
}

test.each(Origin.options)("%s: the same export gives the same records, each time", async (origin) => {
  const once = await convert(origin, fixture(FIXTURES[origin]));
  expect(await convert(origin, fixture(FIXTURES[origin]))).toEqual(once);
  expect(once.records.length).toBeGreaterThan(5);
});

test.each(Origin.options)("%s: a zip is read as the folder that it was", async (origin) => {
  const zip = join(folderOf({}), "export.zip");
  writeFileSync(zip, zipOf(fixture(FIXTURES[origin])));
  expect(await convert(origin, zip)).toEqual(await convert(origin, fixture(FIXTURES[origin])));
});

test("half a file fails with its name and line, before anything is sent", async () => {
  const day = readFileSync(join(fixture("slack"), "general/2023-11-14.json"), "utf8");
  const lists = Object.fromEntries(
    ["users.json", "channels.json"].map((name) => [name, readFileSync(join(fixture("slack"), name), "utf8")]),
  );
  const half = folderOf({ ...lists, "general/2023-11-14.json": day.slice(0, day.length / 2) });
  expect(await run(half, "--from", "slack", "--dry-run")).toEqual({
    code: 1,
    said: expect.stringMatching(
      /✘ general\/2023-11-14\.json:\d+ is the end of the file, in the middle of its data/,
    ),
  });
  const lines = readFileSync(join(fixture("mattermost"), "import.jsonl"), "utf8");
  const cut = folderOf({ "import.jsonl": lines.slice(0, 700) });
  expect((await run(cut, "--from", "mattermost", "--dry-run")).said).toMatch(/✘ import\.jsonl:\d is no JSON/);
  const discord = readFileSync(join(fixture("discord"), "general.json"), "utf8");
  const torn = folderOf({ "general.json": discord.slice(0, 2_000) });
  expect((await run(torn, "--from", "discord", "--dry-run")).said).toMatch(/✘ general\.json:\d+ is the end/);
});

test("wrong JSON inside of a file fails with the line of the flaw", async () => {
  const folder = folderOf({
    "users.json": '[\n{ "id": "U1" },\n{ "id": U2 }\n]',
    "channels.json": "[]",
  });
  const { code, said } = await run(folder, "--from", "slack", "--dry-run");
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining("users.json:3 is no JSON") });
});

test.each([
  ["[\n1,\n2\n3]", 3],
  ['{\n"a": 1,\n}', 2],
  ['{"a"\n1}', 1],
  ['[\n"a\nb"]', 1],
  ["[1]\n]", 1],
  ["[1,\n", 1],
  ["", 0],
])("the line of the flaw of %j is %i", (text, line) => {
  expect(lineOfFlaw(text)).toBe(line);
});

test("a folder of something else is refused, with what is missing", async () => {
  const folder = folderOf({ "readme.txt": "Hello" });
  const said = async (from: string) => (await run(folder, "--from", from, "--dry-run")).said;
  expect(await said("slack")).toContain("it has no users.json");
  expect(await said("mattermost")).toContain("it has no .jsonl file");
  expect(await said("discord")).toContain("has no file of DiscordChatExporter");
  expect(await said("stream")).toContain("has no .json or .jsonl file");
  expect((await run(join(folder, "nothing.zip"), "--from", "slack", "--dry-run")).said).toContain(
    "There is no file",
  );
  expect((await run(folder, "--dry-run")).said).toContain("has no .jsonl file. Is --from missing?");
  writeFileSync(join(folder, "broken.zip"), "no zip");
  expect(await run(join(folder, "broken.zip"), "--from", "slack", "--dry-run")).toMatchObject({ code: 1 });
});

test("a command line that is not understood is 2 and says what is", async () => {
  for (const argv of [
    [],
    ["a", "b"],
    ["a", "--from", "icq"],
    ["a", "--wrong"],
    ["a", "--people", "p.csv"],
    ["a", "--no-files"],
    ["a", "--from", "discord", "--workspace", "b", "--dry-run"],
    ["a"],
  ])
    expect(await run(...argv)).toEqual({ code: 2, said: expect.stringContaining("npm run import -- FILE") });
  expect(await run("--help")).toMatchObject({ code: 0 });
});

test("a dry run says what comes, and the report has all that is left out", async () => {
  const report = join(folderOf({}), "left-out.jsonl");
  const { code, said } = await run(fixture("slack"), "--from", "slack", "--dry-run", "--report", report);
  expect(code).toBe(0);
  expect(said).toContain(
    "Converted: 8 users, 1 space, 1 role, 3 space members, 5 conversations, 16 messages, 1 file, 11 members",
  );
  expect(said).toContain("Left out, or changed on the way: 8");
  // It holds texts of people.
  expect(statSync(report).mode & 0o777).toBe(0o600);
  const lines = readFileSync(report, "utf8").trim().split("\n");
  const Line = z.object({ reason: z.string(), where: z.string() });
  expect(lines.map((line) => Line.parse(JSON.parse(line)))).toContainEqual({
    ...{ reason: "data that is no message", where: "general/2023-11-15.json:56" },
  });
});

test("a dry run names a record that is none, and what is wrong with it", async () => {
  const message = {
    ...{ conversation: "c1", external_id: "m1", sender: "u1", created_at: 1 },
    ...{ kind: "text", body: { text: "x".repeat(8_001) } },
  };
  const folder = folderOf({ "own.jsonl": JSON.stringify({ type: "message", message }) });
  const report = join(folder, "left-out.txt");
  expect(await run(folder, "--dry-run", "--report", report)).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(report, "utf8"))).toEqual({
    ...{ reason: "a message that is no record", where: "c1, m1" },
    what: expect.stringContaining("body.text: "),
  });
});

test("people are named by CSV or JSON, and a wrong line is named", async () => {
  const folder = folderOf({
    "people.csv": 'slack_id,id\nU01ANN,ann-of-ours\n"BEN@pine.example","ben-of-ours"\n',
    "wrong.csv": "U01ANN,ann-of-ours\nU02BEN\n",
  });
  const dry = (people: string) =>
    run(fixture("slack"), "--from", "slack", "--dry-run", "--people", join(folder, people));
  expect(await dry("people.csv")).toMatchObject({ code: 0 });
  expect((await dry("wrong.csv")).said).toContain("wrong.csv:2 has not two columns");
  expect((await dry("none.csv")).said).toContain("none.csv cannot be read");
});

test("no path of an export leads out of it", () => {
  const folder = folderOf({ "export/in.txt": "in", "secret.txt": "out" });
  symlinkSync(join(folder, "secret.txt"), join(folder, "export/link.txt"));
  const source = new FolderSource("export", join(folder, "export"));
  expect(["in.txt", "../secret.txt", "link.txt", "/etc/passwd", "."].map((path) => source.has(path))).toEqual(
    [...[true, false, false, false, false]],
  );
});

test("one file is read with what is beside it, but for what is hidden", () => {
  const files = [".export.json", "leaf.png", "data/leaf.png", ".env", ".ssh/key", "data/.token"];
  const folder = folderOf(Object.fromEntries(files.map((path) => [path, "x"])));
  symlinkSync(join(folder, ".env"), join(folder, "link.txt"));
  const source = new FolderSource("export", folder, ".export.json");
  const paths = [...files, "./leaf.png", "data/../.env", "link.txt"];
  expect(paths.filter((path) => source.has(path))).toEqual([
    ...[".export.json", "leaf.png", "data/leaf.png", "./leaf.png"],
  ]);
  expect(new FolderSource("export", folder).has(".env")).toBe(true);
});

test("parts of a file are read at any cut of its bytes, and escapes and brackets in texts are no structure", async () => {
  const messages = [{ text: 'a "quoted" ] } \\ 🙂\n' }, { list: [1, [2], {}] }, 7, "x", null, true];
  const whole = JSON.stringify({ head: { id: 1 }, messages, count: 6 }, null, 1);
  const bytes = Buffer.from(whole);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const count = Math.ceil(bytes.length / size);
    const chunks = Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    const source: Source = {
      ...{ name: "whole", paths: ["whole.json"], has: () => true, close: () => {} },
      open: async () => Readable.from(chunks, { objectMode: false }),
    };
    const isPart = (at: readonly string[]) => at.length === 2 && at[0] === "messages";
    const found: unknown[] = [];
    for await (const part of readJsonParts(source, "whole.json", isPart))
      found.push("path" in part ? part.parse() : part.rest);
    const rest = { head: { id: 1 }, messages: messages.map(() => null), count: 6 };
    expect(found).toEqual([...messages, rest]);
  }
});
