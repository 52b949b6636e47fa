import type { ForeignNames } from "../../../src/domain/foreign/names.ts";
import type { Converted } from "./converted.ts";

/** Users and channels that a text names by their ids. */
export interface KnownNames {
  /** a user's external id and name; undefined: nobody knows them */
  user(id: string): { id: string; name: string } | undefined;
  channel(id: string): string | undefined;
}

/** The names in the texts of one message, which are told whom it mentions. */
export class TextNames implements ForeignNames {
  readonly #known: KnownNames;
  readonly #everybody: string;
  readonly #mentions = new Set<string>();
  #mentionsAll = false;

  /** @param everybody the word for everybody in messages here */
  constructor(known: KnownNames, everybody: string) {
    this.#known = known;
    this.#everybody = everybody;
  }

  user(id: string): string | undefined {
    const found = this.#known.user(id);
    if (found) this.#mentions.add(found.id);
    return found?.name;
  }

  channel(id: string): string | undefined {
    return this.#known.channel(id);
  }

  everybody(): string {
    this.#mentionsAll = true;
    return this.#everybody;
  }

  /** A text, with whom the message has mentioned so far. */
  converted(text: string): Converted {
    return { text, mentions: [...this.#mentions], mentionsAll: this.#mentionsAll };
  }
}
