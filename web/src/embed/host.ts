import type { Chat, ChatState } from "parley-client";
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import type { ParleyEventMap, ParleyUnread } from "../../public/embed.d.ts";

/** The element around the views. */
export interface Host {
  readonly chat: Chat;
  /** the origin of the server, whose pictures are shown */
  readonly origin: string;
  /** what stands in the fields, by conversation and thread: a field that is shown again has it */
  readonly kept: Map<string, { readonly text: string; readonly files: readonly File[] }>;
  /** Tells the page. */
  tell<Name extends keyof ParleyEventMap>(name: Name, detail: ParleyEventMap[Name]["detail"]): void;
  /** Draws the element with the styles of a view, too. */
  adopt(styles: string): void;
}

export const HostContext = createContext<Host | undefined>(undefined);

/** The element around a view. */
export function useHost(): Host {
  const host = useContext(HostContext);
  if (!host) throw new Error("a view outside of an element");
  return host;
}

/** Tells the page what is unread, whenever that has changed. @param count undefined: another view tells it */
export function useUnread(count: (state: ChatState) => ParleyUnread | undefined): void {
  const { chat, tell } = useHost();
  useEffect(
    () =>
      chat.subscribe(
        (state) => JSON.stringify(count(state)),
        (unread) => tell("parley-unread", JSON.parse(unread)),
      ),
    [chat],
  );
}
