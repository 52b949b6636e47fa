import type { MediaKind } from "../errors.ts";
import type { HttpUrl } from "../http-url.ts";
import type { Seq } from "../ids.ts";
import type { Content } from "../messages/content.ts";

/** A stored file, as a message shows it. */
export interface HookFile {
  kind: MediaKind;
  body: Extract<Content, { kind: "file" }>["body"];
}

/** What another service posts for a group, in whichever form: a text in our Markdown. */
export interface HookPost {
  /** `""`: none, beside files */
  text: string;
  /** each becomes a message; the text is the caption of the first one, if it is short enough */
  files?: readonly HookFile[] | undefined;
  /** the name and the avatar that the message is shown with; absent: those of the hook */
  name?: string | undefined;
  avatar?: HttpUrl | undefined;
  /** the message that it answers in a thread, in the main stream too */
  thread?: Seq | undefined;
  /** what makes a repeat the same message; absent: each post is a message of its own */
  key?: string | undefined;
}
