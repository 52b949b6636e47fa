import type { ConversationEntry } from "parley-client";
import { nextEnd } from "parley-client/attention";
import { useEffect, useState } from "react";

/** The clock is looked at this often at least, in ms: while a machine sleeps its timers stand still. */
const LOOK = 60_000;

/** The time now, in ms since 1970. It is drawn anew when the next mute of these conversations ends. */
export function useMutes(entries: readonly ConversationEntry[]): number {
  const now = Date.now();
  const [, setEnds] = useState(0);
  const end = nextEnd(entries, now);
  useEffect(() => {
    if (end === Infinity) return;
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      const rest = end - Date.now();
      if (rest <= 0) setEnds((count) => count + 1);
      else timer = setTimeout(look, Math.min(rest, LOOK));
    };
    look();
    return () => clearTimeout(timer);
  }, [end]);
  return now;
}
