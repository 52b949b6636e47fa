import { mkdirSync } from "node:fs";
import type { ExportRecordInput } from "../../src/domain/data/records.ts";
import { check } from "./check.ts";
import { Collection } from "./collected/collection.ts";
import { People } from "./collected/people.ts";
import { recordsOf } from "./collected/records.ts";
import { ImportFailure } from "./failure.ts";
import { Files } from "./files/files.ts";
import { FolderSource } from "./input/folder.ts";
import { openSource } from "./input/open.ts";
import type { Source } from "./input/source.ts";
import { LeftOut } from "./left-out.ts";
import { HELP, type Options, readOptions, UsageError } from "./options.ts";
import { CONVERTERS } from "./origins.ts";
import { readRecords } from "./own-format.ts";
import { readPeople } from "./people-file.ts";
import { countsOf, messagesOf, Progress } from "./progress.ts";
import { ImportServer } from "./server/import-server.ts";
import { Sender } from "./server/sender.ts";

/** The surroundings of a run. */
export interface Invocation {
  argv: readonly string[];
  env: { [Name in "PARLEY_URL" | "PARLEY_KEY" | "SLACK_TOKEN"]?: string | undefined };
  /** prints a line for the operator */
  say(line: string): void;
}

/**
 * `npm run import`.
 * @returns the exit code: 0, also if something was left out; 1: it has failed; 2: the command line is wrong
 */
export async function runImport({ argv, env, say }: Invocation): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options) await importAll(options, env, say);
    else say(HELP);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      say(`✘ ${error.message}\n\n${HELP}`);
      return 2;
    }
    if (!(error instanceof ImportFailure)) throw error;
    say(`✘ ${error.message}`);
    return 1;
  }
}

async function importAll(options: Options, env: Invocation["env"], say: Invocation["say"]): Promise<void> {
  const server = serverOf(options, env);
  const source = await openSource(options.file);
  const leftOut = new LeftOut(options.report);
  const files = filesOf({ ...options, slackToken: options.slackToken ?? env.SLACK_TOKEN }, source);
  const people = await peopleOf(options, server, say);
  const collection = new Collection(leftOut, people);
  try {
    if (options.from) {
      say(`Reading ${options.file} …`);
      await CONVERTERS[options.from].read(source, collection, options.workspace);
      const { users, conversations, messages } = collection;
      say(
        `${options.file} has ${countsOf({ user: users.size, conversation: conversations.size, message: messages })}.`,
      );
    }
    const records = options.from ? recordsOf(collection, files, options.from) : readRecords(source, leftOut);
    if (server) await send({ server, files, leftOut, records, options, collection, say });
    else
      say(`Converted: ${countsOf(await check(records, leftOut))}. Nothing was sent: PARLEY_URL is not set.`);
  } finally {
    sayLeftOut(leftOut, options, say);
    collection.close();
    files.close();
    source.close();
    leftOut.close();
  }
}

/** The records of a run, and their server. */
interface Sending {
  server: ImportServer;
  files: Files;
  leftOut: LeftOut;
  records: AsyncIterable<ExportRecordInput>;
  options: Options;
  collection: Collection;
  say: Invocation["say"];
}

async function send(sending: Sending): Promise<void> {
  const { server, files, leftOut, records, options, collection, say } = sending;
  const sender = new Sender(server, files, leftOut, options.isDry);
  const progress = new Progress(say);
  const { done } = sender;
  try {
    const total = options.from ? collection.messages : undefined;
    await sender.send(records, () => progress.part(done, total));
  } finally {
    const verb = options.isDry ? "Would import" : "Imported";
    say(`${verb}: ${countsOf(done.imported)} (${progress.rate(messagesOf(done))}).`);
    say(`There already: ${countsOf(done.unchanged)}.`);
    if (done.files > 0)
      say(
        `Handed over: the bytes of ${countsOf({ file: done.files })}, ${(done.fileBytes / 1e6).toFixed(1)} MB.`,
      );
  }
}

function serverOf({ isDry, matchesEmail }: Options, env: Invocation["env"]): ImportServer | undefined {
  const { PARLEY_URL: url, PARLEY_KEY: key } = env;
  if (!url && isDry && !matchesEmail) return undefined;
  if (!url) throw new UsageError("Set PARLEY_URL to the address of your Parley, or use --dry-run.");
  if (!key)
    throw new UsageError("Set PARLEY_KEY to a server key with the scope data: npm run keys makes one.");
  return new ImportServer(url, key);
}

function filesOf({ files, from, hasFiles, isDry, slackToken }: Options, source: Source): Files {
  if (files !== undefined) mkdirSync(files, { recursive: true });
  return new Files({
    ...{ source, isOff: !hasFiles, isDry },
    folder: files === undefined ? undefined : { path: files, source: new FolderSource(files, files) },
    downloads: from ? CONVERTERS[from].downloads({ slackToken }) : { allows: () => false },
  });
}

async function peopleOf(
  { people, matchesEmail }: Options,
  server: ImportServer | undefined,
  say: Invocation["say"],
): Promise<People> {
  const given = people === undefined ? new Map<string, string>() : readPeople(people);
  if (!matchesEmail || !server) return new People(given);
  const { found, ambiguous, withoutId } = await server.usersByEmail();
  say(
    `${found.size} e-mails name a user here. Not used: ${ambiguous} that several have, ` +
      `${withoutId} of users without an external id.`,
  );
  return new People(given, found);
}

function sayLeftOut(leftOut: LeftOut, { report }: Options, say: Invocation["say"]): void {
  if (leftOut.count === 0) return;
  say(`Left out, or changed on the way: ${leftOut.count.toLocaleString("en")}`);
  for (const line of leftOut.lines()) say(line);
  if (report !== undefined) say(`All of it is in ${report}.`);
}
