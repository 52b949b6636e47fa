import { useComputed } from "@preact/signals";
import type { Message } from "parley-client";
import { memo } from "preact/compat";
import { useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { hueOf } from "../ui/avatar.tsx";
import { lazy } from "../ui/lazy.tsx";
import { ActionBar } from "./actions/action-bar.tsx";
import { rightsOf } from "./actions/rights.ts";
import { selection, toggle } from "./actions/selection.ts";
import { useRowActions } from "./actions/use-row-actions.ts";
import { MessageBody } from "./body/message-body.tsx";
import { Meta } from "./meta.tsx";
import { useThreadHere } from "./place.ts";
import { preview } from "./preview.ts";
import { Reactions } from "./reactions/reactions.tsx";
import { SenderPicture } from "./sender-picture.tsx";
import { ThreadSummary } from "./thread-summary.tsx";

const Buttons = lazy(async () => (await import("./buttons/buttons.tsx")).Buttons);
const MessageMenu = lazy(async () => (await import("./actions/message-menu.tsx")).MessageMenu);

interface Props {
  message: Message;
  isOwn: boolean;
  /** whether it follows another message of its sender closely */
  isTogether: boolean;
  /** whether no other message follows it so: one in the midst of a run shows its time while it is active */
  isLast: boolean;
  /** whether the name of its sender is seen; screen readers always tell it */
  isNamed: boolean;
  /** the day that begins with it */
  heading: string | undefined;
}

/** A message in the timeline, with what can be done with it. */
export const MessageRow = memo(({ message, isOwn, isTogether, isLast, isNamed, heading }: Props) => {
  const { conversation_id: id, seq, sender, kind } = message;
  const row = useRef<HTMLLIElement>(null);
  const thread = useThreadHere();
  const { isActive, menu, closeMenu, openMenu, reply, handlers } = useRowActions(row, message, thread);
  const isSelected = useComputed(() =>
    selection.value?.id === id ? selection.value.messages.has(seq) : undefined,
  ).value;
  const { chat, me } = useAccount();
  const mayReact = rightsOf(message, chat.state.conversation(id), me).write;
  const isTold = message.pinned_at > 0 || message.edited_at !== undefined || message.thread !== undefined;
  const isTimed = isLast || isTold;
  if (kind === "tip")
    return (
      <li class="tip" data-seq={seq}>
        {heading && <h3 class="day">{heading}</h3>}
        <p>{preview(message)}</p>
      </li>
    );
  return (
    <li
      ref={row}
      class="message"
      data-seq={seq}
      data-own={isOwn}
      data-together={isTogether}
      data-active={isActive}
      data-selected={isSelected}
      {...handlers}
    >
      {heading && <h3 class="day">{heading}</h3>}
      {isSelected !== undefined && (
        <input
          type="checkbox"
          class="select"
          checked={isSelected}
          disabled={message.revoked}
          aria-label={t("message.choose", { text: preview(message) })}
          onChange={() => toggle(message)}
        />
      )}
      {!isTogether && <SenderPicture sender={sender} />}
      <div class="bubble-side">
        <div class="bubble" data-kind={message.revoked ? "revoked" : kind}>
          <span class={isNamed && !isOwn ? "sender" : "visually-hidden"} data-hue={hueOf(sender.id)}>
            <bdi data-bot={sender.bot}>{nameOf(sender)}</bdi>
          </span>
          <MessageBody message={message} />
          <Meta message={message} isTimed={isTimed} />
        </div>
        {isActive && isSelected === undefined && (
          <ActionBar message={message} isTimed={!isTimed} onReply={reply} onMenu={(at) => openMenu(at)} />
        )}
        {message.buttons && <Buttons message={message} />}
        <Reactions message={message} onAdd={mayReact ? (at) => openMenu(at, true) : undefined} />
        {thread === 0 && <ThreadSummary message={message} />}
      </div>
      {menu && <MessageMenu key={menu.count} {...{ message, thread, ...menu }} onClose={closeMenu} />}
    </li>
  );
});
