import { useEffect } from "preact/hooks";
import { useAccount } from "../state/context.ts";

/** What could not be loaded is tried again after this time, in ms. */
const AGAIN = 10_000;

/** Tells of new messages while the page is open. The first start does not wait for its code. */
export function Notifier() {
  const { chat, me } = useAccount();
  useEffect(() => {
    let end: (() => void) | undefined;
    let timer = 0;
    let isOver = false;
    const since = Date.now();
    const begin = () =>
      import("./announce.ts").then(
        ({ announce }) => {
          if (!isOver) end = announce(chat, me, since);
        },
        () => {
          if (!isOver) timer = window.setTimeout(begin, AGAIN);
        },
      );
    void begin();
    return () => {
      isOver = true;
      clearTimeout(timer);
      end?.();
    };
  }, [chat, me]);
  return null;
}
