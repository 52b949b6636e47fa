import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A figure of the structure that a change may not raise without saying why. */
export interface Figure {
  name: string;
  now: number;
  limit: number;
}

/** A file of at most so many lines of code, which one other imports, is rarely an idea of its own. */
const SMALL = 45;
/** A file of more lines of code has rarely one idea. */
const LARGE = 350;

/** What brings messages from a conversation to devices, phones, bots and hooks. */
const DELIVERY =
  /^src\/(conversation\/(delivery|hooks)|hook|inbox\/(devices|list|outfeeds|push|bot-updates|gateway)|object\/hooks)\//;

/**
 * The figures of the server's code and of the notes on its design.
 * @param texts of the TypeScript files, by path
 * @param notes their paths
 */
export function figuresOf(texts: ReadonlyMap<string, string>, notes: readonly string[]): Figure[] {
  const server = [...texts].filter(([path]) => path.startsWith("src/"));
  const codeLines = new Map(server.map(([path, text]) => [path, codeLinesOf(text)]));
  const importers = importersIn(server);
  const linesOf = (path: string) => codeLines.get(path) ?? 0;
  const paths = [...codeLines.keys()];
  const words = notes.reduce((sum, path) => sum + readFileSync(path, "utf8").split(/\s+/).length, 0);
  return [
    {
      name: `files of src/ with at most ${SMALL} lines of code and one importer`,
      now: paths.filter((path) => linesOf(path) <= SMALL && importers.get(path)?.size === 1).length,
      limit: 55,
    },
    {
      name: `files of src/ with more than ${LARGE} lines of code`,
      now: paths.filter((path) => linesOf(path) > LARGE).length,
      limit: 0,
    },
    {
      name: "lines of code that deliver",
      now: paths.filter((path) => DELIVERY.test(path)).reduce((sum, path) => sum + linesOf(path), 0),
      limit: 7_575,
    },
    { name: "kinds of alarm jobs of an inbox", now: kindsIn(texts, "inbox"), limit: 29 },
    { name: "kinds of alarm jobs of a conversation", now: kindsIn(texts, "conversation"), limit: 18 },
    {
      name: "files of a conversation that import its room, beside types",
      now: server.filter(([path, text]) => isBelowRoom(path) && IMPORTS_ROOM.test(text)).length,
      limit: 0,
    },
    { name: "notes in docs/design/", now: notes.length, limit: 28 },
    { name: "words in them", now: words, limit: 42_300 },
  ];
}

const IMPORTS_ROOM = /^import (?!type )[^;]*"(\.\.\/)+room(\.ts|\/[\w-]+\.ts)";/m;

/** Whether a file is of a feature of conversations. The files beside the room assemble it. */
function isBelowRoom(path: string): boolean {
  return /^src\/conversation\/(?!room\/)[\w-]+\//.test(path);
}

/** The lines that are neither blank nor of a comment. */
function codeLinesOf(text: string): number {
  return text.split("\n").filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/?\*)/.test(line)).length;
}

/** The files that import a file, by its path. */
function importersIn(files: [string, string][]): Map<string, Set<string>> {
  const importers = new Map<string, Set<string>>();
  for (const [path, text] of files)
    for (const [, from = ""] of text.matchAll(/from "(\.[^"]+)"/g)) {
      const imported = normalize(join(dirname(path), from));
      importers.set(imported, (importers.get(imported) ?? new Set()).add(path));
    }
  return importers;
}

/** How many kinds of jobs an object has: the members of the type in its `jobs.ts`. */
function kindsIn(texts: ReadonlyMap<string, string>, object: string): number {
  return texts.get(`src/${object}/jobs.ts`)?.match(/^ {2}\| "/gm)?.length ?? Infinity;
}
