import type { HttpUrl } from "../http-url.ts";
import type { Seq } from "../ids.ts";

/** What another service posts for a group, in whichever form: a text in our Markdown. */
export interface HookPost {
  text: string;
  /** the name and the avatar that the message is shown with; absent: those of the hook */
  name?: string | undefined;
  avatar?: HttpUrl | undefined;
  /** the message that it answers in a thread, in the main stream too */
  thread?: Seq | undefined;
  /** what makes a repeat the same message; absent: each post is a message of its own */
  key?: string | undefined;
}
