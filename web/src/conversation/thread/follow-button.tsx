import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { toast } from "../../ui/toasts.tsx";

/** A thread is looked for in so many pages of those that the user follows. */
const MAX_PAGES = 5;
const FOLLOW = "/v1/conversations/{id}/threads/{root}/follow";

interface Props {
  id: number;
  root: number;
  /** how many replies are known that make the user follow the thread: their own, and the first one */
  replies: number;
}

/** Follows a thread, or ends it. */
export function FollowButton({ id, root, replies }: Props) {
  const { chat } = useAccount();
  const [wanted, setWanted] = useState<boolean | undefined>();
  const { value: isFollowed } = useLoaded(`${id} ${root} ${replies}`, async () => {
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = cursor === undefined ? {} : { cursor };
      const answer = await chat.api.call("get", "/v1/conversations/{id}/threads", { path: { id }, query });
      if (answer.items.some((one) => one.root.seq === root)) return true;
      if (answer.next_cursor === null) break;
      cursor = answer.next_cursor;
    }
    return false;
  });
  useEffect(() => setWanted(undefined), [isFollowed]);
  const { run, isBusy, problem } = useAction(async (follow: boolean) => {
    await chat.api.call(follow ? "put" : "delete", FOLLOW, { path: { id, root } });
    setWanted(follow);
  });
  useEffect(() => {
    if (problem) toast(problem);
  }, [problem]);
  const is = wanted ?? isFollowed;
  if (is === undefined) return null;
  return (
    <button
      type="button"
      class="secondary"
      aria-pressed={is}
      disabled={isBusy}
      title={t(is ? "thread.unfollow" : "thread.follow")}
      onClick={() => void run(!is)}
    >
      {t(is ? "thread.following" : "thread.follow")}
    </button>
  );
}
