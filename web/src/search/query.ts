/** The kinds of messages that a search can be about. */
export const KINDS = ["image", "video", "audio", "file", "location", "poll"] as const;
type SearchedKind = (typeof KINDS)[number];

/** What a search is narrowed down by. Days are written as 2026-11-26; both belong to the time. */
export interface Filters {
  /** the id of who has sent it */
  from?: number;
  /** the id of a conversation */
  in?: number;
  after?: string;
  before?: string;
  has?: SearchedKind;
}
export type Filter = keyof Filters;
export const FILTERS = ["from", "in", "after", "before", "has"] as const satisfies Filter[];

/** A search: what stands in its field, and the chips beside it. */
export interface Query {
  text: string;
  filters: Filters;
}

/** A filter that is complete: ids behind `#`, as addresses have them. What follows it shows that it is. */
const COMPLETE = /(?<=^|\s)(from|in|after|before|has)[:：](\S+)\s+/giu;
/** A filter that the user is writing. */
const BEGUN = /(?<=^|\s)(from|in|after|before|has)[:：]([^:：]*)$/iu;
const DAY = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/;

/** Reads what was written, and takes the filters out of it. */
export function parseQuery(written: string): Query {
  const filters: Filters = {};
  const text = written.replace(COMPLETE, (whole: string, name: string, value: string) => {
    const filter = FILTERS.find((one) => one === name.toLowerCase());
    return filter && set(filters, filter, value) ? "" : whole;
  });
  return { text, filters };
}

/** Writes a search, so that it is read again as it is. */
export function formatQuery({ text, filters }: Query): string {
  const written = FILTERS.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : `${name}:${typeof value === "number" ? "#" : ""}${value} `;
  });
  return written.join("") + text;
}

/** The filter that the user is writing at the end of the text, and what they have written of it. */
export function begunFilter(text: string): { filter: Filter; value: string; before: string } | null {
  const found = BEGUN.exec(text);
  const filter = FILTERS.find((one) => one === found?.[1]?.toLowerCase());
  return found && filter
    ? { filter, value: found[2]?.trimStart() ?? "", before: text.slice(0, found.index) }
    : null;
}

/** The day that somebody has written, as 2026-11-26; null: it is none. */
export function readDay(written: string): string | null {
  const [, year = "", month = "", day = ""] = DAY.exec(written.trim()) ?? [];
  const iso = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${iso}T00:00`);
  // 30 February would be a day in March.
  return date.getDate() === Number(day) ? iso : null;
}

/** When a day begins here, in ms since 1970. @param later by so many days */
export function beginOf(day: string, later = 0): number {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).getTime();
}

function set(filters: Filters, filter: Filter, value: string): boolean {
  switch (filter) {
    case "from":
    case "in": {
      const id = /^#([1-9]\d{0,15})$/.exec(value)?.[1];
      if (id) filters[filter] = Number(id);
      return id !== undefined;
    }
    case "after":
    case "before": {
      const day = readDay(value);
      if (day) filters[filter] = day;
      return day !== null;
    }
    case "has": {
      const kind = KINDS.find((one) => one === value.toLowerCase());
      if (kind) filters.has = kind;
      return kind !== undefined;
    }
  }
}
