import type { components } from "parley-client";
import { short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { nameOf } from "../../lib/names.ts";
import { preview } from "../../message/preview.ts";
import { href } from "../../state/router.ts";
import { Avatar } from "../../ui/avatar.tsx";

interface Props {
  thread: components["schemas"]["Thread"];
  /** the name of its conversation, where that is not known by the view */
  where?: string;
}

/** A thread that the user follows, which leads there. */
export function ThreadLink({ thread: { root, unread_count: count }, where }: Props) {
  const { conversation_id: id, seq, sender, thread_summary: summary } = root;
  return (
    <a class="thread-row" href={href({ view: "conversation", id, thread: seq })}>
      <Avatar id={sender.id} name={nameOf(sender)} picture={sender.avatar} size="small" />
      <strong>
        <bdi>{nameOf(sender)}</bdi>
        {where && (
          <small>
            <bdi>{where}</bdi>
          </small>
        )}
      </strong>
      {summary && <Time at={summary.last_at} as={short} />}
      <span class="thread-text" dir="auto">
        {preview(root)}
      </span>
      <small>{t("thread.replies", { n: summary?.count ?? 0 })}</small>
      {count > 0 && (
        <span class="badge" title={t("list.unread", { n: count })}>
          {count}
        </span>
      )}
    </a>
  );
}
