import text from "./bot-api.txt?raw";

/** A field of an object: its types, and whether it is always there. */
interface Field {
  types: string[];
  isRequired: boolean;
}

const OBJECTS = new Map<string, Map<string, Field>>();
/** Types that are one of others. */
const UNIONS = new Map<string, string[]>();
/** What each method answers. */
const ANSWERS = new Map<string, string[]>();

for (const line of text.split("\n")) {
  const [name = "", ...rest] = line.split(" ");
  if (name === "#" || name === "") continue;
  if (name.endsWith("()")) ANSWERS.set(name.slice(0, -2), rest.join("").split("|"));
  else if (rest[0] === "=") UNIONS.set(name, rest.slice(1).join("").split("|"));
  else OBJECTS.set(name.slice(0, -1), fieldsIn(rest));
}

function fieldsIn(written: string[]): Map<string, Field> {
  return new Map(
    written.map((one) => {
      const [, name = "", sign, types = ""] = /^(\w+)([!?])(.+)$/.exec(one) ?? [];
      return [name, { types: types.split("|"), isRequired: sign === "!" }];
    }),
  );
}

/** The names of all methods of the API. */
export const METHOD_NAMES: readonly string[] = [...ANSWERS.keys()];

/** What an answer of a method lacks, or has that the document of the API does not know. */
export function flawsOfAnswer(method: string, result: unknown): string[] {
  const name = METHOD_NAMES.find((one) => one.toLowerCase() === method.toLowerCase());
  return name === undefined ? [] : flaws(ANSWERS.get(name) ?? [], result, name);
}

/** The same of an update. */
export function flawsOfUpdate(update: unknown): string[] {
  return flaws(["Update"], update, "update");
}

/** The flaws of a value by that of its types which it is most like. */
function flaws(types: string[], value: unknown, path: string): string[] {
  const all = types.flatMap((type) => UNIONS.get(type) ?? [type]);
  const found = all.map((type) => flawsBy(type, value, path));
  return found.toSorted((one, other) => one.length - other.length)[0] ?? [];
}

function flawsBy(type: string, value: unknown, path: string): string[] {
  const wrong = [`${path}: ${JSON.stringify(value)} is no ${type}`];
  const [, inner] = /^\[(.+)\]$/.exec(type) ?? [];
  if (inner !== undefined) {
    if (!Array.isArray(value)) return wrong;
    return value.flatMap((item, i) => flaws([inner], item, `${path}[${i}]`));
  }
  if (type === "Integer") return Number.isSafeInteger(value) ? [] : wrong;
  if (type === "Float") return typeof value === "number" ? [] : wrong;
  if (type === "String") return typeof value === "string" ? [] : wrong;
  if (type === "Boolean") return typeof value === "boolean" ? [] : wrong;
  if (type === "True") return value === true ? [] : wrong;
  const fields = OBJECTS.get(type);
  if (!fields) return [`${path}: ${type} is not in the table`];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong;
  return [
    ...[...fields].flatMap(([name, { isRequired }]) =>
      isRequired && Reflect.get(value, name) === undefined ? [`${path}.${name} is missing`] : [],
    ),
    ...Object.entries(value).flatMap(([name, inside]) => {
      const field = fields.get(name);
      if (!field) return [`${path}.${name} is no field of ${type}`];
      // Libraries and people take an empty name for none.
      if (name === "first_name" && inside === "") return [`${path}.first_name is empty`];
      return flaws(field.types, inside, `${path}.${name}`);
    }),
  ];
}
