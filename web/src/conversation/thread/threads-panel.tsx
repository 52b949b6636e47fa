import { useChat } from "parley-client/react";
import { moment, short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { preview } from "../../message/preview.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Panel } from "../panels/panel.tsx";

/** The threads of a conversation that the user follows, the newest reply first. */
export function ThreadsPanel({ id }: { id: number }) {
  const { chat } = useAccount();
  const unread = useChat(chat, (state) => state.conversation(id)?.threads_unread) ?? 0;
  // A reply of others changes the count, and then the list has to be another one.
  const { value, problem } = useLoaded(
    `${id}`,
    () => chat.api.call("get", "/v1/conversations/{id}/threads", { path: { id } }),
    unread,
  );
  return (
    <Panel title={t("threads.title")} id={id}>
      {problem && <p class="problem">{problem}</p>}
      {!value && !problem && <p class="blank">{t("conversation.loading")}</p>}
      {value?.items.length === 0 && <p class="blank">{t("threads.empty")}</p>}
      <ul class="threads">
        {value?.items.map(({ root, unread_count: count }) => {
          const { seq, sender, thread_summary: summary } = root;
          return (
            <li key={seq}>
              <a class="thread-row" href={href({ view: "conversation", id, thread: seq })}>
                <Avatar id={sender.id} name={nameOf(sender)} picture={sender.avatar} size="small" />
                <strong>
                  <bdi>{nameOf(sender)}</bdi>
                </strong>
                {summary && (
                  <time dateTime={new Date(summary.last_at).toISOString()} title={moment(summary.last_at)}>
                    {short(summary.last_at)}
                  </time>
                )}
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
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
