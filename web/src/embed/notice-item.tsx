import type { Chat, Message } from "parley-client";
import type { People } from "parley-client/people";
import { useSyncExternalStore } from "preact/compat";
import { day } from "../i18n/format.ts";
import { Time } from "../i18n/time.tsx";
import { nameOf } from "../lib/names.ts";
import { type Notice, noticeText } from "../message/notice.ts";

interface Props {
  chat: Chat;
  people: People;
  message: Message;
  /** what it reports */
  notice: Notice;
  /** whether it is the first of a day */
  isNewDay: boolean;
}

/** A system message, in words. Users whose names are not known are asked for. */
export function NoticeItem({ chat, people, message: { seq, created_at: at }, notice, isNewDay }: Props) {
  const text = useSyncExternalStore(people.subscribe, () =>
    noticeText(notice, chat.state.me, (id) => {
      const user = chat.state.user(id) ?? people.user(id);
      return user && nameOf(user);
    }),
  );
  return (
    <li part="notice" data-seq={seq}>
      {isNewDay && (
        <h3 class="edge" part="day">
          {day(at)}
        </h3>
      )}
      <p class="edge">
        {text} <Time at={at} />
      </p>
    </li>
  );
}
