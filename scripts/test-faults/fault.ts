import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The parts of the product, as the table of faults names them. */
type Area =
  | "sending"
  | "messages"
  | "groups and contacts"
  | "delivery"
  | "outfeeds"
  | "other APIs"
  | "page"
  | "client"
  | "hooks"
  | "accounts"
  | "push and moderation"
  | "data";

/** A fault that a tired programmer makes, and the test that is expected to fail by it. */
export interface Fault {
  /** what goes wrong, in a few words: the table shows it, and a command can name it */
  name: string;
  area: Area;
  /** the path of the file from the root of the repository */
  file: string;
  /** the right text, which the file has exactly once */
  from: string;
  to: string;
  /** the path of the test file that fails: the outermost one that is quick */
  caughtBy: string;
}

/** The text of the fault's file with the fault in it. @throws an Error unless `from` occurs exactly once */
export function faulty({ name, file, from, to }: Fault, text: string): string {
  const [before = "", after, ...more] = text.split(from);
  if (after === undefined) throw new Error(`${file} no longer has the text of the fault "${name}": ${from}`);
  if (more.length > 0) throw new Error(`${file} has the text of the fault "${name}" several times: ${from}`);
  return before + to + after;
}

/** What is wrong with a list of faults in the tree below `root`, a line each. */
export function flawsOf(faults: readonly Fault[], root: string): string[] {
  const names = faults.map(({ name }) => name);
  return faults.flatMap((fault, i) => {
    const { name, file, from, to, caughtBy } = fault;
    const path = join(root, file);
    return [
      ...(names.indexOf(name) === i ? [] : [`two faults have the name "${name}"`]),
      ...(from === to ? [`the fault "${name}" changes nothing`] : []),
      ...(existsSync(join(root, caughtBy)) ? [] : [`${caughtBy}, of the fault "${name}", is not there`]),
      ...(existsSync(path) ? flawOfText(fault, path) : [`${file}, of the fault "${name}", is not there`]),
    ];
  });
}

function flawOfText(fault: Fault, path: string): string[] {
  try {
    faulty(fault, readFileSync(path, "utf8"));
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
