import type { Ref } from "./ref.ts";

/** A user, a conversation or a space, in the path of a call. */
export function place(ref: Ref): { path: { ref: string; cref: string; sref: string } } {
  return { path: { ref: `${ref}`, cref: `${ref}`, sref: `${ref}` } };
}
