/** Whom and what a text of another system names by ids. */
export interface ForeignNames {
  /** the name of a user, told each time; undefined: nobody knows the id */
  user(id: string): string | undefined;
  channel(id: string): string | undefined;
  /** everybody is named, by a word as `here`. @returns the word that is shown */
  everybody(word: string): string;
}

/** Of who posts from outside: nobody is known, and nobody is called. */
export const NO_NAMES: ForeignNames = {
  user: () => undefined,
  channel: () => undefined,
  everybody: (word) => word,
};
