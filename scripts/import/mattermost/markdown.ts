import { fromMarkdown as fromAnyMarkdown } from "../../../src/domain/foreign/markdown.ts";
import type { Converted } from "../text/converted.ts";

/** A username behind an `@`, as Mattermost has them; a full stop behind it is no part of it. */
const MENTION = /(?<![\p{L}\p{N}@/._-])@([a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])/giu;
const EVERYBODY = new Set(["all", "channel", "here"]);

/** The texts of one post, whose usernames become names here, and whom they mention. */
export class PostTexts {
  readonly #user: (name: string) => { id: string; name: string } | undefined;
  readonly #mentions = new Set<string>();
  #mentionsAll = false;

  /** @param user the external id and the name of a username */
  constructor(user: (name: string) => { id: string; name: string } | undefined) {
    this.#user = user;
  }

  /**
   * The Markdown of Mattermost as that of messages here.
   * @see https://docs.mattermost.com/collaborate/format-messages.html
   */
  read(source: string): string {
    return fromAnyMarkdown(source, (part) =>
      part.replace(MENTION, (all: string, word: string) => this.#name(all, word)),
    );
  }

  /** A text, with whom the post has mentioned so far. */
  converted(text: string): Converted {
    return { text, mentions: [...this.#mentions], mentionsAll: this.#mentionsAll };
  }

  #name(all: string, word: string): string {
    if (EVERYBODY.has(word.toLowerCase())) {
      this.#mentionsAll = true;
      return "@all";
    }
    const found = this.#user(word.toLowerCase());
    if (!found) return all;
    this.#mentions.add(found.id);
    return `@${found.name}`;
  }
}
