import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fillWorld, viewOf, type World } from "../../../scripts/backup/world.ts";
import { backUp } from "../../../src/core/backup/run/backup-run.ts";
import { readText } from "../../../src/core/backup/run/layout.ts";
import { restore } from "../../../src/core/backup/run/restore-run.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { api, loseEverything, source, target } from "../../support/backup/deployment.ts";
import { MemoryStore } from "../../support/backup/memory-store.ts";
import { call, expectProblem, registerUsers } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt } from "../../support/objects/room.ts";

let store: MemoryStore;
const undo: (() => void)[] = [];

beforeEach(async () => {
  await loseEverything();
  store = new MemoryStore();
});

afterEach(() => {
  for (const one of undo.splice(0)) one();
});

async function world(messages = 300): Promise<World> {
  const users = await registerUsers(3);
  return fillWorld(api, [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)], messages);
}

function views({ users }: World): Promise<unknown[]> {
  return Promise.all(users.map((user) => viewOf(api, user)));
}

/** Restores the backup into this deployment, which serves again then. */
async function restoreHere(): Promise<void> {
  const { target: here, serve } = await target();
  undo.push(serve);
  await restore(store, here);
  serve();
}

test("brings everything back that users see", async () => {
  const before = await world();
  await backUp(await source(), store);
  const seen = await views(before);
  await loseEverything();
  await restoreHere();
  expect(await views(before)).toEqual(seen);
});
