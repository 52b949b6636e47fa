import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../support/app.ts";
import { call, expectProblem, register, request, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, getMessage, page } from "../../support/clients/chat.ts";
import { download, storedFiles } from "../../support/clients/files.ts";
import { expectPosted } from "../../support/clients/forwards.ts";
import { advanceClock } from "../../support/clock.ts";
import {
  deleteFile,
  passHours,
  sendFile,
  statusOf,
  untilRecorded,
  uploadFile,
  withoutDeletes,
} from "./lifetime.ts";

const DAY_HOURS = 24;

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

test("its uploader deletes a file, with its bytes, once", async () => {
  const file = await uploadFile(ann);
  expect(await deleteFile(ann, file)).toBe(204);
  expect(await statusOf(file)).toBe(404);
  expect(await storedFiles()).toEqual({ objects: [], rows: [] });
  expectProblem(await call("DELETE", `/v1/files/${file.key}`, { token: ann.token }), 404, "not_found");
});

test("the same bytes of another user stay", async () => {
  const [mine, theirs] = await Promise.all([uploadFile(ann, "the same"), uploadFile(bob, "the same")]);
  expect(mine.sha256).toBe(theirs.sha256);
  expect(await deleteFile(ann, mine)).toBe(204);
  expect(await statusOf(theirs)).toBe(200);
});

test("messages that show a deleted file stay, and can be forwarded", async () => {
  const { id } = await createGroup(ann, [bob]);
  const file = await uploadFile(ann);
  const seq = await sendFile(ann, id, file);
  await untilRecorded(id);
  expect(await deleteFile(ann, file)).toBe(204);
  expect(await getMessage(bob, id, seq)).toMatchObject({ kind: "file", body: { url: file.url } });
  const copy = await expectPosted(bob, id, { forward: { conversation_id: id, seq } });
  expect(copy).toMatchObject({ body: { url: file.url } });
  expect((await page(ann, id)).items).toHaveLength(2);
  await untilRecorded(id);
  const { results } = await env.DB.prepare("SELECT * FROM file_references WHERE key = ?")
    .bind(file.key)
    .all();
  expect(results).toEqual([]);
});

test("twenty concurrent deletes of a file: one succeeds", async () => {
  const file = await uploadFile(ann);
  const statuses = await Promise.all(Array.from({ length: 20 }, () => deleteFile(ann, file)));
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(statuses.filter((status) => status === 404)).toHaveLength(19);
});

test("a crash between the row and the bytes leaves nothing readable, and the bytes go within two days", async () => {
  const file = await uploadFile(ann);
  const url = `/v1/files/${file.key}`;
  const answer = await app.fetch(
    request("DELETE", url, { token: ann.token }),
    withoutDeletes(),
    createExecutionContext(),
  );
  expect(answer.status).toBe(204);
  expect(await statusOf(file)).toBe(404);
  expect((await storedFiles()).objects).toContain(file.key);
  // Orphaned bytes are a day old before a round of cleanups deletes them.
  for (const hours of [DAY_HOURS, DAY_HOURS]) await passHours(hours);
  expect((await storedFiles()).objects).not.toContain(file.key);
});

test("a cache asks again after a minute, and learns that the file is as before, or gone", async () => {
  const file = await uploadFile(ann);
  const first = await download(file.url);
  await first.arrayBuffer();
  expect(first.headers.get("Cache-Control")).toBe("public, max-age=60, must-revalidate");
  const condition = { "If-None-Match": first.headers.get("ETag") ?? "" };
  advanceClock(61 * 1_000);
  const second = await download(file.url, condition);
  expect(second.status).toBe(304);
  expect(second.headers.get("Cache-Control")).toBe("public, max-age=60, must-revalidate");
  expect(await deleteFile(ann, file)).toBe(204);
  for (const headers of [condition, {}, { Range: "bytes=0-1" }]) {
    const third = await download(file.url, headers);
    expect(third.status).toBe(404);
    expect(third.headers.get("Cache-Control") ?? "").not.toContain("public");
    await third.arrayBuffer();
  }
});
