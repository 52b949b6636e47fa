import type { Message } from "parley-client";
import { nameOf } from "../lib/names.ts";
import { href } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";

/** The picture of who has written, which leads to them. */
export function SenderPicture({ sender }: Pick<Message, "sender">) {
  const picture = <Avatar id={sender.id} name={nameOf(sender)} picture={sender.avatar} size="small" />;
  // An incoming hook has no profile.
  return sender.id ? (
    <a
      class="sender-picture"
      href={href({ view: "user", id: sender.id })}
      tabIndex={-1}
      aria-label={nameOf(sender)}
    >
      {picture}
    </a>
  ) : (
    picture
  );
}
