import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { userPath } from "../../support/accounts/server-users.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, openDirect, page } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { type StrictFile, storedFiles } from "../../support/clients/files.ts";
import { expectPosted } from "../../support/clients/forwards.ts";
import { expectGone, passMinute, sendFile, statusOf, untilRecorded, uploadFile } from "./lifetime.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  key = (await makeServerKey(["users"])).text;
});

const setAvatar = async (path: string, { token }: SignedIn, avatar: string) =>
  expect((await call("PATCH", path, { token, body: { avatar } })).status).toBe(200);

/** A user with files of every kind, who is about to delete the account. */
async function withFiles() {
  const dan = await register();
  const upload = (text: string) => uploadFile(dan, text);
  const { id } = await createGroup(ann, [dan, bob]);
  const { id: direct } = await openDirect(dan, bob);
  const files = {
    avatar: await upload("avatar"),
    replaced: await upload("replaced"),
    unsent: await upload("unsent"),
    sent: await upload("sent"),
    twice: await upload("twice"),
    former: await upload("former"),
    forwarded: await upload("forwarded"),
    ofGroup: await upload("of the group"),
  };
  const { avatar, replaced, sent, twice, former, forwarded, ofGroup } = files;
  await setAvatar("/v1/me", dan, replaced.url);
  await setAvatar("/v1/me", dan, avatar.url);
  await setAvatar(`/v1/conversations/${id}`, ann, ofGroup.url);
  await sendFile(dan, id, sent);
  await sendFile(dan, id, twice);
  await sendFile(dan, direct, twice);
  const text = await expectPosted(dan, id, { kind: "text", body: { text: `see ${former.url}` } });
  await edit(dan, id, text.seq, { body: "nothing to see" });
  const seq = await sendFile(dan, id, forwarded);
  const copy = await expectPosted(bob, direct, { forward: { conversation_id: id, seq } });
  await untilRecorded(id);
  await untilRecorded(direct);
  return { dan, id, direct, files, copy: copy.seq, objects: { users: [dan], conversations: [id, direct] } };
}

/** Asserts which of the files are gone in every respect, and that the others can be read. */
async function expectOnlyGone(files: Record<string, StrictFile>, gone: string[]): Promise<void> {
  for (const [name, file] of Object.entries(files)) {
    if (gone.includes(name)) await expectGone(file);
    else expect(await statusOf(file), name).toBe(200);
  }
}

const UNSHOWN = ["avatar", "replaced", "unsent", "former"];

describe("the deletion of an account takes within a minute", () => {
  test("the files that nothing shows, and leaves those of remaining messages", async () => {
    const { dan, id, direct, files, copy, objects } = await withFiles();
    const ofOther = await uploadFile(ann);
    expect((await deleteAccount(dan)).status).toBe(204);
    await passMinute(objects);
    await expectOnlyGone({ ...files, ofOther }, UNSHOWN);
    // A file goes, too, once nothing shows it any more, whoever showed it.
    const { items } = await page(ann, id);
    for (const { seq } of items.filter(({ kind }) => kind === "file"))
      expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
    await passMinute(objects);
    await expectOnlyGone({ ...files, ofOther }, [...UNSHOWN, "sent"]);
    expect((await deleteMessage(bob, direct, copy, "everyone")).status).toBe(204);
    await passMinute(objects);
    await expectGone(files.forwarded);
  });

  test("what it erased, and leaves what others show", async () => {
    const { dan, direct, files, copy, objects } = await withFiles();
    const erased = await call("DELETE", userPath(dan.user.id, "?messages=erase"), { token: key });
    expect(erased.status).toBe(202);
    await passMinute(objects);
    const all = Object.keys(files);
    await expectOnlyGone(
      files,
      all.filter((name) => name !== "forwarded" && name !== "ofGroup"),
    );
    expect((await deleteMessage(bob, direct, copy, "everyone")).status).toBe(204);
    await passMinute(objects);
    await expectGone(files.forwarded);
  });

  test("1,100 files, in parts", async () => {
    const dan = await register();
    await env.DB.prepare(
      `INSERT INTO files (key, user_id, name, size, content_type, sha256, created_at)
       WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 1100)
       SELECT printf('%032x', i), ?, 'x', 1, 'text/plain', '', 1 FROM number`,
    )
      .bind(dan.user.id)
      .run();
    const count = async () => (await storedFiles()).rows.filter((found) => found.startsWith("0000")).length;
    expect(await count()).toBe(1_100);
    expect((await deleteAccount(dan)).status).toBe(204);
    await passMinute({ users: [dan] });
    expect(await count()).toBe(0);
  });
});
