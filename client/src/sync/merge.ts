import type { Message } from "../types.ts";

/** The length of a quote's preview, in characters. */
const PREVIEW_LENGTH = 100;

/** A message, which quotes another if its kind can. */
type Quoting = Pick<Message, "seq"> & Pick<Extract<Message, { kind: "text" }>, "quote">;

/**
 * Two states of one message: the one with the higher `rev`. What is the user's own (`mine`, `votes`) may be
 * absent in a state, which says that the other one is right.
 */
export function merge(next: Message, known: Message | undefined): Message {
  if (!known) return next;
  const [newer, older] = next.rev >= known.rev ? [next, known] : [known, next];
  const { mine, votes }: { mine?: string[]; votes?: number[] } = older;
  return { ...(mine && { mine }), ...(votes && { votes }), ...newer };
}

/** The `seq` of the message that a message quotes. */
export function quotedBy(message: Message): number | undefined {
  const { quote }: Quoting = message;
  return quote?.seq;
}

/** A message that quotes another, which is now this one; the same object if its preview is right. */
export function requote(message: Message, quoted: Message): Message {
  const { quote }: Quoting = message;
  if (quote?.seq !== quoted.seq) return message;
  const preview = previewOf(quoted);
  const requoted = { ...message, quote: { ...quote, preview } };
  return preview === quote.preview ? message : requoted;
}

/** A message whose quoted message the user has hidden. */
export function unquote(message: Message, hidden: number): Message {
  if (quotedBy(message) !== hidden) return message;
  const { quote: _, ...rest }: Quoting & Message = message;
  return rest;
}

/** What a quote shows of a message: the first characters of its text, as the server cuts them. */
function previewOf({ body }: Message): string {
  const { text, question, caption, name, title }: Partial<Record<string, unknown>> = body;
  const shown = text ?? question ?? (caption || name) ?? title;
  return typeof shown === "string"
    ? [...shown.slice(0, 2 * PREVIEW_LENGTH)].slice(0, PREVIEW_LENGTH).join("")
    : "";
}
