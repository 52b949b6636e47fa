import type { ConversationWindow } from "parley-client";
import type { Pilot } from "parley-react/timeline";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Route, route } from "../../state/router.ts";
import { forgetPlace, savedPlace } from "./saved-place.ts";

/**
 * Leads the timeline where the address says: to a message, or to the newest ones; and where the user was,
 * when they come back by the browser's history.
 */
export function useNavigation(pilot: Pilot, window: ConversationWindow | undefined): void {
  const now = route.value;
  const before = useRef<Route | undefined>(undefined);
  useLayoutEffect(() => {
    if (!window || now.view !== "conversation") return;
    const from = before.current;
    before.current = now;
    forgetPlace();
    const saved = savedPlace();
    const fromAt = from?.view === "conversation" ? from.at : undefined;
    // A panel that opens or closes leaves the timeline where it is.
    const isPanel = from?.view === "conversation" && fromAt === now.at && !isRepeated(from, now);
    if (isPanel || now === from) return;
    if (saved) pilot.goTo({ to: "row", ...saved, isHighlighted: false }, window);
    else if (now.at) pilot.goTo({ to: "row", seq: now.at, offset: "centre", isHighlighted: true }, window);
    else if (from) pilot.goTo({ to: "end" }, window);
  }, [pilot, window, now]);
}

/** Whether the user has asked for the same address once more. */
function isRepeated(from: Route, now: Route): boolean {
  return now.view === "conversation" && now.at !== undefined && JSON.stringify(from) === JSON.stringify(now);
}
