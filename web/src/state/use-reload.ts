import type { ServerFrame } from "parley-client";
import { useEffect, useRef } from "preact/hooks";
import { useAccount } from "./context.ts";

/**
 * Loads something anew when a frame says that it has changed, and when the connection is back: the server
 * does not repeat the frames that it sent meanwhile.
 */
export function useReload(reload: () => void, isAbout: (frame: ServerFrame) => boolean): void {
  const { chat } = useAccount();
  const latest = useRef({ reload, isAbout });
  latest.current = { reload, isAbout };
  useEffect(
    () =>
      chat.onFrame((frame) => {
        // A `ready` of a room socket names its conversation.
        const isBack = frame.type === "ready" && !("conversation_id" in frame);
        if (isBack || latest.current.isAbout(frame)) latest.current.reload();
      }),
    [chat],
  );
}
