import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { backUp } from "../../../src/core/backup/run/backup-run.ts";
import { restore } from "../../../src/core/backup/run/restore-run.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { beginDeployment, loseEverything, source, target } from "../../support/backup/deployment.ts";
import { MemoryStore } from "../../support/backup/memory-store.ts";
import { registerUsers } from "../../support/clients/api.ts";
import { ask, page } from "../../support/clients/chat.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { exportAll, importAll, renamed } from "../data/records.ts";
import { hooksOf, makeHook, post } from "./client.ts";

const undo: (() => void)[] = [];
beforeEach(() => void undo.push(setNoRateLimits()));
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

test("a backup has the hooks and their messages, and the URLs go on", async () => {
  await beginDeployment();
  const ann = itemAt(await registerUsers(1), 0);
  const id = await createGroupId(ann);
  const hook = await makeHook(ann, id);
  await post(hook.url, { text: "before", name: "CI", client_msg_id: "1" });
  const before = [await page(ann, id), await hooksOf(ann, id)];
  const store = new MemoryStore();
  await backUp(await source(), store);
  await loseEverything();
  const { target: here, serve } = await target();
  try {
    await restore(store, here);
  } finally {
    serve();
  }
  expect([await page(ann, id), await hooksOf(ann, id)]).toEqual(before);
  expect((await post(hook.url, { text: "before", client_msg_id: "1" })).status).toBe(200);
  expect((await post(hook.url, { text: "after" })).status).toBe(201);
});

const Record = z.looseObject({ sender: z.string().nullable(), hook: z.looseObject({}).optional() });

test("an export names the hook of a message, and an import has it again", async () => {
  const ann = itemAt(await registerUsers(1), 0);
  const { text: key } = await makeServerKey(["data", "conversations"]);
  const id = await createGroupId(ann);
  const hook = await makeHook(ann, id, { avatar: "https://ci.example.org/a.png" });
  await post(hook.url, { text: "by a hook", name: "CI" });
  await ask(ann, id, "POST", "/messages", { forward: { conversation_id: id, seq: 1 } });
  const items = [{ conversation_id: id, seq: 1 }];
  await ask(ann, id, "POST", "/messages", { kind: "merged", body: { title: "Builds", items } });
  const { records } = await exportAll(key, `/v1/server/conversations/${id}/export`);
  const messages = records.flatMap((record) =>
    record.type === "message" ? [Record.parse(record.message)] : [],
  );
  expect(messages[0]).toMatchObject({
    sender: null,
    hook: { id: hook.id, name: "Builds", nickname: "CI", avatar: hook.avatar },
  });
  const elsewhere = renamed(records, "parley:", "there:");
  expect((await importAll(key, elsewhere)).left_out.filter(({ type }) => type === "message")).toEqual([]);
  const ref = records.find((record) => record.type === "conversation");
  if (ref?.type !== "conversation") throw new Error("the export has a conversation");
  const there = encodeURIComponent(`ext:${ref.conversation.external_id.replace("parley:", "there:")}`);
  const { records: back } = await exportAll(key, `/v1/server/conversations/${there}/export`);
  const again = back.flatMap((record) => (record.type === "message" ? [record.message] : []));
  const first = elsewhere.flatMap((record) => (record.type === "message" ? [record.message] : []));
  expect(again).toEqual(first);
});
