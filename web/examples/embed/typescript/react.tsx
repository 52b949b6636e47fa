/** @jsxImportSource react */
import type { ParleyElements, ParleyInboxElement } from "../../../public/embed.d.ts";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements extends ParleyElements {}
  }
}

/** An inbox in a page of React 19. */
export function Inbox({ getToken }: { getToken: () => Promise<string> }) {
  return (
    <parley-inbox
      getToken={getToken}
      className="shop"
      onparley-unread={({ detail }) => {
        document.title = `Shop (${detail.count})`;
      }}
      ref={(inbox: ParleyInboxElement | null) => inbox?.focus()}
    />
  );
}
