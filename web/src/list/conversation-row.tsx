import type { ListRow } from "parley-react/list";
import { memo } from "preact/compat";
import { useRef, useState } from "preact/hooks";
import { listed, short } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { Time } from "../i18n/time.tsx";
import { nameOf } from "../lib/names.ts";
import { type Notice, noticeOf, noticeText, usersOf } from "../message/notice.ts";
import { preview } from "../message/preview.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { useNames } from "../state/use-names.ts";
import { Avatar } from "../ui/avatar.tsx";
import { whenReleased } from "../ui/gestures/released.ts";
import { useLongPress } from "../ui/gestures/use-long-press.ts";
import { Icon } from "../ui/icon.tsx";
import { lazy } from "../ui/lazy.tsx";
import { Opener } from "../ui/opener.tsx";

const RowMenu = lazy(async () => (await import("./row-menu.tsx")).RowMenu);

type Props = Omit<ListRow, "badge">;

/** A conversation in the list. */
export const ConversationRow = memo(
  ({ entry, unread, isMentioned, isMuted, isSelected, isReached }: Props) => {
    const { id, name, avatar, last_message: last, sticky } = entry;
    const isOnline = entry.kind === "direct" && entry.peer.online;
    const row = useRef<HTMLLIElement>(null);
    const [isHeld, setHeld] = useState(false);
    const openMenu = () => {
      setHeld(true);
      whenReleased(() => {
        setHeld(false);
        row.current?.querySelector("button")?.click();
      });
    };
    const touch = useLongPress(openMenu);
    return (
      <li
        ref={row}
        class="row-item"
        data-held={isHeld}
        {...touch}
        onContextMenu={(event) => {
          touch.onContextMenu(event);
          if (event.defaultPrevented) return;
          event.preventDefault();
          openMenu();
        }}
      >
        <a
          class="row"
          data-row
          href={href({ view: "conversation", id })}
          tabIndex={isReached ? 0 : -1}
          aria-current={isSelected ? "page" : undefined}
        >
          <span class="pictured" data-online={isOnline}>
            <Avatar id={entry.kind === "direct" ? entry.peer.id : id} name={name} picture={avatar} />
          </span>
          <span>
            <span class="row-name">
              <bdi data-bot={entry.kind === "direct" ? entry.peer.bot : undefined}>{name}</bdi>
              {isMuted && <Icon name="muted" />}
              {sticky && <Icon name="pin" />}
            </span>
            {last && <Time at={last.created_at} as={short} />}
          </span>
          <span>
            <span class="row-preview">
              <Summary entry={entry} isSelected={isSelected} />
            </span>
            <span class="badges">
              {isMentioned && (
                <span class="badge" role="img" aria-label={t("list.mentioned")}>
                  @
                </span>
              )}
              {unread > 0 && (
                <span
                  class="badge"
                  data-silent={isMuted}
                  role="img"
                  aria-label={t("list.unread", { n: unread })}
                >
                  {unread > 999 ? "999+" : unread}
                </span>
              )}
            </span>
          </span>
        </a>
        <Opener label={t("list.actions", { name })} tabIndex={-1}>
          {(opened) => <RowMenu {...opened} entry={entry} />}
        </Opener>
      </li>
    );
  },
);

/** A system message, in words. */
function NoticeText({ notice }: { notice: Notice }) {
  const { me } = useAccount();
  const names = useNames(usersOf(notice));
  return <>{noticeText(notice, me, (id) => names.get(id))}</>;
}

function Typing({ ids }: { ids: readonly number[] }) {
  const names = useNames(ids);
  const known = ids.map((id) => names.get(id) ?? "…");
  return <em>{t("list.typing", { names: listed(known), n: ids.length })}</em>;
}

/** Who is typing, else what the user was writing there, else the newest message. */
function Summary({ entry, isSelected }: Pick<Props, "entry" | "isSelected">) {
  const { drafts, me } = useAccount();
  const { typing, last_message: last } = entry;
  // What is written in the conversation on screen stands in its field.
  const draft = isSelected ? undefined : drafts.get(entry.id);
  if (typing.length > 0) return <Typing ids={typing} />;
  if (draft?.text) return <em>{t("list.draft", { text: draft.text })}</em>;
  if (!last) return <>{t("list.quiet")}</>;
  const notice = noticeOf(last);
  if (notice) return <NoticeText notice={notice} />;
  const text = preview(last);
  if (last.sender.id === me) return <>{t("list.you", { text })}</>;
  return <>{entry.kind === "group" ? t("list.sender", { name: nameOf(last.sender), text }) : text}</>;
}
