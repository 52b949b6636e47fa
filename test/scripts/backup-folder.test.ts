import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backupKeyOf } from "../../scripts/backup/encryption.ts";
import { whileLocked } from "../../scripts/backup/folder-lock.ts";
import { FolderStore } from "../../scripts/backup/folder-store.ts";
import { fileName } from "../../src/core/backup/run/layout.ts";

let home: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "parley-"));
  folder = join(home, "backup");
});

afterEach(() => rmSync(home, { recursive: true }));

test("a name that leads out of the folder is refused", async () => {
  const store = new FolderStore(folder);
  for (const name of ["../out", "files/../../out", "/out", "files/..", "files\\..\\out"])
    await expect(store.put(name, new Uint8Array(1)), name).rejects.toThrow("no name of a file");
  await store.put("index/inbox-0-1f.gz", new Uint8Array(1));
  expect(await store.has("index/inbox-0-1f.gz")).toBe(true);
  expect(existsSync(join(home, "out"))).toBe(false);
});

test("a file that is encrypted is read with its key and its name alone", async () => {
  const [key, other] = ["k", "o"].map((one) => backupKeyOf(one.repeat(32)) ?? null);
  expect(() => backupKeyOf("k".repeat(31))).toThrow("32 random characters");
  const store = new FolderStore(folder, key);
  for (const [name, text] of [
    ["files/small", "words"],
    ["files/empty", ""],
    ["files/large", "words ".repeat(500_000)],
  ] as const) {
    await store.putStream(name, new Blob([text]).stream());
    expect(readFileSync(join(folder, name)).includes("words")).toBe(false);
    expect(await (await store.blob(name))?.text()).toBe(text);
    expect(new TextDecoder().decode((await store.get(name)) ?? undefined)).toBe(text);
    await expect(new FolderStore(folder, other).blob(name)).rejects.toThrow("another key");
  }
  await store.put("manifest.json", new TextEncoder().encode("{}"));
  expect(new TextDecoder().decode((await store.get("manifest.json")) ?? undefined)).toBe("{}");
  await expect(new FolderStore(folder).get("manifest.json")).rejects.toThrow("set BACKUP_KEY");
  await expect(new FolderStore(folder, other).get("manifest.json")).rejects.toThrow("another key");
  // A file in the place of another one, a part of one, and one that is not encrypted.
  const path = join(folder, "files/small");
  const bytes = readFileSync(path);
  for (const changed of [
    readFileSync(join(folder, "files/empty")),
    ...[bytes.subarray(0, -1), bytes.subarray(0, 20), Buffer.alloc(0), Buffer.from("words")],
  ]) {
    writeFileSync(path, changed);
    await expect(store.get("files/small")).rejects.toThrow("damaged");
    await expect(store.blob("files/small")).rejects.toThrow("damaged");
  }
});

test("a row of files names a key, and no path", () => {
  expect(fileName("0123456789abcdef0123456789abcdef")).toBe("files/0123456789abcdef0123456789abcdef");
  expect(() => fileName("../manifest.json")).toThrow();
});

test("a folder takes one run at a time, and the next one once the process of the first is gone", async () => {
  const lock = join(folder, "lock");
  await whileLocked(folder, async () => expect(readFileSync(lock, "utf8")).toBe(String(process.pid)));
  expect(existsSync(lock)).toBe(false);
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  writeFileSync(lock, String(other.pid));
  const run = () => whileLocked(folder, async () => "done");
  await expect(run()).rejects.toThrow(`Process ${other.pid} makes a backup`);
  other.kill();
  await once(other, "exit");
  expect(await run()).toBe("done");
});
