import { GroupCard } from "../group/group-card.tsx";
import { t } from "../i18n/i18n.ts";
import { Inviter } from "../invitation/inviter.tsx";
import { useLoaded } from "../state/use-loaded.ts";
import { invitedTo } from "./anonymous.ts";

/** What somebody is invited to who has not signed in. */
export function Invited({ code }: { code: string }) {
  const { value: group, problem } = useLoaded(code, () => invitedTo(code));
  if (problem) return <p class="problem">{problem}</p>;
  if (!group) return <p class="status">{t("conversation.loading")}</p>;
  return (
    <GroupCard group={group} isStranger>
      <Inviter user={group.inviter} />
    </GroupCard>
  );
}
