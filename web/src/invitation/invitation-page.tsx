import { GroupCard } from "../group/group-card.tsx";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { isGone } from "../state/problem.ts";
import { go, href } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { Gone } from "../ui/missing/gone.tsx";
import { Page } from "../ui/page.tsx";
import { Inviter } from "./inviter.tsx";

/** The group of an invitation link, which the user may join. */
export function InvitationPage({ code }: { code: string }) {
  const { chat } = useAccount();
  const path = { code };
  const { value, problem, error } = useLoaded(code, () =>
    chat.api.call("get", "/v1/invitations/{code}", { path }),
  );
  const join = useAction(async () => {
    const { id } = await chat.api.call("post", "/v1/invitations/{code}", { path });
    go({ view: "conversation", id }, { replace: true });
  });
  return (
    <Page title={t("invitation.title")} back={href({ view: "home" })}>
      {isGone(error) ? (
        <Gone text={t("gone.invitation")} back={href({ view: "home" })} />
      ) : (
        problem && <p class="problem">{problem}</p>
      )}
      {value && (
        <GroupCard group={value}>
          <Inviter user={value.inviter} />
          {value.state === "requested" && <p>{t("invitation.requested")}</p>}
          {value.state === "none" && (
            <button class="primary" type="button" disabled={join.isBusy} onClick={() => void join.run()}>
              {t("invitation.join")}
            </button>
          )}
          {value.state === "member" && (
            <a class="secondary" href={href({ view: "conversation", id: value.id })}>
              {t("invitation.open")}
            </a>
          )}
          {join.problem && <p class="problem">{join.problem}</p>}
        </GroupCard>
      )}
    </Page>
  );
}
