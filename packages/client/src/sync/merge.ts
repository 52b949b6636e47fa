import type { Message, MessagePart } from "../types.ts";

/** The length of a quote's preview, in characters. */
const PREVIEW_LENGTH = 100;

/** A message, which quotes another if its kind can. */
type Quoting = Pick<Message, "seq"> & Pick<Extract<Message, { kind: "text" }>, "quote">;

/** A message, or what has changed of one whose body is known. */
export type State = Message | MessagePart;

/**
 * Two states of one message: the one with the higher `rev`. What is the user's own (`mine`, `votes`) and the
 * body may be absent in a state, which says that the other one is right.
 */
export function merge(next: Message, known: State | undefined): Message;
export function merge(next: State, known: Message): Message;
export function merge(next: State, known: State | undefined): State;
export function merge(next: State, known: State | undefined): State {
  if (!known) return next;
  if (known.rev > next.rev) return merge(known, next as Message);
  const { mine, votes, body }: Absent = known;
  return { ...(mine && { mine }), ...(votes && { votes }), ...(body && { body }), ...next } as State;
}

/** What may be absent in a state. */
interface Absent {
  mine?: string[] | undefined;
  votes?: number[] | undefined;
  body?: Message["body"] | undefined;
}

/** The `seq` of the message that a message quotes. */
export function quotedBy(message: Message): number | undefined {
  return (message as Quoting).quote?.seq;
}

/**
 * A message that quotes another, which is now this one; the same object if its preview is right. A quote
 * shows the first characters of the text, as the server cuts them.
 */
export function requote(message: Message, { seq, body }: State): Message {
  const { quote }: Quoting = message;
  if (quote?.seq !== seq || !body) return message;
  const { text, question, caption, name, title }: Partial<Record<string, unknown>> = body;
  const shown = [...String(text ?? question ?? (caption || name) ?? title ?? "")];
  const preview = shown.slice(0, PREVIEW_LENGTH).join("");
  const requoted = { ...message, quote: { ...quote, preview } };
  return preview === quote.preview ? message : requoted;
}

/** A message whose quoted message the user has hidden. */
export function unquote(message: Message, hidden: number): Message {
  if (quotedBy(message) !== hidden) return message;
  const { quote: _, ...rest }: Quoting & Message = message;
  return rest;
}
