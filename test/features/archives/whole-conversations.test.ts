import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { backUp } from "../../../src/core/backup/run/backup-run.ts";
import { restore } from "../../../src/core/backup/run/restore-run.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { ServerMetrics } from "../../../src/surfaces/v1/server/metrics.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import {
  archived,
  foundBy,
  growAndMove,
  moving,
  setSmallArchives,
  untilMoved,
} from "../../support/archives/moved.ts";
import { beginDeployment, loseEverything, source, target } from "../../support/backup/deployment.ts";
import { MemoryStore } from "../../support/backup/memory-store.ts";
import { call, login, PASSWORD, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, page, send, storedInConversation } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { loseConversation } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { age, expire, keep } from "../../support/retention/expire.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { exportAll } from "../data/records.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(() => {
  setSmallArchives();
  setTiming({ retention: { pauseMs: 0 } });
});

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  ({ id } = await createGroup(ann, [bob]));
});

const conversation = () => ConversationId.parse(id);

/** Has the next copy end with the loss of the conversation, once the archive has it, or before. */
function loseAtCopy(isCopied: boolean): Disposable {
  const getByName = env.ARCHIVE.getByName.bind(env.ARCHIVE);
  const lose = async (copy: () => Promise<unknown>) => {
    if (isCopied) await copy();
    await loseConversation(id);
    throw new Error("Network connection lost.");
  };
  const value = (name: string) =>
    new Proxy(getByName(name), {
      get(stub, method) {
        const found: unknown = Reflect.get(stub, method, stub);
        if (method !== "putBodies" || typeof found !== "function") return found;
        return (...args: unknown[]) => lose(async () => Reflect.apply(found, stub, args));
      },
    });
  Object.defineProperty(env.ARCHIVE, "getByName", { configurable: true, value });
  return { [Symbol.dispose]: () => Reflect.deleteProperty(env.ARCHIVE, "getByName") };
}

test("a kill within a copy, or between any two steps of a move, loses nothing and doubles nothing", async () => {
  // Each alarm is one step. An object that starts anew may do one more: so there are many of each kind.
  overrideTiming({ archives: { pauseMs: 60_000, changesMs: 60_000, partMessages: 3, clearedMessages: 3 } });
  const alarm = async () => {
    advanceClock(60_001);
    await runDurableObjectAlarm(env.CONVERSATION.getByName(String(id))).catch(() => undefined);
    await loseConversation(id);
  };
  const [edited, revoked] = [await send(bob, id, "the first quagga"), await send(bob, id, "a secret quagga")];
  for (let i = 0; i < 40; i++) await send(bob, id, `${i} ${"永".repeat(7_900)}`);
  let shown = (await page(ann, id, "?after=0&limit=100")).items;
  const steps = new Set<string>();
  for (let step = 0; step < 80; step++) {
    {
      using _ = step % 3 === 0 ? undefined : loseAtCopy(step % 3 === 1);
      await alarm();
    }
    const { copied, archived: searched, cleared, target, changes } = await moving(id);
    expect((await page(ann, id, "?after=0&limit=100")).items).toEqual(shown);
    const hits = shown.filter(({ body }) => JSON.stringify(body).includes("quagga")).map(({ seq }) => seq);
    expect((await foundBy(ann, id, "quagga")).sort()).toEqual(hits);
    if (target > 0 && cleared === target && changes === 0) break;
    steps.add(
      copied < target ? "copying" : searched < target ? "copied" : cleared < target ? "clearing" : "telling",
    );
    // What was copied changes, before the rows lose their bodies.
    if (step === 6) {
      await edit(bob, id, edited.seq, { body: "the first zebra" });
      expect((await deleteMessage(bob, id, revoked.seq, "everyone")).status).toBe(204);
      shown = (await page(ann, id, "?after=0&limit=100")).items;
    }
  }
  expect([...steps].sort()).toEqual(["clearing", "copied", "copying"]);
  const kept = await archived(id);
  expect(new Set(kept.map(({ seq }) => seq)).size).toBe(kept.length);
  expect(JSON.stringify(kept)).not.toContain("quagga");
  expect((await moving(id)).moved).toBe(kept.length);
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

test("the metrics name the archives of a conversation", async () => {
  await growAndMove(ann, id);
  overrideTiming({ storage: { largeBytes: 1 } });
  await send(ann, id, "later");
  const { text: token } = await makeServerKey(["metrics"]);
  const [path, headers] = ["/v1/server/metrics", { Accept: "application/json" }];
  await eventually(async () => {
    const { objects } = ServerMetrics.parse((await call("GET", path, { token, headers })).body);
    const archives = objects.find((object) => object.id === id)?.archives;
    const { archived: last_seq } = await moving(id);
    expect(archives).toEqual([{ first_seq: 1, last_seq, bytes: expect.any(Number) }]);
  });
  const { body } = await call("GET", path, { token });
  expect(body).toMatch(new RegExp(`parley_archive_bytes{conversation="${id}",first_seq="1"} [1-9]`));
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
