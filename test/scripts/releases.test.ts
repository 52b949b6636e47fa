import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { look, SEEN, signIn } from "../../scripts/releases/story.ts";
import { objectionToLocal } from "../../scripts/releases/taken-over.ts";
import { Server, TemporaryFolder } from "../../scripts/support/server.ts";
import { ROOT } from "../../scripts/support/wrangler.ts";

const RELEASES = join(ROOT, "test/releases");
const MIGRATIONS = join(ROOT, "migrations");

function newFolder(): TemporaryFolder {
  const folder = new TemporaryFolder();
  onTestFinished(() => folder.remove());
  return folder;
}

test.each(readdirSync(RELEASES))(
  "the state of %s is upgraded: everybody sees what they saw, and goes on",
  async (archive) => {
    const folder = newFolder();
    mkdirSync(folder.state);
    execFileSync("tar", ["-xzf", join(RELEASES, archive), "-C", folder.state]);
    const seen: unknown = JSON.parse(readFileSync(join(folder.state, SEEN), "utf8"));
    const server = await Server.start(folder);
    onTestFinished(() => server.stop());
    const people = await signIn(server.origin);
    expect(await look(server.origin, people)).toMatchObject(Object(seen));

    // Each conversation takes a message of each member, which the others count.
    for (const person of people)
      for (const { id } of await person.conversations()) {
        const others = people.filter((other) => other !== person);
        const before = await unreadOf(others, id);
        const { seq } = await person.send(id, "After the upgrade");
        expect((await person.history(id)).at(-1)).toMatchObject({ seq, body: { text: "After the upgrade" } });
        expect(await unreadOf([person], id)).toEqual([0]);
        expect(await unreadOf(others, id)).toEqual(
          before.map((count) => (count === null ? null : count + 1)),
        );
      }
  },
);

/** The unread messages of each in a conversation; null for who is not in it. */
function unreadOf(people: Awaited<ReturnType<typeof signIn>>, id: number): Promise<(number | null)[]> {
  return Promise.all(
    people.map(async (person) => {
      const list = await person.conversations();
      return list.find((one) => one.id === id)?.unread_count ?? null;
    }),
  );
}

const REFUSED =
  /of no release since 0\.2\.0 \([^\n]*\), and this one cannot use it\. Nothing was changed: [^\n]*\n*$/;

test("a state of no release since 0.2.0 is refused in one line and stays as it is", async () => {
  const start = readFileSync(join(MIGRATIONS, "0000_start.sql"), "utf8");
  // Its first migration had the name that the first one of 0.2.0 has.
  const { folder, path } = stateOf(start, ["0000_start.sql", "0001_user_ids.sql"]);
  const before = readFileSync(path);
  await expect(Server.start(folder)).rejects.toThrow(REFUSED);
  const other = stateOf(start.replace(/^.*`discoverable`.*\n/m, ""), ["0000_start.sql"]);
  expect(await objectionToLocal(other.folder.state)).toMatch(REFUSED);
  expect(readFileSync(path)).toEqual(before);
  expect(readdirSync(dirname(path))).toEqual(["a.sqlite"]);
  // A state of this release, to which somebody has added a table.
  const own = stateOf(`${start}; CREATE TABLE our_own (id INTEGER)`, ["0000_start.sql"]);
  expect(await objectionToLocal(own.folder.state)).toBeNull();
  // That of a newer release, whose last migration has altered a table.
  const all = readdirSync(MIGRATIONS).filter((name) => name.endsWith(".sql"));
  const made = all.map((name) => readFileSync(join(MIGRATIONS, name), "utf8")).join("\n");
  const newer = stateOf(`${made}; ALTER TABLE users ADD COLUMN later text`, [...all, "9999_later.sql"]);
  expect(await objectionToLocal(newer.folder.state)).toBeNull();
});

/** A state whose database was made by this text, and notes these migrations. */
function stateOf(sql: string, names: readonly string[]): { folder: TemporaryFolder; path: string } {
  const folder = newFolder();
  const databases = join(folder.state, "v3/d1/miniflare-D1DatabaseObject");
  mkdirSync(databases, { recursive: true });
  const path = join(databases, "a.sqlite");
  using database = new DatabaseSync(path);
  database.exec(`${sql}; CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT)`);
  for (const name of names) database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").run(name);
  return { folder, path };
}
