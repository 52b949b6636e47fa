import { signal } from "@preact/signals";
import { wasOverlay, whenStill } from "../lib/overlays.ts";
import { href, parseAddress, type Route } from "./address.ts";

export { href, type Panel, type Route } from "./address.ts";

/** What the page shows now. */
export const route = signal<Route>(parseAddress(location.hash));
// A link to the address of now is followed, too: to a message that the user has scrolled away from.
addEventListener("popstate", ({ state }) => {
  // Chromium leaves the state of the entry that such a link replaces.
  if (state === null && history.state !== null) history.replaceState(null, "");
  if (!wasOverlay()) route.value = parseAddress(location.hash);
});

/** Shows something else. @param options `replace`: the way back does not lead to what is shown now */
export function go(to: Route, { replace = false }: { replace?: boolean } = {}): void {
  const hash = href(to);
  whenStill(() => {
    if (replace || hash === location.hash) {
      history.replaceState(null, "", hash);
      route.value = to;
    } else location.hash = hash;
  });
}
