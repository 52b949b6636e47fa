import { createHash } from "node:crypto";

/** UTF-16 units of an external id; code points are fewer. */
const MAX_LENGTH = 128;
const HASH_LENGTH = 32;

/**
 * The external ids of one origin: `slack:T123:U456`. Control characters are left out. An id that is too long
 * ends with a hash, so that one user or message has the same id in every import.
 */
export class Ids {
  readonly #origin: string;
  readonly #prefix: string;

  /**
   * @param workspace the id of the workspace, server or app, unless the origin's ids are unique by
   * themselves
   */
  constructor(origin: string, workspace?: string) {
    this.#origin = origin;
    this.#prefix = workspace ? `${origin}:${workspace}:` : `${origin}:`;
  }

  /** The external id of a user, a conversation or a file. */
  of(id: string): string {
    return fitting(this.#prefix + id);
  }

  /** The external id of a message, which is unique in its conversation alone. */
  ofMessage(id: string): string {
    return fitting(`${this.#origin}:${id}`);
  }
}

/** An id as `ExternalId` takes it. */
export function fitting(id: string): string {
  const plain = id.toWellFormed().replace(/\p{Cc}/gu, "");
  if (plain.length <= MAX_LENGTH) return plain;
  const hash = createHash("sha256").update(plain).digest("hex").slice(0, HASH_LENGTH);
  return `${plain.slice(0, MAX_LENGTH - HASH_LENGTH - 1).toWellFormed()}~${hash}`;
}
