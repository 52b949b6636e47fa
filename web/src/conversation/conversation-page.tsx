import { useComputed } from "@preact/signals";
import { useChat, useConversationWindow } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { isChannel, titleOf } from "../group/rights.ts";
import { selection } from "../message/actions/selection.ts";
import { useAccount } from "../state/context.ts";
import { go, route } from "../state/router.ts";
import { lazy } from "../ui/lazy.tsx";
import { Boundary } from "../ui/missing/boundary.tsx";
import { Beside } from "./beside.tsx";
import { Composer } from "./composer/composer.tsx";
import { ConversationHeader } from "./header.tsx";
import { LiveMessages } from "./live/lazy.ts";
import { Timeline } from "./timeline/timeline.tsx";
import { TypingLine } from "./typing-line.tsx";

const PinBar = lazy(async () => (await import("./panels/pin-bar.tsx")).PinBar, { isHint: true });
const ScheduledLine = lazy(async () => (await import("./scheduled/scheduled-line.tsx")).ScheduledLine, {
  isHint: true,
});
const GonePage = lazy(async () => (await import("./gone-page.tsx")).GonePage);
const SelectionBar = lazy(async () => (await import("../message/actions/selection-bar.tsx")).SelectionBar);

/** A conversation: who is in it, its messages, the field for the next one, and what stands beside it. */
export function ConversationPage({ id }: { id: number }) {
  const { chat } = useAccount();
  const entry = useChat(chat, (state) => state.conversation(id));
  // Who is removed while it is on screen goes on seeing what it was called.
  const last = useRef(entry);
  last.current = entry ?? last.current;
  const [view, window] = useConversationWindow(chat, id);
  const section = useRef<HTMLElement>(null);
  useEffect(() => window?.focus(), [window]);
  // The user has deleted it, here or on another device: a direct conversation goes in no other way.
  useEffect(() => {
    if (!entry && last.current?.kind === "direct") go({ view: "home" }, { replace: true });
  }, [entry]);
  const isChoosing = useComputed(() => selection.value?.id === id).value;
  const now = route.value;
  const isGone = !entry && last.current !== undefined;
  const hasPanel = !isGone && now.view === "conversation" && (now.panel ?? now.thread) !== undefined;
  const name = last.current ? titleOf(last.current) : "";
  // Who follows a channel no more may still look at it.
  if (last.current ? isGone && isChannel(last.current) : view.problem?.code === "not_found")
    return <GonePage id={id} />;
  return (
    <div class="conversation-view" data-beside={hasPanel}>
      <section
        ref={section}
        class="conversation"
        aria-label={name}
        onKeyDown={(event) => {
          const { key, target, defaultPrevented } = event;
          // Out of the timeline, back to the field.
          if (key !== "Escape" || defaultPrevented || !(target instanceof Element)) return;
          if (!target.closest(".messages") || target.closest("dialog, [popover], input, textarea")) return;
          event.preventDefault();
          section.current?.querySelector<HTMLElement>(".composer textarea")?.focus();
        }}
      >
        <ConversationHeader id={id} name={name} entry={last.current} isGone={!entry} />
        {!isGone && entry && <PinBar id={id} />}
        <Boundary>
          <Timeline id={id} view={view} window={window} />
        </Boundary>
        {isChoosing && <SelectionBar id={id} />}
        <LiveMessages id={id} />
        <TypingLine id={id} />
        {!isGone && <ScheduledLine id={id} />}
        <Boundary>{window && <Composer key={id} id={id} name={name} window={window} />}</Boundary>
      </section>
      {!isGone && (
        <Boundary of={now}>
          <Beside id={id} />
        </Boundary>
      )}
    </div>
  );
}
