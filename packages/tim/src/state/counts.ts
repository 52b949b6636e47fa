/** What the unread count of a conversation is made of. */
interface Count {
  /** the sequence up to which messages were taken */
  last: number;
  /** the sequence as of which the server has said the count */
  base: number;
  /** the messages behind it that count */
  since: number[];
}

/**
 * The unread counts between two answers of the server. Each thing that the server says of a count is as of a
 * message: what is older than the last such thing is left out, and what came later is added.
 */
export class Counts {
  readonly #counts = new Map<string, Count>();

  /** Whether a message is behind those that were taken. */
  isNew(ID: string, sequence: number): boolean {
    return sequence > this.last(ID);
  }

  last(ID: string): number {
    return this.#counts.get(ID)?.last ?? 0;
  }

  /** The server has said the count as of a message. */
  begin(ID: string, sequence: number): void {
    this.#counts.set(ID, { last: sequence, base: sequence, since: [] });
  }

  /** A message has come. */
  receive(ID: string, sequence: number, isCounted: boolean): void {
    const { base, since } = this.#counts.get(ID) ?? { base: 0, since: [] };
    this.#counts.set(ID, { last: sequence, base, since: isCounted ? [...since, sequence] : since });
  }

  /** @returns the count now, from that as of a message; null: a newer one is known */
  asOf(ID: string, sequence: number, count: number): number | null {
    const known = this.#counts.get(ID);
    if (!known) return count;
    if (sequence < known.base) return null;
    known.base = sequence;
    known.since = known.since.filter((one) => one > sequence);
    return count + known.since.length;
  }

  clear(): void {
    this.#counts.clear();
  }
}
