import type { Ref } from "./ref.ts";

/** A user or a conversation, in the path of a call. */
export function place(ref: Ref): { path: { ref: string; cref: string } } {
  return { path: { ref: `${ref}`, cref: `${ref}` } };
}
