import { useEffect, useRef } from "preact/hooks";
import { openOverlay } from "../../lib/overlays.ts";

/** Lets Back close what is open over the page, as long as it is rendered. */
export function useOverlay(onClose: () => void): void {
  const latest = useRef(onClose);
  latest.current = onClose;
  useEffect(() => openOverlay(() => latest.current()), []);
}
