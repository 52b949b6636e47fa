import { route } from "../state/router.ts";
import { lazy } from "../ui/lazy.tsx";

const InfoPanel = lazy(async () => (await import("../group/info-panel.tsx")).InfoPanel);
const PinsPanel = lazy(async () => (await import("./panels/pins-panel.tsx")).PinsPanel);
const MediaPanel = lazy(async () => (await import("./panels/media-panel.tsx")).MediaPanel);
const ThreadPanel = lazy(async () => (await import("./thread/thread-panel.tsx")).ThreadPanel);
const ThreadsPanel = lazy(async () => (await import("./thread/threads-panel.tsx")).ThreadsPanel);

/** What the address asks for beside a conversation. */
export function Beside({ id }: { id: number }) {
  const now = route.value;
  if (now.view === "conversation" && now.thread)
    return <ThreadPanel key={now.thread} id={id} root={now.thread} />;
  switch (now.view === "conversation" && now.panel) {
    case "info":
      return <InfoPanel id={id} />;
    case "threads":
      return <ThreadsPanel id={id} />;
    case "media":
      return <MediaPanel id={id} />;
    case "pins":
      return <PinsPanel id={id} />;
    default:
      return null;
  }
}
