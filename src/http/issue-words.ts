import type { z } from "zod";

/** The correction of a missing value. */
export const MISSING = "must be there";

/** What a value must be, by zod's names of types. */
const NOUNS: Record<string, string> = {
  ...{ string: "a string", number: "a number", int: "an integer", boolean: "true or false" },
  ...{ array: "an array", object: "an object", record: "an object", null: "null" },
};

/**
 * The correction of an invalid value, for people: what zod would say is about schemas. A schema with an error
 * of its own keeps it.
 */
export function issueInWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${NOUNS[issue.expected] ?? `of the type ${issue.expected}`}`;
    case "invalid_value":
      return `must be ${issue.values.map(String).join(", ")}`.replace(/, ([^,]*)$/, " or $1");
    case "too_small":
      return `must ${bound(issue.origin, "at least", issue.minimum)}`;
    case "too_big":
      return `must ${bound(issue.origin, "at most", issue.maximum)}`;
    case "invalid_union":
    case "invalid_format":
      return "has an invalid form";
    default:
      return undefined;
  }
}

function bound(origin: string, word: string, limit: number | bigint): string {
  if (origin === "string") return `have ${word} ${limit} characters`;
  if (origin === "array" || origin === "set") return `have ${word} ${limit} items`;
  return `be ${word} ${limit}`;
}
