import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import type { FileDraft } from "../../../scripts/import/collected/draft.ts";
import { Files } from "../../../scripts/import/files/files.ts";
import { FolderSource } from "../../../scripts/import/input/folder.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { folderOf } from "./folder.ts";
import { listen } from "./http.ts";

const LEAF = "a leaf of a tree";
const NOBODY = { allows: () => false };
const ALL = { allows: () => true };

/** The files of an import with the folder of `--files`, if there is one. */
function filesOf({ downloads = ALL, folder }: { downloads?: typeof ALL; folder?: string }): Files {
  const empty = folderOf({});
  const files = new Files({
    ...{ source: new FolderSource("export", empty), downloads },
    folder: folder === undefined ? undefined : { path: folder, source: new FolderSource(folder, folder) },
  });
  onTestFinished(() => files.close());
  return files;
}

const take = (files: Files, draft: Partial<FileDraft>) =>
  files.take({ id: "slack:F1", name: "leaf.txt", ...draft }, "u1", 1);

/** How many bytes are in a folder, in all of its files. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

test("a download that breaks off leaves no half of a file to the next run with --files", async () => {
  const folder = folderOf({});
  let finish = () => {};
  const { origin, got } = await listen((_, response) => {
    if (got.length > 1) response.end(LEAF);
    else {
      response.write(LEAF.slice(0, 4));
      finish = () => response.end(LEAF.slice(4));
    }
  });
  const draft = { url: `${origin}/leaf` };
  const slow = take(filesOf({ folder }), draft);
  await expect.poll(() => bytesIn(folder)).toBe(4);
  expect(await take(filesOf({ folder }), draft)).toMatchObject({ size: LEAF.length });
  finish();
  expect(await slow).toMatchObject({ size: LEAF.length });
  // The third run downloads nothing.
  expect(await take(filesOf({ folder }), draft)).toMatchObject({ size: LEAF.length });
  expect(got).toHaveLength(2);
});

test("two messages with the same file download it beside each other, and nothing but the file stays", async () => {
  const folder = folderOf({});
  const { origin } = await listen((_, response) => response.end(LEAF));
  const files = filesOf({ folder });
  const taken = await Promise.all([1, 2].map(() => take(files, { url: `${origin}/leaf` })));
  expect(taken).toMatchObject([{ size: LEAF.length }, { size: LEAF.length }]);
  files.close();
  expect(readdirSync(folder)).toEqual(["slack_F1.txt"]);
});

test("bytes of two files stay at hand until both were sent", async () => {
  const { origin } = await listen((_, response) => response.end(LEAF));
  const files = filesOf({});
  const first = await take(files, { id: "a", url: `${origin}/a` });
  await take(files, { id: "b", url: `${origin}/b` });
  const sha256 = ("sha256" in first && first.sha256) || "";
  files.release(sha256);
  const held = await files.bytes(sha256);
  expect(held && (await text(await held.open()))).toBe(LEAF);
  files.release(sha256);
  expect(await files.bytes(sha256)).toBeUndefined();
});

test("a message shows a file from an http(s) URL alone", async () => {
  const files = filesOf({ downloads: NOBODY });
  const linkOf = (url: string) => take(files, { url, isPublic: true });
  expect(await linkOf("https://pine.example/a")).toEqual({ link: "https://pine.example/a" });
  const missing = "a file whose address is no http(s) URL of at most 4,096 characters";
  const long = `https://pine.example/${"a".repeat(LIMITS.url)}`;
  for (const url of ["data:image/png;base64,AAAA", "file:///etc/passwd", "uploads/leaf.png", long])
    expect(await linkOf(url)).toEqual({ missing });
});

test("a file of the export that is too large is missing, also if the origin does not say its size", async () => {
  const folder = folderOf({ "large.bin": "" });
  truncateSync(join(folder, "large.bin"), LIMITS.largeFileBytes + 1);
  const files = new Files({ source: new FolderSource("export", folder), downloads: NOBODY });
  expect(await take(files, { paths: ["large.bin"] })).toEqual({ missing: "a file of more than 90 MiB" });
});
