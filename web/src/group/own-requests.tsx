import { when } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import type { Pages } from "../state/use-pages.ts";
import { MoreButton } from "../ui/more.tsx";

/** A request of the user's to join a group, of which they may not see more than the number. */
interface OwnRequest {
  conversation_id: number;
  created_at: number;
}

interface Props {
  pages: Pages<OwnRequest>;
  /** a request is withdrawn */
  done: () => void;
}

/** The groups that the user has asked to join, and that have not answered. */
export function OwnRequests({ pages, done }: Props) {
  const { chat } = useAccount();
  const withdraw = useAction(async (id: number) => {
    await chat.api.call("delete", "/v1/me/join-requests/{conversation_id}", {
      path: { conversation_id: id },
    });
    done();
  });
  const problem = pages.problem || withdraw.problem;
  if (!pages.items?.length && !problem) return null;
  return (
    <section class="group">
      <h3>{t("finder.sent")}</h3>
      {problem && <p class="problem">{problem}</p>}
      <ul class="people">
        {pages.items?.map(({ conversation_id: id, created_at: at }) => (
          <li key={id} class="person-row">
            <span class="session">
              {t("group.number", { number: String(id) })}
              <small>{when(at)}</small>
            </span>
            <button
              class="link"
              type="button"
              aria-label={t("finder.withdraw", { number: String(id) })}
              disabled={withdraw.isBusy}
              onClick={() => void withdraw.run(id)}
            >
              {t("people.withdraw")}
            </button>
          </li>
        ))}
      </ul>
      <MoreButton pages={pages} />
    </section>
  );
}
