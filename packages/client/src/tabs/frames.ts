import { trusted } from "../json.ts";

/** Behind every message, and every change. */
export const END = Number.MAX_SAFE_INTEGER;

/** The frame of a text; undefined: it is one of the bare words, `ping` or `pong`. */
export function parse<T>(text: string): T | undefined {
  return text[0] === "{" ? trusted<T>(text) : undefined;
}

interface Placed {
  readonly conversation_id: number;
  readonly seq: number;
}

/** What a frame may have of its place. */
interface Placeable {
  readonly type: string;
  readonly conversation_id?: number;
  readonly message?: Placed | undefined;
  readonly items?: readonly Partial<Placed>[];
}

/**
 * Where a frame belongs. `id`: the conversation; 0: none. `seq`: the last message that it brings; 0: it
 * brings none.
 */
export function placeOf({ type, conversation_id, message, items }: Placeable): { id: number; seq: number } {
  const last = message ?? (type === "changed" ? undefined : items?.at(-1));
  return { id: conversation_id ?? last?.conversation_id ?? 0, seq: last?.seq ?? 0 };
}
