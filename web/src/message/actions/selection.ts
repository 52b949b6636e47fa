import { signal } from "@preact/signals";

/** The messages that the user has chosen, of one conversation. */
export interface Selection {
  /** the conversation */
  readonly id: number;
  readonly seqs: ReadonlySet<number>;
}

/** What the user has chosen; null: they choose nothing. */
export const selection = signal<Selection | null>(null);

/** Begins to choose with a message. */
export function select(id: number, seq: number): void {
  selection.value = { id, seqs: new Set([seq]) };
}

/** Adds a message to the chosen ones, or takes it away. */
export function toggle(seq: number): void {
  const { value: now } = selection;
  if (!now) return;
  const seqs = new Set(now.seqs);
  if (!seqs.delete(seq)) seqs.add(seq);
  selection.value = { ...now, seqs };
}
