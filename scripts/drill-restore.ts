/**
 * `npm run drill:restore`: backs up and restores on this machine, as docs/operate.md describes it.
 * - A lost deployment: everything is lost, and restored by `npm run backup` and `npm run restore`.
 * - A lost database: exported, wiped, imported. Everybody has the same conversations and messages, and
 *   goes on.
 * - An older database beside newer objects: what is lost, what the repair gives back, and that no id comes
 *   twice.
 *
 * It ends with 1 if anything differs from that page.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loseAll } from "./backup/drill.ts";
import { inImportOrder } from "./backup/order.ts";
import { runWrangler, Wrangler } from "./deploy/calls.ts";
import { readPlan, writeConfig } from "./deploy/config.ts";
import { assertSame } from "./support/assert-same.ts";
import { Person } from "./support/person.ts";
import { inTemporaryFolder, Server, type TemporaryFolder } from "./support/server.ts";

const LIMIT_MS = 900_000;
/** docs/operate.md has it: no user or conversation gets the id of one that the restored database forgot. */
const RAISE = "UPDATE sqlite_sequence SET seq = seq + 1000000 WHERE name IN ('users', 'conversations');";

const wrangler = new Wrangler(runWrangler);

await inTemporaryFolder(LIMIT_MS, async (folder) => {
  await loseAll(folder);
  const config = configFor(folder);
  const backup = join(dirname(folder.state), "backup.sql");
  let server = await Server.start(folder);
  const ann = await Person.register(server.origin, "ann");
  const bob = await Person.register(server.origin, "bob");
  const { id: direct } = await ann.openDirect(bob);
  const { id: group } = await ann.openGroup("Before the backup", [bob]);
  for (const text of ["one", "two", "three"]) await ann.send(direct, text);
  await bob.read(direct, 2);
  await bob.send(group, "in the group");
  const before = await everything([ann, bob]);
  await server.stop();

  await must("export", "d1", "export", "DB", "--local", "--config", config, "--output", backup);
  writeFileSync(backup, inImportOrder(readFileSync(backup, "utf8")));
  await restore(folder, config, backup);
  server = await Server.start(folder);
  const people = [ann, bob].map((person) => person.at(server.origin));
  assertSame("what a restored database shows", await everything(people), before);
  const [annNow, bobNow] = people;
  if (!annNow || !bobNow) throw new Error("nobody is there");
  assertSame("the next seq", (await annNow.send(direct, "after the restore")).seq, 4);
  console.log(
    `a lost database: restored, the same ${before[0]?.length} conversations, and message 4 follows message 3`,
  );

  // From here on the backup is old.
  const cai = await Person.register(server.origin, "cai");
  const later = await annNow.openGroup("After the backup", [bobNow]);
  await annNow.send(later.id, "the database will forget this group");
  await server.stop();
  await restore(folder, config, backup);
  await must("raise", "d1", "execute", "DB", "--local", "--config", config, "--command", RAISE, "--yes");
  server = await Server.start(folder);
  const again = ann.at(server.origin);
  const missing = await refusal(() => cai.at(server.origin).conversations());
  assertSame("a user whom the database forgot", missing.startsWith("GET /v1/conversations: 401"), true);
  await again.repair();
  const names = (await again.conversations()).map(({ name }) => name);
  assertSame("the group that the database forgot", names.includes("After the backup"), false);
  const history = await again.history(direct);
  assertSame("messages after the backup", history.at(-1)?.body.text, "after the restore");
  const dan = await Person.register(server.origin, "dan");
  assertSame("a new user's id is above all earlier ones", dan.user.id > cai.user.id, true);
  const fresh = await dan.openGroup("New", [again]);
  assertSame("a new conversation's id is above all earlier ones", fresh.id > later.id, true);
  assertSame(
    "messages of the new group",
    (await dan.history(fresh.id)).filter(({ kind }) => kind === "text"),
    [],
  );
  console.log(
    "an older database: users and groups since the backup are gone, messages of known conversations are all there, no id came twice",
  );
  await server.stop();
});

/** A configuration whose local state is that of the server: `d1 export` takes no folder. */
function configFor(folder: TemporaryFolder): string {
  const home = dirname(folder.state);
  mkdirSync(join(home, ".wrangler"), { recursive: true });
  mkdirSync(folder.state, { recursive: true });
  symlinkSync(folder.state, join(home, ".wrangler", "state"));
  return writeConfig(readPlan(undefined, {}), home, undefined);
}

/** Replaces the database by the backup. Objects and files stay as they are. */
async function restore(folder: TemporaryFolder, config: string, backup: string): Promise<void> {
  rmSync(join(folder.state, "v3", "d1"), { recursive: true });
  await must("import", "d1", "execute", "DB", "--local", "--config", config, "--file", backup, "--yes");
}

function must(what: string, ...args: string[]) {
  return wrangler.must(`The ${what} failed.`, args);
}

function everything(people: Person[]) {
  return Promise.all(
    people.map(async (person) => {
      const conversations = await person.conversations();
      const histories = await Promise.all(conversations.map(({ id }) => person.history(id)));
      return conversations.map((conversation, i) => ({ conversation, history: histories[i] }));
    }),
  );
}

/** Why a call is refused. @throws an Error if it is not */
async function refusal(call: () => Promise<unknown>): Promise<string> {
  const reason = await call().then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (reason === null) throw new Error("a call that must be refused was answered");
  return reason;
}
