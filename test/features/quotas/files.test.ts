import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import {
  type Answer,
  call,
  expectProblem,
  PASSWORD,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import { expectUploaded, type StrictFile, storedFiles, upload } from "../../support/clients/files.ts";
import { advanceClock } from "../../support/clock.ts";
import { range } from "../../support/objects/room.ts";
import { setQuotas } from "../../support/settings.ts";
import { tim, failure as timFailure } from "../../surfaces/tim/client.ts";
import { signed, usersig, failure as usersigFailure } from "../../surfaces/usersig/client.ts";
import { deleteFile } from "../files/lifetime.ts";
import { announced, complete, filled, start } from "../resumable-uploads/uploading.ts";

const MIB = 1024 * 1024;
/** Of an account that is older than a day; a new one has a fifth. */
const LIMIT = 5 * MIB;
const NEW = MIB;

let restore: () => void;
let ann: SignedIn;

beforeAll(() => {
  restore = setQuotas("files=5");
});
afterAll(() => restore());

beforeEach(async () => {
  ann = await register();
});

const bytes = (size: number) => new Uint8Array(size).fill(7);
const uploadOf = (size: number) => upload(ann, bytes(size), "application/octet-stream");
const stored = async (size: number): Promise<StrictFile> => expectUploaded(await uploadOf(size));

function expectQuota(answer: Answer, used: number, limit = NEW): void {
  expectProblem(answer, 429, "quota");
  expect(answer.body).toMatchObject({ limit, used, resets_at: null });
}

test("a user has so many bytes of files, and a deletion gives the room back", async () => {
  const file = await stored(NEW - 10);
  await stored(10);
  const before = await storedFiles();
  expectQuota(await uploadOf(1), NEW);
  expect(await storedFiles()).toEqual(before);
  expect(await deleteFile(ann, file)).toBe(204);
  expect(await deleteFile(ann, file)).toBe(404);
  expectQuota(await uploadOf(NEW - 9), 10);
  await stored(NEW - 10);
  advanceClock(86_400_001);
  const body = { username: ann.user.username, password: PASSWORD };
  const again = await call("POST", "/v1/login", { body });
  ann = { ...ann, ...z.object({ token: z.string() }).parse(again.body) };
  await stored(LIMIT - NEW);
  expectQuota(await uploadOf(1), LIMIT, LIMIT);
});

test("of twenty uploads at once none passes the quota", async () => {
  const answers = await Promise.all(range(1, 20).map(() => uploadOf(NEW / 8)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(8);
  const refused = answers.filter(({ status }) => status !== 201);
  for (const answer of refused) expectProblem(answer, 429, "quota");
  const { objects, rows } = await storedFiles();
  expect(objects.filter((key) => !rows.includes(key))).toEqual([]);
});

test("an upload in parts is refused at its start, and at its end, where a deletion lets it go on", async () => {
  expectQuota(await start(ann, announced(NEW + 1)), 0);
  const open = await filled(ann, bytes(NEW / 2));
  // What is open counts for the next one, as it will need the room.
  expectQuota(await start(ann, announced(NEW / 2 + 1)), 0);
  const file = await stored(NEW);
  expectQuota(await complete(ann, open.id), NEW);
  expectQuota(await complete(ann, open.id), NEW);
  expect(await deleteFile(ann, file)).toBe(204);
  for (const _ of [1, 2]) expect((await complete(ann, open.id)).status).toBe(200);
  expectQuota(await uploadOf(NEW / 2 + 1), NEW / 2);
});

test("the quota holds over usersig and tim, and a refused draft leaves no file", async () => {
  await stored(NEW);
  const before = await storedFiles();
  const form = new FormData();
  form.set("file", new File([bytes(10)], "a.bin"));
  const { sig } = signed(ann);
  usersigFailure(await usersig("POST", "/file/upload-chat-file/", { sig, body: form }), 429, "", 429);
  const draft = await tim(ann, "/message/createMessage", {
    ...{ to: ann.user.username, conversationType: "C2C" },
    payload: { file: { data: "aGVsbG8=", name: "a.txt", type: "text/plain" } },
  });
  timFailure(draft, 429, "", 429);
  expect(await storedFiles()).toEqual(before);
});

test("what is counted is what D1 has, after uploads, deletions and a second insert", async () => {
  const files = [await stored(100), await stored(200), await stored(0)];
  const [first] = files;
  await deleteFile(ann, { key: first?.key ?? "" });
  await env.DB.prepare("INSERT INTO files SELECT * FROM files WHERE user_id = ? ON CONFLICT DO NOTHING")
    .bind(ann.user.id)
    .run();
  const counted = `SELECT u.bytes, (SELECT sum(size) FROM files f WHERE f.user_id = u.user_id) AS summed
    FROM file_usage u WHERE u.user_id = ?`;
  expect(await env.DB.prepare(counted).bind(ann.user.id).first()).toEqual({ bytes: 200, summed: 200 });
});
