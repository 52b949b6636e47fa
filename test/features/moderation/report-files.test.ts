import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, PASSWORD, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage } from "../../support/clients/chat.ts";
import { download, type StrictFile, storedFiles } from "../../support/clients/files.ts";
import { eventually } from "../../support/eventually.ts";
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
import { auditOf } from "./staff.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let group: number;
let file: StrictFile;
let seq: number;

beforeAll(async () => {
  key = (await makeServerKey(["moderate"])).text;
});

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  group = (await createGroup(ann, [bob])).id;
  file = await uploadFile(bob, "the worst");
  seq = await sendFile(bob, group, file);
  await untilRecorded(group);
});

const Made = z.object({ id: z.int() });
const Kept = z.object({
  files: z.array(z.object({ key: z.string(), path: z.string(), name: z.string(), size: z.int() })),
});

async function report(): Promise<number> {
  const body = { message: { conversation_id: group, seq }, reason: "illegal" };
  const answer = await call("POST", "/v1/reports", { token: ann.token, body });
  expect(answer.status).toBe(201);
  return Made.parse(answer.body).id;
}

async function filesOf(id: number) {
  return Kept.parse((await call("GET", `/v1/moderation/reports/${id}`, { token: key })).body).files;
}

/** What staff reads of the file that a report keeps. */
async function readAsStaff(id: number, headers = {}): Promise<string> {
  const [kept] = await filesOf(id);
  const url = new URL(kept?.path ?? "", file.url).href;
  const answer = await download(url, { Authorization: `Bearer ${key}`, ...headers });
  expect(answer.headers.get("Cache-Control")).toBe("no-store");
  return answer.text();
}

/** The three ways in which a sender takes a file back. */
const WAYS = {
  revokes: async () => {
    expect((await deleteMessage(bob, group, seq, "everyone")).status).toBe(204);
    await passMinute({ conversations: [group] });
  },
  deletes: async () => expect(await deleteFile(bob, file)).toBe(204),
  "leaves with": async () => {
    const body = { password: PASSWORD, messages: "erase" };
    await call("DELETE", "/v1/me?messages=erase", { token: bob.token, body });
    await eventually(async () => {
      await passMinute({ conversations: [group], users: [bob] });
      expect(await statusOf(file)).toBe(404);
    });
  },
};

test.each(["revokes", "deletes", "leaves with"] as const)(
  "staff reads the file of a reported message for 90 days, though its sender %s it, and nobody else",
  async (way) => {
    const id = await report();
    await WAYS[way]();
    expect(await statusOf(file)).toBe(404);
    expect(await filesOf(id)).toEqual([expect.objectContaining({ key: file.key, name: "a.txt", size: 9 })]);
    expect(await readAsStaff(id)).toBe("the worst");
    expect(await readAsStaff(id, { Range: "bytes=4-" })).toBe("worst");
    expect((await auditOf(key)).at(-1)).toMatchObject({
      ...{ action: "report_file_read", of: { report_id: id } },
    });
    const path = `/v1/moderation/reports/${id}/files/${file.key}`;
    expectProblem(await call("GET", path, { token: ann.token }), 403, "forbidden");
    await passHours(48);
    expect(await readAsStaff(id)).toBe("the worst");
    await env.DB.prepare("UPDATE reports SET created_at = 0 WHERE id = ?").bind(id).run();
    await passHours(48);
    await expectGone(file);
    expect(await filesOf(id)).toEqual([]);
    expectProblem(await call("GET", path, { token: key }), 404, "not_found");
  },
);

test("a file that its sender does not take back stays when the report lets go of it", async () => {
  const id = await report();
  await env.DB.prepare("UPDATE reports SET created_at = 0 WHERE id = ?").bind(id).run();
  await passHours(48);
  expect(await statusOf(file)).toBe(200);
  expect((await storedFiles()).objects).toContain(file.key);
});

test("a report keeps no file that is gone before it", async () => {
  await deleteFile(bob, file);
  expect(await filesOf(await report())).toEqual([]);
  await expectGone(file);
});
