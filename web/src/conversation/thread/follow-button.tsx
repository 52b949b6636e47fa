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
  /** another value once a reply may have made the user follow the thread: their own, or the first one */
  cause: number;
}

/** Follows a thread, or ends it. */
export function FollowButton({ id, root, cause }: Props) {
  const { chat } = useAccount();
  const [wanted, setWanted] = useState<boolean | undefined>();
  const isFollowed = async () => {
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = cursor === undefined ? {} : { cursor };
      const answer = await chat.api.call("get", "/v1/conversations/{id}/threads", { path: { id }, query });
      if (answer.items.some((one) => one.root.seq === root)) return true;
      if (answer.next_cursor === null) break;
      cursor = answer.next_cursor;
    }
    return false;
  };
  const { value: loaded } = useLoaded(`${id} ${root}`, async () => ({ is: await isFollowed() }), cause);
  useEffect(() => setWanted(undefined), [loaded]);
  // The user may follow it on another device, too.
  useEffect(
    () =>
      chat.onFrame((frame) => {
        if (frame.type === "thread_read" && frame.conversation_id === id && frame.root === root)
          setWanted(frame.following);
      }),
    [chat, id, root],
  );
  const { run, isBusy, problem } = useAction(async (follow: boolean) => {
    await chat.api.call(follow ? "put" : "delete", FOLLOW, { path: { id, root } });
    setWanted(follow);
  });
  useEffect(() => {
    if (problem) toast(problem);
  }, [problem]);
  const is = wanted ?? loaded?.is;
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
