import { GroupCard } from "../group/group-card.tsx";
import { cardOf } from "../invitation/invited.ts";
import { Inviter } from "../invitation/inviter.tsx";
import { useLoaded } from "../state/use-loaded.ts";
import { Placeholder } from "../ui/missing/placeholder.tsx";
import { invitedTo } from "./anonymous.ts";

/** What somebody is invited to who has not signed in. */
export function Invited({ code }: { code: string }) {
  const { value: invited, problem } = useLoaded(code, () => invitedTo(code));
  if (problem) return <p class="problem">{problem}</p>;
  if (!invited) return <Placeholder rows={3} />;
  return (
    <GroupCard {...cardOf(invited)} isUnnumbered>
      <Inviter user={invited.inviter} />
    </GroupCard>
  );
}
