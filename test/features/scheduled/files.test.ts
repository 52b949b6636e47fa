import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, page } from "../../support/clients/chat.ts";
import {
  changeScheduled,
  DAY,
  deleteScheduled,
  HOUR,
  listScheduled,
  pass,
  postScheduled,
  runScheduled,
  schedule,
} from "../../support/clients/scheduled.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import {
  deleteFile,
  expectGone,
  passHours,
  passMinute,
  sendFile,
  statusOf,
  untilRecorded,
  uploadFile,
} from "../files/lifetime.ts";

/** A file that nothing shows is gone within two days. */
const TWO_DAYS = 48;

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  ({ id } = await createGroup(ann, [bob]));
});

const showing = ({ url }: { url: string }) => ({ kind: "file", body: { url, name: "a.txt" } });

/** A file of Ann's that nothing shows any more: she has revoked the message that did. */
async function releasedFile() {
  const file = await uploadFile(ann);
  const seq = await sendFile(ann, id, file);
  await untilRecorded(id);
  return {
    file,
    release: async () => {
      expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
      await untilRecorded(id);
    },
  };
}

/** The files that are held. */
async function heldKeys(): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT DISTINCT key FROM file_holds").all<{ key: string }>();
  return results.map(({ key }) => key);
}

describe("the file of a scheduled message", () => {
  test.each(["before", "after"])("is kept until it is sent, if released %s", async (when) => {
    const { file, release } = await releasedFile();
    if (when === "before") await release();
    await schedule(ann, id, { ...showing(file), send_at: Date.now() + 20 * DAY });
    await runScheduled(ann);
    if (when === "after") await release();
    await passHours(3 * TWO_DAYS);
    expect(await statusOf(file)).toBe(200);
    await pass(ann, 20 * DAY);
    await untilRecorded(id);
    const sent = (await page(bob, id)).items.at(-1);
    expect(sent).toMatchObject({ kind: "file", sender: { id: ann.user.id } });
    await passHours(TWO_DAYS);
    expect(await statusOf(file)).toBe(200);
    // Now the message alone shows it.
    expect((await deleteMessage(ann, id, sent?.seq ?? 0, "everyone")).status).toBe(204);
    await passMinute({ conversations: [id] });
    await expectGone(file);
  });

  test("goes within a minute if the message is revoked as soon as it is sent", async () => {
    const { file, release } = await releasedFile();
    await schedule(ann, id, { ...showing(file), send_at: Date.now() + DAY });
    await runScheduled(ann);
    await release();
    await passMinute({ conversations: [id] });
    expect(await statusOf(file)).toBe(200);
    await pass(ann, DAY);
    const sent = (await page(bob, id)).items.at(-1);
    expect((await deleteMessage(ann, id, sent?.seq ?? 0, "everyone")).status).toBe(204);
    await passMinute({ conversations: [id], users: [ann] });
    await expectGone(file);
  });

  test("is gone within two days after it is deleted", async () => {
    const { file, release } = await releasedFile();
    const made = await schedule(ann, id, { ...showing(file), send_at: Date.now() + 20 * DAY });
    await runScheduled(ann);
    await release();
    await passHours(TWO_DAYS);
    expect(await statusOf(file)).toBe(200);
    expect((await deleteScheduled(ann, made)).status).toBe(204);
    await runScheduled(ann);
    await passHours(TWO_DAYS);
    expect(await statusOf(file)).toBe(404);
  });

  test("is given up for another one by a change", async () => {
    const [one, two] = [await releasedFile(), await releasedFile()];
    const made = await schedule(ann, id, { ...showing(one.file), send_at: Date.now() + 20 * DAY });
    await runScheduled(ann);
    expect((await changeScheduled(ann, made, showing(two.file))).status).toBe(200);
    await runScheduled(ann);
    await one.release();
    await two.release();
    await passHours(TWO_DAYS);
    expect([await statusOf(one.file), await statusOf(two.file)]).toEqual([404, 200]);
    expect((await changeScheduled(ann, made, { kind: "text", body: { text: "none" } })).status).toBe(200);
    await runScheduled(ann);
    await passHours(TWO_DAYS);
    expect(await statusOf(two.file)).toBe(404);
    expect(await heldKeys()).not.toContain(two.file.key);
  });

  test("is held once D1 answers again", async () => {
    const { file, release } = await releasedFile();
    await schedule(ann, id, { ...showing(file), send_at: Date.now() + 20 * DAY });
    {
      using _ = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
      await runScheduled(ann);
    }
    expect(await heldKeys()).not.toContain(file.key);
    await pass(ann, HOUR);
    expect(await heldKeys()).toContain(file.key);
    await release();
    await passHours(TWO_DAYS);
    expect(await statusOf(file)).toBe(200);
  });

  test("is looked up again if D1 does not answer at the due time", async () => {
    const file = await uploadFile(ann);
    const made = await schedule(ann, id, showing(file));
    {
      using _ = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
      await pass(ann, 2 * HOUR);
    }
    expect((await listScheduled(ann)).items).toContainEqual(made);
    await pass(ann, HOUR);
    expect((await page(bob, id)).items.at(-1)).toMatchObject({ client_msg_id: made.client_msg_id });
  });

  test("must exist when the call is made", async () => {
    const file = await uploadFile(ann);
    expect(await deleteFile(ann, file)).toBe(204);
    const before = await listScheduled(ann);
    expectProblem(await postScheduled(ann, id, showing(file)), 404, "not_found");
    expect(await listScheduled(ann)).toEqual(before);
    const other = { kind: "image", body: { url: "https://example.org/files/x.png" } };
    await schedule(ann, id, other);
  });
});
