import type { Message } from "parley-client";
import { memo } from "preact/compat";
import { clock, moment } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { Avatar } from "../ui/avatar.tsx";
import { MessageBody } from "./message-body.tsx";

interface Props {
  message: Message;
  isOwn: boolean;
  /** whether it follows another message of its sender closely, and needs no name */
  isTogether: boolean;
  /** the day that begins with it */
  heading: string | undefined;
}

/** A message in the timeline. */
export const MessageRow = memo(({ message, isOwn, isTogether, heading }: Props) => {
  const { seq, sender, kind, created_at: at, edited_at: editedAt } = message;
  if (kind === "tip")
    return (
      <li class="tip" data-seq={seq}>
        {heading && <h3 class="day">{heading}</h3>}
        <MessageBody message={message} />
      </li>
    );
  return (
    <li class="message" data-seq={seq} data-own={isOwn} data-together={isTogether}>
      {heading && <h3 class="day">{heading}</h3>}
      {!isTogether && <Avatar id={sender.id} name={nameOf(sender)} picture={sender.avatar} size="small" />}
      <div class="bubble">
        {!isTogether && (
          <span class="sender">
            <bdi>{nameOf(sender)}</bdi>
          </span>
        )}
        <MessageBody message={message} />
        <span class="meta">
          {editedAt !== undefined && <span>{t("message.edited")}</span>}
          <time dateTime={new Date(at).toISOString()} title={moment(at)}>
            {clock(at)}
          </time>
        </span>
      </div>
    </li>
  );
});
