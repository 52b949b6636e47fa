import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { deleteOrphanedFiles } from "../../../src/core/files/file-deletion.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { download, expectUploaded, storedFiles, upload } from "../../support/clients/files.ts";
import { timing } from "../../support/timing.ts";

const HOUR = 60 * 60 * 1_000;
const DAY = 24 * HOUR;
const db = openDatabase(env.DB);

let ann: SignedIn;

beforeAll(async () => {
  ann = await register();
});

/** Runs the hourly job for all keys, as if it were so much later (ms). */
async function deleteOrphansOfAllKeys(later: number): Promise<void> {
  for (let hour = 0; hour < 16; hour++)
    await deleteOrphanedFiles(db, env.FILES, Date.now() + later + hour * HOUR, timing.orphanedFiles);
}

const key = (i: number) => i.toString(16).padStart(8, "0").split("").reverse().join("").padEnd(32, "0");

test("an object without a row is deleted after a day, a file never", async () => {
  const files = [];
  for (let i = 0; i < 20; i++) files.push(expectUploaded(await upload(ann, `${i}`, "text/plain")));
  const orphans = Array.from({ length: 40 }, (_, i) => key(i));
  for (const orphan of orphans) await env.FILES.put(orphan, "bytes of nobody");
  await env.FILES.put("backup/of-somebody-else", "not ours");
  await env.FILES.put("0-also-not-ours", "not ours");
  const before = await storedFiles();
  expect(before.objects).toHaveLength(62);

  await deleteOrphansOfAllKeys(DAY - 17 * HOUR);
  expect(await storedFiles()).toEqual(before);

  await deleteOrphansOfAllKeys(DAY + HOUR);
  const { objects, rows } = await storedFiles();
  expect(rows).toEqual(before.rows);
  expect(objects).toEqual([...rows, "0-also-not-ours", "backup/of-somebody-else"].sort());
  for (const [i, { url }] of files.entries()) expect(await (await download(url)).text()).toBe(String(i));
});

test("a smaller picture goes as its file does, and stays with it", async () => {
  const file = expectUploaded(await upload(ann, "x", "image/png"));
  const orphan = key(77);
  for (const blob of [`${file.key}-m`, `${orphan}-s`, `${orphan}-l`, `${orphan}-xl`])
    await env.FILES.put(blob, "smaller");
  await deleteOrphansOfAllKeys(DAY + HOUR);
  const { objects } = await storedFiles();
  expect(objects).toEqual(expect.arrayContaining([file.key, `${file.key}-m`]));
  expect(objects.filter((it) => it.startsWith(orphan))).toEqual([`${orphan}-xl`]);
  await env.FILES.delete([`${file.key}-m`, `${orphan}-xl`]);
});

test("a run deletes more than one page of objects, and skips files among them", async () => {
  const file = expectUploaded(await upload(ann, "x", "text/plain"));
  const digit = file.key.slice(0, 1);
  const orphans = Array.from({ length: 1_100 }, (_, i) => `${digit}${key(i).slice(1)}`);
  for (let at = 0; at < orphans.length; at += 100) {
    await Promise.all(orphans.slice(at, at + 100).map((orphan) => env.FILES.put(orphan, "")));
  }
  const hour = Number.parseInt(digit, 16);
  const from = Math.ceil((Date.now() + 2 * DAY) / (16 * HOUR)) * 16 * HOUR;
  await deleteOrphanedFiles(db, env.FILES, from + hour * HOUR, timing.orphanedFiles);
  const { objects } = await storedFiles();
  expect(objects.filter((it) => it.startsWith(digit))).toEqual(expect.arrayContaining([file.key]));
  expect(objects.filter((it) => orphans.includes(it))).toEqual([]);
});
