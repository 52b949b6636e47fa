import { tim } from "../contract.ts";
import { ACTIONS, ENDINGS, KINDS, ROLES, TABLE } from "./rights.ts";

const WHO = { anybody: "anybody", user: "users", member: "members" };

/** A call and the code of its answer, by the name of the example. */
export type Example = [name: string, { path: string; code: number }];

/** The parts of the document in its order: each is a file of examples. */
export const AREAS = [
  ...["users", "drafts", "messages", "conversations", "groups", "applications", "members"],
  ...["friends", "sent", "kept", "communities"],
];

/** The codes of each call that has examples, in their order. */
function codesByCall(examples: Example[]): Map<string, number[]> {
  const codes = new Map<string, Set<number>>();
  for (const [, { path, code }] of examples) codes.set(path, (codes.get(path) ?? new Set()).add(code));
  return new Map([...codes].map(([call, all]) => [call, [...all].sort((a, b) => a - b)]));
}

/**
 * The Markdown tables of CALLS.md: each call with its callers, the example of its success and of each code,
 * and the rights in each kind of group.
 * @throws an Error if a cell is empty
 */
export function callsTable(examples: Example[]): string {
  const rows = [...codesByCall(examples)].map(([call, codes]) => {
    const displayed = (code: number) => {
      const names = examples.filter(([, example]) => example.path === call && example.code === code);
      return filled(names.map(([name]) => name).join(", "), `${call} ${code}`);
    };
    const failures = codes.filter((code) => code !== 0).map((code) => `${code}: ${displayed(code)}`);
    const succeeds = codes.includes(0) ? displayed(0) : "never";
    return [call, whoMay(call), succeeds, filled(failures.join("; "), `the failures of ${call}`)];
  });
  const rights = [...ACTIONS, ...ENDINGS].map((action) => [
    action,
    ...KINDS.map((kind) => {
      const allowed = ROLES.filter((_, at) => TABLE[action][kind]?.[at] === 0);
      return allowed.length > 0 ? allowed.join(", ") : "nobody";
    }),
  ]);
  return [
    "# Every call of `tim`, and who may",
    "",
    "The tests play each row, and write this table: the names are those of their examples. `users`: whoever has",
    "a token; `members`: who is in the conversation, and there whom the second table has.",
    "",
    ...table(["call", "who", "succeeds", "fails with"], rows),
    "",
    "What `matrix.test.ts` walks through in each kind of group; `v1`: one that was made over another API.",
    "",
    ...table(["what", ...KINDS], rights),
    "",
  ].join("\n");
}

/** What no contract can play: a call that ends its session, and calls that never succeed. */
const WITHOUT_ROWS = [
  ...["/user/logout", "/message/translateText", "/message/convertVoiceToText"],
  ...["set", "get", "delete"].map((act) => `/message/${act}MessageExtensions`),
];

function whoMay(call: string): string {
  if (WITHOUT_ROWS.includes(call)) return WHO.user;
  const audiences = tim.calls.filter(({ path }) => path === call).map(({ who }) => WHO[who]);
  return filled([...new Set(audiences)].join(", "), `who may ${call}`);
}

function filled(text: string, what: string): string {
  if (text === "") throw new Error(`nothing shows ${what}`);
  return text;
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
