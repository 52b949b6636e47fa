import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { ImportFailure, messageOf } from "../failure.ts";
import { lineOfFlaw } from "./json-flaw.ts";
import type { Source } from "./source.ts";

/** A line of JSON Lines. */
export interface JsonLine {
  /** from 1 */
  line: number;
  value: unknown;
}

/** A whole file of JSON. @throws ImportFailure that names the file and the line */
export async function readJson<S extends z.ZodType>(
  source: Source,
  path: string,
  schema: S,
): Promise<z.output<S>> {
  const content = await text(await openText(source, path));
  const parsed = schema.safeParse(parseAt(path, 1, content));
  if (parsed.success) return parsed.data;
  throw new ImportFailure(`${path} is not what it should be: ${firstIssue(parsed.error)}`);
}

/** The lines of JSON Lines. Empty lines are passed over. @throws ImportFailure as `readJson` */
export async function* readJsonLines(source: Source, path: string): AsyncGenerator<JsonLine> {
  let rest = "";
  let line = 0;
  for await (const chunk of await openText(source, path)) {
    const [end = "", ...lines] = String(chunk).split("\n");
    // What a long line has so far is not read again.
    rest += end;
    for (const next of lines) {
      line++;
      if (rest.trim() !== "") yield { line, value: parseAt(path, line, rest) };
      rest = next;
    }
  }
  if (rest.trim() !== "") yield { line: line + 1, value: parseAt(path, line + 1, rest) };
}

/** The text of a file, in pieces. A mark at its beginning (U+FEFF) is passed over by `parseAt`. */
export async function openText(source: Source, path: string): Promise<Readable> {
  const bytes = await source.open(path);
  return bytes.setEncoding("utf8");
}

/** Parses JSON. @param line where it begins in its file */
export function parseAt(path: string, line: number, json: string): unknown {
  const plain = json.startsWith("\uFEFF") ? json.slice(1) : json;
  try {
    return JSON.parse(plain);
  } catch (error) {
    const at = line + lineOfFlaw(plain);
    throw new ImportFailure(`${path}:${at} is no JSON (${messageOf(error)}). Is the file complete?`);
  }
}

/** The first flaw of data, in a line: its place and its description. */
export function firstIssue({ issues }: z.ZodError): string {
  const [issue] = issues;
  return issue ? `${issue.path.length > 0 ? `${issue.path.join(".")}: ` : ""}${issue.message}` : "unknown";
}
