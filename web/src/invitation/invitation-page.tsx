import { GroupCard } from "../group/group-card.tsx";
import { t } from "../i18n/i18n.ts";
import { openSpace } from "../spaces/state.ts";
import { useAccount } from "../state/context.ts";
import { isGone } from "../state/problem.ts";
import { go, href } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { Gone } from "../ui/missing/gone.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { cardOf } from "./invited.ts";
import { Inviter } from "./inviter.tsx";

/** The group or the space of an invitation link, which the user may join. */
export function InvitationPage({ code }: { code: string }) {
  const { chat } = useAccount();
  const path = { code };
  const { value, problem, error } = useLoaded(code, () =>
    chat.api.call("get", "/v1/invitations/{code}", { path }),
  );
  const join = useAction(async () => {
    const joined = await chat.api.call("post", "/v1/invitations/{code}", { path });
    if ("space" in joined) await openSpace(chat, joined.space.id, joined.channel_id);
    else go({ view: "conversation", id: joined.id }, { replace: true });
  });
  const open = useAction(async () => value && "space" in value && openSpace(chat, value.space.id));
  return (
    <Page title={t("invitation.title")} back={href({ view: "home" })}>
      {isGone(error) ? (
        <Gone text={t("gone.invitation")} back={href({ view: "home" })} />
      ) : (
        problem && <p class="problem">{problem}</p>
      )}
      {value && (
        <GroupCard {...cardOf(value)}>
          <Inviter user={value.inviter} />
          {value.state === "requested" && <p>{t("invitation.requested")}</p>}
          {value.state === "none" && (
            <button class="primary" type="button" disabled={join.isBusy} onClick={() => void join.run()}>
              {t("invitation.join")}
            </button>
          )}
          {value.state === "member" &&
            ("space" in value ? (
              <button class="secondary" type="button" disabled={open.isBusy} onClick={() => void open.run()}>
                {t("invitation.open")}
              </button>
            ) : (
              <a class="secondary" href={href({ view: "conversation", id: value.id })}>
                {t("invitation.open")}
              </a>
            ))}
          <ProblemText text={join.problem || open.problem} />
        </GroupCard>
      )}
    </Page>
  );
}
