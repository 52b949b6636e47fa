import type { ServerFrame } from "parley-client";
import { useChat } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { useAccount } from "./context.ts";
import { useLoaded } from "./use-loaded.ts";

/**
 * Something that is loaded whenever the connection is there, and again when a frame says that it has changed.
 * @returns what came last; undefined: nothing yet
 */
export function useLive<T>(load: () => Promise<T>, isAbout: (frame: ServerFrame) => boolean): T | undefined {
  const { chat } = useAccount();
  const isLive = useChat(chat, ({ connection }) => connection === "live");
  const last = useRef<T | undefined>(undefined);
  const { value = last.current, reload } = useLoaded(`${isLive}`, async () => {
    if (isLive) last.current = await load();
    return last.current;
  });
  const latest = useRef(isAbout);
  latest.current = isAbout;
  useEffect(() => chat.onFrame((frame) => latest.current(frame) && reload()), [chat, reload]);
  return value;
}
