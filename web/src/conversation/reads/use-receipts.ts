import { useEffect, useState } from "preact/hooks";
import { useAccount } from "../../state/context.ts";
import type { Receipts } from "./receipts.ts";

/**
 * Up to where each member of a conversation has read, as it is now; empty until it is known.
 * @param isNeeded false: nothing is asked for, and nobody is there
 */
export function useReceipts(id: number, isNeeded: boolean): Receipts {
  const { chat } = useAccount();
  const [receipts, setReceipts] = useState<Receipts>(new Map());
  useEffect(() => {
    if (!isNeeded) return;
    const ending = new AbortController();
    import("./receipts.ts").then(
      ({ followReceipts }) => followReceipts(chat, id, setReceipts, ending.signal),
      // The messages can be read without.
      () => {},
    );
    return () => ending.abort();
  }, [chat, id, isNeeded]);
  return receipts;
}
