import { readFileSync } from "node:fs";
import { z } from "zod";
import { ExternalId } from "../../src/domain/server/user-ref.ts";
import { ImportFailure, messageOf } from "./failure.ts";
import { firstIssue, parseAt } from "./input/json.ts";

const People = z.record(z.string(), ExternalId);

/**
 * Reads the file of `--people`: an object of JSON, or CSV with two columns, the origin's id or an e-mail and
 * the external id. A first line without a known id does no harm.
 * @returns external ids by the origin's id, or by e-mail in small letters
 * @throws ImportFailure that names the line
 */
export function readPeople(path: string): Map<string, string> {
  let content: string;
  try {
    content = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw new ImportFailure(`${path} cannot be read: ${messageOf(error)}`);
  }
  const isJson = content.trimStart().startsWith("{");
  const people = isJson ? parseAt(path, 1, content) : Object.fromEntries(rowsOf(path, content));
  const parsed = People.safeParse(people);
  if (!parsed.success) throw new ImportFailure(`${path}: ${firstIssue(parsed.error)}`);
  return new Map(
    Object.entries(parsed.data).map(([key, id]) => [key.includes("@") ? key.trim().toLowerCase() : key, id]),
  );
}

function rowsOf(path: string, content: string): [string, string][] {
  return content.split(/\r?\n/).flatMap((line, i): [string, string][] => {
    if (line.trim() === "") return [];
    const cells = line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    const [key, id] = cells;
    if (!key || !id || cells.length > 2)
      throw new ImportFailure(
        `${path}:${i + 1} has not two columns: the origin's id or an e-mail, the external id`,
      );
    return [[key, id]];
  });
}
