import { once } from "node:events";
import { existsSync, globSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Person } from "../../../scripts/support/person.ts";
import { backupKey, emptyFolder, refused, script, started } from "./support/processes.ts";

const BACKUP_KEY = "a key that nobody guesses, of 32 characters and more";

test("a backup of a server that is written to has all that was acknowledged before it", {
  timeout: 600_000,
}, async () => {
  const [data, home] = [emptyFolder(), emptyFolder()];
  const [backup, fresh] = [join(home, "backup"), join(home, "fresh")];
  writeFileSync(join(data, "settings.env"), "REGISTRATION=open\n");
  const { origin } = await started(data);
  const [ann, ben] = [await Person.register(origin, "ann"), await Person.register(origin, "ben")];
  const { id } = await ann.openGroup("Written to", [ben]);
  const form = new FormData();
  form.append("file", new Blob(["kept"]), "kept.txt");
  const headers = { Authorization: `Bearer ${ben.token}` };
  const { url } = JSON.parse(
    await (await fetch(`${origin}/v1/files`, { method: "POST", headers, body: form })).text(),
  );
  const server = { PARLEY_URL: origin, PARLEY_KEY: await backupKey(data), BACKUP_KEY };

  // Ben goes on writing until the backup is there.
  const acknowledged: string[] = [];
  const write = async () => void acknowledged.push((await ben.send(id, crypto.randomUUID())).body.text ?? "");
  for (let i = 0; i < 300; i++) await write();
  const before = [...acknowledged];
  const running = { is: true };
  const writing = (async () => {
    while (running.is) await write();
  })();
  const first = await script("backup", server, backup);
  running.is = false;
  await writing;
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining("✔") });
  expect(acknowledged.length).toBeGreaterThan(before.length);
  // The next one writes what is new, and nothing is to be read in either.
  const second = await script("backup", server, backup);
  const written = ({ output }: { output: string }) => Number(/ in (\d+) files/.exec(output)?.[1]);
  expect(written(second)).toBeLessThan(written(first));
  const files = globSync(join(backup, "**/*")).filter((path) => statSync(path).isFile());
  expect(files.map((path) => [path, readFileSync(path).toString("latin1", 0, 8)])).toEqual(
    files.map((path) => [path, "parley-1"]),
  );

  for (const [env, folder, words] of [
    [{}, fresh, "set BACKUP_KEY"],
    [{ BACKUP_KEY: `${BACKUP_KEY}!` }, fresh, "another key"],
    [{ BACKUP_KEY: "short" }, fresh, "32 random characters"],
    [{ BACKUP_KEY }, data, "Another server runs"],
  ] as const) {
    const { code, output } = await script("restore", env, backup, "--data", folder);
    expect([output, code]).toEqual([expect.stringContaining(words), 1]);
  }
  expect(existsSync(fresh)).toBe(false);

  // A backup of which a file is missing is no server, until it is there.
  const [part = ""] = files.filter((path) => path.includes("/database/users-"));
  renameSync(part, `${part}.away`);
  const half = await script("restore", { BACKUP_KEY }, backup, "--data", fresh);
  expect(half).toMatchObject({ code: 1, output: expect.stringContaining("lacks its file") });
  expect((await refused("--data", fresh)).output).toContain("has not ended");
  renameSync(`${part}.away`, part);
  const whole = await script("restore", { BACKUP_KEY }, backup, "--data", fresh);
  expect(whole).toMatchObject({ code: 0, output: expect.stringContaining("✔") });

  const restored = await started(fresh);
  const again = await Person.signIn(restored.origin, "ann");
  const texts = (await again.history(id)).flatMap(({ kind, body }) => (kind === "text" ? [body.text] : []));
  expect(texts).toEqual(acknowledged);
  expect((await again.conversation(id)).unread_count).toBe(texts.length);
  expect(await (await fetch(`${restored.origin}${new URL(url).pathname}`)).text()).toBe("kept");
  // Other secrets were made: what was told to devices since the backup is not believed.
  expect((await ben.at(restored.origin).refused("GET", "/v1/me")).status).toBe(401);
  restored.child.kill("SIGTERM");
  await once(restored.child, "exit");
  const used = await script("restore", { BACKUP_KEY }, backup, "--data", fresh);
  expect(used).toMatchObject({ code: 1, output: expect.stringContaining("has users or conversations") });
});
