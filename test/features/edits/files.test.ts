import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, send } from "../../support/clients/chat.ts";
import { edit, edits, patch } from "../../support/clients/edits.ts";
import { expectUploaded, type StrictFile, upload } from "../../support/clients/files.ts";
import { eventually } from "../../support/eventually.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { conversationObject, createGroupId, range } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

const References = z.array(z.object({ seq: z.int() }));

/** The messages that show a file, as D1 knows it. */
async function referencesOf({ key }: StrictFile): Promise<number[]> {
  const query = "SELECT seq FROM file_references WHERE key = ? ORDER BY seq";
  const { results } = await env.DB.prepare(query).bind(key).all();
  return References.parse(results).map(({ seq }) => seq);
}

const uploadFile = async () => expectUploaded(await upload(ann, "bytes", "text/plain"));

test("a file stays with a message that is given another name, and goes with its revoke", async () => {
  const { id } = await createGroup(ann, [bob]);
  const file = await uploadFile();
  const sent = await send(ann, id, { kind: "file", body: { url: file.url, name: "a.txt" } });
  const edited = await edit(ann, id, 1, { body: { ...sent.body, name: "b.txt" } });
  expect(edited.body).toEqual({ url: file.url, name: "b.txt" });
  await runJobs(id);
  expect(await referencesOf(file)).toEqual([1]);
  expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
  await runJobs(id);
  expect(await referencesOf(file)).toEqual([]);
});

test("a text shows the files of its former versions as long as these are kept", async () => {
  const { id } = await createGroup(ann, [bob]);
  const [first, second, third] = [await uploadFile(), await uploadFile(), await uploadFile()];
  await send(ann, id, `see ${first.url}`);
  await runJobs(id);
  await edit(ann, id, 1, { body: `see ${second.url}` });
  await runJobs(id);
  expect([await referencesOf(first), await referencesOf(second)]).toEqual([[1], [1]]);
  for (const version of range(2, 21)) {
    await edit(ann, id, 1, { body: `text ${version}`, base_version: version });
  }
  await runJobs(id);
  expect([await referencesOf(first), await referencesOf(second)]).toEqual([[], [1]]);
  await edit(ann, id, 1, { body: `see ${first.url} and ${third.url}`, base_version: 22 });
  await runJobs(id);
  expect([await referencesOf(first), await referencesOf(second), await referencesOf(third)]).toEqual([
    ...[[1], [], [1]],
  ]);
});

/** A custom body that names 800 files, which no other one names. */
function manyFiles() {
  const links = range(1, 800).map(() => `files/${crypto.randomUUID().replaceAll("-", "")}`);
  return { data: links.join(" "), description: "", extension: "" };
}

test("a message may change so many files at once, and all of them go with its sender", async () => {
  const [cem, dee] = await Promise.all([register(), register()]);
  const id = await createGroupId(dee, cem);
  await send(cem, id, { kind: "custom", body: manyFiles() });
  await edit(cem, id, 1, { body: manyFiles() });
  await edit(cem, id, 1, { body: manyFiles(), base_version: 2 });
  const third = { body: manyFiles(), base_version: 3 };
  const refused = await patch(cem, id, 1, third);
  expectProblem(refused, 429, "rate_limited");
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
  await runJobs(id);
  await edit(cem, id, 1, third);
  expect(await edits(dee, id, 1)).toHaveLength(3);
  expect((await deleteAccount(cem)).status).toBe(204);
  await runAccountDeletion(cem);
  const versions = () =>
    runInDurableObject(conversationObject(id), (_, { storage }) =>
      storage.sql.exec("SELECT version FROM message_edits").toArray(),
    );
  await eventually(async () => expect(await versions()).toEqual([]));
});

test("a revoke takes the files of all versions, also before D1 knows of the edit", async () => {
  const { id } = await createGroup(ann, [bob]);
  const [first, second] = [await uploadFile(), await uploadFile()];
  await send(ann, id, `see ${first.url}`);
  await runJobs(id);
  await edit(ann, id, 1, { body: `see ${second.url}` });
  expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
  await runJobs(id);
  expect([await referencesOf(first), await referencesOf(second)]).toEqual([[], []]);
});
