import { z } from "zod";

/** The states of a person, as the columns of the table in docs/design/moderation.md. */
export const STATES = [
  ...(["active", "suspended", "in the shadow", "muted", "banned", "deleted", "held"] as const),
];
export type State = (typeof STATES)[number];

/** What becomes of an act: others notice it, or nobody but the person, or it is refused. */
const Outcome = z.enum(["seen", "nobody", "refused"]);
export type Outcome = z.infer<typeof Outcome>;

/** Where others notice it. */
export const NOTICED_ON = ["sockets", "loads", "list", "hooks", "pushes", "bots", "exports"] as const;
export type NoticedOn = (typeof NOTICED_ON)[number];

/** A row of the table. */
export interface Row {
  noticedOn: NoticedOn[];
  outcomes: Record<State, Outcome>;
}

const HEADING = "### What a person causes";

const DOCUMENT = z.tuple([z.string()]).parse(
  Object.values(
    import.meta.glob("/docs/design/moderation.md", {
      ...{ eager: true, query: "?raw", import: "default" },
    }),
  ),
)[0];

const Places = z
  .string()
  .transform((text) => (text === "–" ? [] : text.split(", ")))
  .pipe(z.array(z.enum(NOTICED_ON)));

const Outcomes = z.record(z.enum(STATES), Outcome);

/** The rows of the table, by the way that each is about. */
export const TABLE: ReadonlyMap<string, Row> = new Map(
  (DOCUMENT.split(HEADING)[1]?.split("\n#")[0] ?? "").split("\n").flatMap((line) => {
    if (!line.startsWith("| ") || line.startsWith("| way ")) return [];
    const [way = "", places, ...cells] = line.slice("| ".length, -" |".length).split(" | ");
    const outcomes = Outcomes.parse(Object.fromEntries(STATES.map((state, i) => [state, cells[i]])));
    return [[way, { noticedOn: Places.parse(places), outcomes }] as const];
  }),
);
