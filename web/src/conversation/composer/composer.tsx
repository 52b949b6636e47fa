import type { ConversationWindow } from "parley-client";
import { lazy } from "../../ui/lazy.tsx";
import { useClosed } from "./use-closed.ts";
import { Writer } from "./writer.tsx";

const Unblock = lazy(async () => (await import("./unblock.tsx")).Unblock);

interface Props {
  id: number;
  /** what the conversation is called */
  name: string;
  window: ConversationWindow;
  /** the root of the thread that it writes to; absent: the conversation itself */
  thread?: number | undefined;
}

/** Where the user writes the next message, or why they may not. */
export function Composer({ id, name, window, thread = 0 }: Props) {
  const closed = useClosed(id, thread);
  if (!closed) return <Writer key={`${id} ${thread}`} {...{ id, name, window, thread }} />;
  const { text, blocked } = closed;
  return (
    <p class="composer-closed">
      {text} {blocked !== undefined && <Unblock id={blocked} />}
    </p>
  );
}
