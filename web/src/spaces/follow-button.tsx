import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { followChannel } from "./state.ts";

/** Takes a channel into the list of the user: its page comes in the place of that of who looks at it. */
export function FollowButton({ id }: { id: number }) {
  const { chat } = useAccount();
  const follow = useAction(() => followChannel(chat, id, true));
  return (
    <>
      <ProblemText text={follow.problem} />
      <button class="secondary" type="button" disabled={follow.isBusy} onClick={() => void follow.run()}>
        {t("spaces.follow")}
      </button>
    </>
  );
}
