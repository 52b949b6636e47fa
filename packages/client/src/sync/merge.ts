import type { Message, MessagePart } from "../types.ts";

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
 * A message that quotes another, which is now this one. A quote of one that is neither edited nor revoked is
 * as the server shows it; of another one it has the whole text: what that shows is not known here.
 */
export function requote(message: Message, { seq, body, version, revoked }: State): Message {
  const { quote }: Quoting = message;
  if (quote?.seq !== seq || !body || (version < 2 && !revoked)) return message;
  const { text, caption, name }: Partial<Record<string, unknown>> = body;
  const preview = String(text ?? (caption || name) ?? "");
  const requoted = { ...message, quote: { ...quote, preview } };
  return preview === quote.preview ? message : requoted;
}

/** A message whose quoted message the user has hidden. */
export function unquote(message: Message, hidden: number): Message {
  if (quotedBy(message) !== hidden) return message;
  const { quote: _, ...rest }: Quoting & Message = message;
  return rest;
}
