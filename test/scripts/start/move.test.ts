import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { apiOf } from "../../../scripts/backup/drill.ts";
import { fillWorld, viewOf, type World } from "../../../scripts/backup/world.ts";
import { Person } from "../../../scripts/support/person.ts";
import { Server, TemporaryFolder } from "../../../scripts/support/server.ts";
import { backupKey, emptyFolder, script, started } from "./support/processes.ts";

/** What everybody sees, and the bytes of a file. */
async function everything(server: { origin: string }, { users }: World, file: string) {
  const views = await Promise.all(users.map((user) => viewOf(apiOf(server), user)));
  const bytes = await (await fetch(server.origin + file)).arrayBuffer();
  return { views, file: Buffer.from(bytes).toString("base64") };
}

/** Runs a script that must succeed. */
async function done(...args: Parameters<typeof script>): Promise<void> {
  expect(await script(...args)).toMatchObject({ code: 0 });
}

test("the state of a machine moves to a deployment and back, and nobody notices but by the address", {
  timeout: 600_000,
}, async () => {
  const data = emptyFolder();
  writeFileSync(join(data, "settings.env"), "REGISTRATION=open\n");
  const here = await started(data);
  const names = ["ann", "bob", "cai"];
  const [ann, bob, cai] = await Promise.all(names.map((name) => Person.register(here.origin, name)));
  if (!ann || !bob || !cai) throw new Error("nobody is there");
  const world = await fillWorld(apiOf(here), [ann, bob, cai], 120);
  const [, group = 0] = world.conversations;
  const blob = new Blob([randomBytes(300_000)], { type: "application/octet-stream" });
  const uploaded = await apiOf(here)(bob.token, "POST", "/v1/files?name=large.bin", blob);
  const file = new URL(Object(uploaded).url).pathname;
  const key = await backupKey(data);
  const before = await everything(here, world, file);
  here.child.kill("SIGTERM");
  await once(here.child, "exit");

  // To a deployment, which is given the secret of the tokens.
  const secrets = parseEnv(readFileSync(join(data, "secrets.env"), "utf8"));
  const folder = new TemporaryFolder([`TOKEN_SECRET=${secrets.TOKEN_SECRET}`]);
  onTestFinished(() => folder.remove());
  const backup = join(folder.scratch, "backup");
  await done("backup", {}, backup, "--data", data);
  await done("restore", {}, backup, "--persist-to", folder.state);
  const there = await Server.start(folder.paths);
  onTestFinished(() => there.kill());
  expect(await everything(there, world, file)).toEqual(before);
  const last = (await ann.at(there.origin).history(group)).at(-1);
  const { seq } = await ann.at(there.origin).send(group, "written there");
  expect(seq).toBe((last?.seq ?? 0) + 1);
  const now = await everything(there, world, file);
  // The key has moved along.
  await done("backup", { PARLEY_URL: there.origin, PARLEY_KEY: key }, backup);
  await there.stop();

  // And back, with a secret of before. The others are made.
  const home = join(folder.scratch, "home");
  mkdirSync(home);
  copyFileSync(join(data, "settings.env"), join(home, "settings.env"));
  writeFileSync(join(home, "secrets.env"), `TOKEN_SECRET=${secrets.TOKEN_SECRET}\n`);
  await done("restore", {}, backup, "--data", home);
  const back = await started(home);
  expect(await everything(back, world, file)).toEqual(now);
  await Person.signIn(back.origin, "cai");
  const made = parseEnv(readFileSync(join(home, "secrets.env"), "utf8"));
  expect(Object.keys(made).toSorted()).toEqual(Object.keys(secrets).toSorted());
});
