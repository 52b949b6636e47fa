import type { Message } from "parley-client";
import { short } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { Time } from "../i18n/time.tsx";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { useNames } from "../state/use-names.ts";
import { Avatar } from "../ui/avatar.tsx";

/** Says below a root what its thread has, and leads there. */
export function ThreadSummary({ message }: { message: Message }) {
  const { thread_summary: summary, conversation_id: id, seq } = message;
  if (!summary || summary.count === 0) return null;
  return (
    <a class="thread-summary" href={href({ view: "conversation", id, thread: seq })}>
      <Faces ids={summary.user_ids} />
      <span>{t("thread.replies", { n: summary.count })}</span>
      <Time at={summary.last_at} as={short} />
    </a>
  );
}

function Faces({ ids }: { ids: readonly number[] }) {
  const { chat, people } = useAccount();
  const names = useNames(ids);
  return (
    <span class="faces">
      {ids.map((id) => {
        const picture = (chat.state.user(id) ?? people.user(id))?.avatar ?? "";
        return <Avatar key={id} id={id} name={names.get(id) ?? ""} picture={picture} size="small" />;
      })}
    </span>
  );
}
