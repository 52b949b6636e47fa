import { lazy } from "../../ui/lazy.tsx";

/** What bots say that is in no timeline. */
export const LiveMessages = lazy(async () => (await import("./live-messages.tsx")).LiveMessages, {
  isHint: true,
});
