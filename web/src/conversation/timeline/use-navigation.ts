import type { Pilot, TimelineWindow } from "parley-react/timeline";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Route, route } from "../../state/router.ts";
import { forgetPlace, savedPlace } from "./saved-place.ts";

/**
 * Leads the timeline where the address says: to a message, or to the newest ones; and where the user was,
 * when they come back by the browser's history.
 * @param isViewed nothing is unread, as the list cannot tell
 */
export function useNavigation(pilot: Pilot, window: TimelineWindow | undefined, isViewed?: boolean): void {
  const now = route.value;
  const before = useRef<Route | undefined>(undefined);
  useLayoutEffect(() => {
    if (!window || now.view !== "conversation") return;
    const from = before.current;
    before.current = now;
    forgetPlace();
    const saved = savedPlace();
    // A panel that opens or closes leaves the timeline where it is, the same address once more does not.
    const isRepeated = now.at && JSON.stringify(from) === JSON.stringify(now);
    const isPanel = from?.view === "conversation" && from.at === now.at && !isRepeated;
    if (isPanel || now === from) return;
    if (saved) pilot.goTo({ to: "row", ...saved, isHighlighted: false }, window);
    else if (now.at) pilot.goTo({ to: "row", seq: now.at, offset: "centre", isHighlighted: true }, window);
    else if (from || isViewed) pilot.goTo({ to: "end" }, window);
  }, [pilot, window, now]);
}
