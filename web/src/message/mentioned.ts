import { signal } from "@preact/signals";
import type { Message } from "parley-client";
import type { Names } from "parley-react/markup";
import { useMentioned } from "parley-react/message";
import { useAccount } from "../state/context.ts";

type Read = (names: readonly Names[], message: Message) => readonly Names[];

/** Adds the names of the roles that a message mentions. @see ../spaces/roles/mentioned.ts */
export const inRoles = signal<Read>((names) => names);

/** What may stand behind an `@` of a message. @param text what of it may name somebody */
export function useNames(message: Message, text: string): readonly Names[] {
  return inRoles.value(useMentioned(useAccount(), message, text), message);
}
