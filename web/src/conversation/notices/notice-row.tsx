import type { Message } from "parley-client";
import { memo } from "preact/compat";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { noticeOf, noticeText, usersOf } from "../../message/notice.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { useNames } from "../../state/use-names.ts";

/** A system message, in words. */
export const NoticeRow = memo(({ message }: { message: Message }) => {
  const { me } = useAccount();
  const { seq, conversation_id: id, created_at: at } = message;
  const notice = noticeOf(message);
  const names = useNames(notice ? usersOf(notice) : []);
  return (
    <li class="notice" data-seq={seq}>
      <p>
        {notice && noticeText(notice, me, (user) => names.get(user))}{" "}
        {notice && "seq" in notice && notice.seq !== undefined && (
          <a href={href({ view: "conversation", id, at: notice.seq })}>{t("notice.show")}</a>
        )}{" "}
        <Time at={at} />
      </p>
    </li>
  );
});
