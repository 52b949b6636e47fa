import type { Message } from "parley-client";
import { useChat } from "parley-client/react";
import { excerpt } from "parley-react/excerpts";
import type { AnchorHTMLAttributes, ComponentChildren } from "preact";
import { short } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { Time } from "../i18n/time.tsx";
import { nameOf } from "../lib/names.ts";
import { preview } from "../message/preview.ts";
import { routeOf } from "../message/route-of.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Highlighted } from "../ui/highlighted.tsx";

interface Props {
  message: Message;
  /** what to mark in its text */
  part?: string;
  isUnread?: boolean;
  /** whether it stands among messages of its conversation, which then is not named */
  isHere?: boolean;
  /** what makes the link something else, as an option of a list */
  anchor?: Omit<AnchorHTMLAttributes, "role"> & { role?: "option" };
  /** what stands below its text */
  children?: ComponentChildren;
}

/** A message of any conversation, which leads there. */
export function MessageLink({ message, part = "", isUnread = false, isHere, anchor, children }: Props) {
  const { chat } = useAccount();
  const { conversation_id: id, sender, created_at: at } = message;
  const name = useChat(chat, (state) => state.conversation(id)?.name) ?? t("list.otherConversation");
  return (
    <a class="found" data-unread={isUnread} href={href(routeOf(message))} {...anchor}>
      <Avatar id={sender.id} name={nameOf(sender)} picture={sender.avatar} size="small" />
      <span class="row-name">
        <bdi>{nameOf(sender)}</bdi>
        {!isHere && (
          <small>
            <bdi>{name}</bdi>
          </small>
        )}
      </span>
      <Time at={at} as={short} />
      <span class="found-text" dir="auto">
        <Highlighted text={excerpt(preview(message), part)} part={part} />
      </span>
      {children}
    </a>
  );
}
