import { useEffect } from "preact/hooks";
import { useAccount } from "../state/context.ts";

/** Tells of new messages while the page is open. The first start does not wait for its code. */
export function Notifier() {
  const { chat, me } = useAccount();
  useEffect(() => {
    let end: (() => void) | undefined;
    let isOver = false;
    const since = Date.now();
    import("./announce.ts").then(
      ({ announce }) => {
        if (!isOver) end = announce(chat, me, since);
      },
      // The server has another build by now: the page works without.
      () => {},
    );
    return () => {
      isOver = true;
      end?.();
    };
  }, [chat, me]);
  return null;
}
