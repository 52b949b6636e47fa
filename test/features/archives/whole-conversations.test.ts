import { beforeAll, beforeEach, expect, test } from "vitest";
import { backUp } from "../../../src/core/backup/run/backup-run.ts";
import { restore } from "../../../src/core/backup/run/restore-run.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { archived, growAndMove, moving, untilMoved } from "../../support/archives/moved.ts";
import { beginDeployment, loseEverything, source, target } from "../../support/backup/deployment.ts";
import { MemoryStore } from "../../support/backup/memory-store.ts";
import { call, login, PASSWORD, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, page, send, storedInConversation } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { loseConversation } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { age, expire, keep } from "../../support/retention/expire.ts";
import { setArchiveMib } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { exportAll } from "../data/records.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(() => {
  setArchiveMib(1);
  setTiming({
    archives: {
      keptMessages: 2,
      partMessages: 8,
      partsAtOnce: 1,
      clearedMessages: 4,
      pauseMs: 0,
      changesMs: 0,
    },
    storage: { lookMs: 0 },
    retention: { pauseMs: 0 },
  });
});

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  ({ id } = await createGroup(ann, [bob]));
});

const conversation = () => ConversationId.parse(id);

test("a move goes on behind crashes, and nothing is lost or there twice", async () => {
  for (let i = 0; i < 40; i++) await send(bob, id, `${i} ${"永".repeat(7_900)}`);
  const before = (await page(ann, id, "?after=0&limit=100")).items;
  for (let crash = 0; crash < 6; crash++) {
    await loseConversation(id);
    expect((await page(ann, id, "?after=0&limit=100")).items).toEqual(before);
  }
  await send(ann, id, "later");
  await untilMoved(id);
  expect((await page(ann, id, "?after=0&limit=40")).items).toEqual(before.slice(0, 40));
  const seqs = (await archived(id)).map(({ seq }) => seq);
  expect(new Set(seqs).size).toBe(seqs.length);
});

test("what expires leaves its archive", async () => {
  const { text: key } = await makeServerKey(["conversations"]);
  await send(ann, id, "the first quagga");
  await growAndMove(ann, id);
  await age(id, 100);
  await keep(key, id, "group", { retention_days: 30 });
  await expire(id);
  await untilMoved(id);
  expect(await storedInConversation(id)).not.toContain("quagga");
  expect(await archived(id)).toEqual([]);
});

test("an account that goes with its messages leaves no text in an archive", async () => {
  await send(bob, id, "the first quagga");
  const kept = await send(ann, id, "a zebra");
  await growAndMove(ann, id);
  const answer = await call("DELETE", "/v1/me?messages=erase", {
    token: bob.token,
    body: { password: PASSWORD },
  });
  expect(answer.status).toBe(204);
  await eventually(async () => expect(JSON.stringify(await archived(id))).not.toContain("quagga"));
  expect(JSON.stringify(await archived(id))).toContain("a zebra");
  expect((await page(ann, id, "?after=0&limit=2")).items.map(({ revoked }) => revoked)).toContain(true);
  expect((await page(ann, id, "?after=0&limit=4")).items).toContainEqual(kept);
});

test("an export has what has moved", async () => {
  const { text: key } = await makeServerKey(["data"]);
  const path = `/v1/server/conversations/${id}/export`;
  await send(bob, id, "the first quagga");
  await growAndMove(ann, id);
  const texts = JSON.stringify((await exportAll(key, path)).records);
  expect(texts).toContain("the first quagga");
  expect(texts.split("永".repeat(8_000))).toHaveLength(41);
});

test("a backup has what has moved, and it moves anew behind a restore", async () => {
  await beginDeployment();
  const [cid] = await registerUsers(1);
  ({ id } = await createGroup(cid));
  await send(cid, id, "the first quagga");
  await growAndMove(cid, id);
  const before = (await page(cid, id, "?after=0&limit=50")).items;
  const store = new MemoryStore();
  await backUp(await source(), store);
  await loseEverything();
  const { target: here, serve } = await target();
  await restore(store, here);
  serve();
  const again = await login(cid.user.username);
  expect((await moving(id)).moved).toBe(0);
  await send(again, id, "later");
  await untilMoved(id);
  await evict(conversation());
  expect((await page(again, id, "?after=0&limit=50")).items.slice(0, before.length)).toEqual(before);
});
