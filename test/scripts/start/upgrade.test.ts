import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { look, SEEN, signIn } from "../../../scripts/releases/story.ts";
import { ROOT } from "../../../scripts/support/wrangler.ts";
import { emptyFolder, ended, refused, run, START, start, started } from "./support/processes.ts";

const FORMER = "before-upgrade";
const OWN = readdirSync(join(ROOT, "migrations")).filter((name) => name.endsWith(".sql"));

/** A folder with the state of a release. */
function stateOf(release: string): { data: string; seen: unknown } {
  const data = emptyFolder();
  execFileSync("tar", ["-xzf", join(ROOT, `test/releases/${release}.tar.gz`), "-C", data]);
  return { data, seen: JSON.parse(readFileSync(join(data, SEEN), "utf8")) };
}

/** Runs statements in a database, and lists the migrations that it has then. */
function inDatabase(databases: string, sql = ""): unknown[] {
  const [path = ""] = globSync(join(databases, "miniflare-D1DatabaseObject/e*.sqlite"));
  using database = new DatabaseSync(path, { timeout: 10_000 });
  database.exec(sql);
  return database
    .prepare("SELECT name FROM d1_migrations ORDER BY id")
    .all()
    .map(({ name }) => name);
}

/** The content of each file below a folder, without those that a read of a database leaves. */
function contents(folder: string): Map<string, string> {
  const paths = globSync(join(folder, "**/*")).filter((path) => !path.endsWith("-shm"));
  const files = paths.filter((path) => statSync(path).isFile() && statSync(path).size > 0);
  return new Map(files.map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex")]));
}

async function stop({ child }: Pick<ReturnType<typeof start>, "child">): Promise<void> {
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** A migration in the middle does not end before its server is killed. */
const HANGS = `CREATE VIEW endless AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
  CREATE TRIGGER hangs AFTER INSERT ON d1_migrations WHEN NEW.name LIKE '0010%'
  BEGIN SELECT count(*) FROM endless; END;`;
const GOES_ON = "DROP TRIGGER hangs; DROP VIEW endless;";

test("the state of a release is as it was after each start that fails, and whole after one that succeeds", {
  timeout: 600_000,
}, async () => {
  const { data, seen } = stateOf("0.2.0");
  const databases = join(data, "v3/d1");
  const before = inDatabase(databases, HANGS);
  const former = contents(databases);

  // No space for a copy.
  const limited = ["-c", 'ulimit -f 128 && exec "$0" "$@"', process.execPath, START, "--port", "0"];
  const full = await ended(run("sh", ...limited, "--data", data));
  expect(full).toMatchObject({ code: 1, output: expect.stringContaining("cannot be copied") });
  expect(contents(databases)).toEqual(former);

  // Killed between two migrations. A second start meanwhile is refused.
  const killed = start("--data", data);
  const applied = () => inDatabase(databases).length;
  await expect.poll(applied, { interval: 20 }).toBeGreaterThan(before.length + 5);
  expect((await refused("--data", data)).output).toContain("Another server runs");
  killed.child.kill("SIGKILL");
  await once(killed.child, "close");
  expect(inDatabase(databases)).not.toEqual(OWN);

  // The next start begins with the former state, of which a migration cannot be applied.
  const copy = join(data, FORMER);
  expect(inDatabase(copy, `${GOES_ON} CREATE TABLE link_previews (ours TEXT);`)).toEqual(before);
  const failed = await refused("--data", data);
  expect(failed.output).toMatch(/The migration 0018\S+ has failed: table `link_previews` already exists/);
  expect(inDatabase(databases, "DROP TABLE link_previews")).toEqual(before);
  expect(existsSync(copy)).toBe(false);

  const server = await started(data);
  expect(await look(server.origin, await signIn(server.origin))).toMatchObject(Object(seen));
  expect(existsSync(copy)).toBe(false);
  await stop(server);
  expect(inDatabase(databases)).toEqual(OWN);

  // A newer release has been here.
  inDatabase(
    databases,
    "INSERT INTO d1_migrations (name) VALUES ('9999_later.sql'); ALTER TABLE users ADD COLUMN later TEXT;",
  );
  const newer = contents(join(data, "v3"));
  expect((await refused("--data", data)).output).toContain("is of a newer release");
  expect(contents(join(data, "v3"))).toEqual(newer);
  const back = await started(data, "--roll-back");
  expect(await look(back.origin, await signIn(back.origin))).toMatchObject(Object(seen));
});
