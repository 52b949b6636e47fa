import type { ParleyChatElement, ParleyInboxElement } from "../../public/embed.d.ts";
import { ChatView } from "./chat-view.tsx";
import { Embedded } from "./element.tsx";
import { later } from "./later.tsx";

const Inbox = later(() => import("./inbox/inbox.tsx"));

/** `<parley-chat conversation="…">`: one conversation, in a page of any origin. */
export class ParleyChat extends Embedded implements ParleyChatElement {
  protected override view(id: number) {
    return <ChatView id={id} isAlone />;
  }

  protected override keyOf(id: number): string {
    return id > 0 ? `${id}` : "";
  }
}

/** `<parley-inbox>`: the conversations of a user, or those in a space, and the chosen one. */
export class ParleyInbox extends Embedded implements ParleyInboxElement {
  protected override view(id: number) {
    return <Inbox named={id} space={this.getAttribute("space")} />;
  }

  protected override keyOf(): string {
    return `*${this.getAttribute("space") ?? ""}`;
  }
}
