/** The figures that tests count, as docs/benchmarks/costs.md has them. */

/** One message in a group: lone, or one of a burst. */
export interface CountedMessage {
  members: number;
  connected: number;
  calls: number;
  /** what the platform bills of these calls: those over one channel are one request */
  requests: number;
  /** rows of all objects, with set alarms */
  rows: number;
  alarms: number;
  /** messages a second; null: a lone message */
  rate: number | null;
}

/** A quiet time of one user. */
export interface CountedTime {
  wakeUps: number;
  rows: number;
}

const LONE = "**A lone message in a quiet group:**";
const BURST = "**One message of a burst of 50.**";
const HOUR = "**A quiet hour after the burst**";
const DAY = "## A quiet day";
/** What a burst costs besides, in the text below its table. */
const BURST_TEXT = /The conversation wrote ([\d.]+) rows and set ([\d.]+) alarms in every group/;
const SEARCH_TEXT = /search index adds about ([\d.]+) rows a message/;

/** @throws an Error if the document has no such table or row */
export function readCounted(benchmarks: string) {
  const text = benchmarks.replaceAll("\n", " ");
  const [rows, alarms] = numbers(text.match(BURST_TEXT), "rows of a burst");
  const [searchRows] = numbers(text.match(SEARCH_TEXT), "rows of the search index");
  return {
    lone(members: number, connected: number): CountedMessage {
      const [calls, own, , inboxes, set] = rowOf(benchmarks, LONE, `| ${members} | ${connected} |`);
      // A lone message opens no channel.
      const requests = calls;
      return { members, connected, calls, requests, rows: own + inboxes + set, alarms: set, rate: null };
    },
    burst(members: number, connected: number): CountedMessage {
      const [calls, , requests, inboxes, , , , rate] = rowOf(
        benchmarks,
        BURST,
        `| ${members} | ${connected} |`,
      );
      const all = rows + inboxes + alarms + searchRows;
      return { members, connected, calls, requests, rows: all, alarms, rate };
    },
    /** an hour of a connected member, without the conversation's own alarm */
    connectedHour(): CountedTime {
      const [wakeUps, , , written] = rowOf(benchmarks, HOUR, "| 10 | 10 |");
      return { wakeUps: (wakeUps - 1) / 10, rows: (written - 1) / 10 };
    },
    /** a day of a user with 50 conversations who is connected for its first hour */
    dayWithAnHour(): CountedTime {
      const [wakeUps, , , written] = rowOf(benchmarks, DAY, "| a user with 50 conversations");
      return { wakeUps, rows: written };
    },
  };
}

type Row = [number, number, number, number, number, number, number, number, ...number[]];

/** The numbers of the first row that begins like this, below the heading of its table. */
function rowOf(benchmarks: string, heading: string, start: string): Row {
  const [, after = ""] = benchmarks.split(heading);
  const line = after.split("\n").find((one) => one.startsWith(start));
  if (line === undefined) throw new Error(`docs/benchmarks/costs.md has no row ${start} below ${heading}`);
  const keys = start.split("|").filter((cell) => cell.trim() !== "").length;
  const cells = line.split("|").slice(1 + keys, -1);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = cells.map((cell) =>
    Number(cell.replaceAll(",", "")),
  );
  return [a, b, c, d, e, f, g, h];
}

function numbers(match: RegExpMatchArray | null, what: string): [number, number] {
  if (match === null)
    throw new Error(`docs/benchmarks/costs.md does not say the ${what} in these words any more`);
  return [Number(match[1]), Number(match[2] ?? 0)];
}
