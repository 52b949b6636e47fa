import { isInWord } from "../../../../src/domain/markup/words.ts";
import { ComparedText } from "../text/compared.ts";
import { comparisonForm, storedForm } from "../text/comparison.ts";

/** A name that may stand behind an `@`. */
export interface Mentioned {
  /** the user; 0: everybody */
  readonly id: number;
  readonly name: string;
  readonly isUsername: boolean;
}

/** What names everybody behind an `@`, in the languages of the page. */
const EVERYBODY: readonly Mentioned[] = ["all", "everyone", "所有人", "全体成员"].map((name) => ({
  ...{ id: 0, name, isUsername: false },
}));

/** The text that was asked about last. */
let last: ComparedText | undefined;

/**
 * The names that may stand behind an `@`. Case and accents do not count, and the longest name is meant. One
 * name of several users means everybody, then who has it letter by letter, then who has it as username; a
 * nickname of several means nobody.
 */
export class Names {
  readonly #byForm = new Map<string, Mentioned[]>();
  /** the lengths of the forms, the longest first */
  readonly #lengths: readonly number[];

  constructor(named: readonly Mentioned[]) {
    for (const one of named) {
      const form = comparisonForm(one.name);
      const alike = this.#byForm.get(form);
      if (alike) alike.push(one);
      else if (form !== "") this.#byForm.set(form, [one]);
    }
    this.#lengths = [...new Set([...this.#byForm.keys()].map(({ length }) => length))].sort((a, b) => b - a);
  }

  /** Who is named at a place of a text. `to`: where the name ends */
  at(source: string, from: number): { id: number; to: number } | undefined {
    // A text is asked about at each of its signs.
    if (last?.text !== source) last = new ComparedText(source);
    const text = last;
    const begin = text.at(from);
    if (begin < 0) return undefined;
    for (const length of this.#lengths) {
      const named = this.#byForm.get(text.form.slice(begin, begin + length));
      if (!named) continue;
      const { to } = text.part(begin, begin + length);
      // The form may end within a piece. A name ends with its line.
      const isWhole = text.at(to) === begin + length || to === source.length;
      const name = source.slice(from, to);
      if (!isWhole || isInWord(source, to) || /[\r\n]/.test(name)) continue;
      const id = meant(named, storedForm(name));
      if (id !== undefined) return { id, to };
    }
    return undefined;
  }
}

/** Which user a name means that several have. */
function meant(named: readonly Mentioned[], source: string): number | undefined {
  const exact = named.filter(({ name }) => name === source);
  const isUsername = (one: Mentioned) => one.isUsername;
  const everybody = named.find(({ id }) => id === 0);
  const username = exact.find(isUsername) ?? (exact.length > 0 ? undefined : named.find(isUsername));
  const alike = exact.length > 0 ? exact : named;
  const isOneUser = alike.every(({ id }) => id === alike[0]?.id);
  return (everybody ?? username ?? (isOneUser ? alike[0] : undefined))?.id;
}

/** The names of users, and of everybody where `mentions` says so. */
export function namesOf(users: readonly NamedUser[], isForAll: boolean): Names {
  const named = users.flatMap(({ id, username, nickname }) => [
    { id, name: username, isUsername: true },
    { id, name: nickname, isUsername: false },
  ]);
  return new Names(isForAll ? [...EVERYBODY, ...named] : named);
}

/** A user by their names. */
export interface NamedUser {
  readonly id: number;
  readonly username: string;
  readonly nickname: string;
}
