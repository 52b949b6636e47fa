import type { Member } from "parley-client/people";
import { hasWords, wordsOf } from "parley-react/text";
import { useState } from "preact/hooks";
import { moment } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { PersonRow } from "../people/person-row.tsx";
import { sayAsked } from "../people/say-asked.ts";
import { UserPicker } from "../people/user-picker.tsx";
import { useAccount } from "../state/context.ts";
import type { User } from "../state/types.ts";
import { useAction } from "../state/use-action.ts";
import { useMembers } from "../state/use-people.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Placeholder } from "../ui/missing/placeholder.tsx";
import { Menu } from "../ui/overlay/menu.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { memberActions } from "./member-actions.ts";
import { NameCardDialog } from "./name-card-dialog.tsx";
import { type GroupEntry, isSilenced } from "./rights.ts";

/** So many members are shown before the user asks for all. */
const SHOWN = 20;

/** The members of a group, the owner and admins first. */
export function MemberList({ group }: { group: GroupEntry }) {
  const account = useAccount();
  const members = useMembers(group.id);
  const [filter, setFilter] = useState("");
  const [showsAll, setShowsAll] = useState(false);
  const [isAdding, setAdding] = useState(false);
  const [named, setNamed] = useState<Member | null>(null);
  const words = wordsOf(filter);
  const found = members?.filter(({ user, name_card: card }) =>
    hasWords(words, user.nickname, user.username, card),
  );
  const own = members?.find(({ user }) => user.id === account.me);
  const shown = showsAll ? found : found?.slice(0, SHOWN);
  return (
    <section class="group">
      <header class="section-head">
        <h3>{t("group.members")}</h3>
        <button class="link" type="button" onClick={() => setAdding(true)}>
          {t("group.add")}
        </button>
      </header>
      {group.member_count > SHOWN && (
        <input
          type="search"
          aria-label={t("group.filter")}
          placeholder={t("group.filter")}
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
      )}
      {!members && <Placeholder rows={Math.min(group.member_count, SHOWN)} />}
      <ul class="people">
        {shown?.map((member) => (
          <PersonRow key={member.user.id} user={member.user}>
            <MemberState member={member} />
            <Menu
              label={t("list.actions", { name: nameOf(member.user) })}
              items={memberActions(account, group, member, () => setNamed(member))}
            />
          </PersonRow>
        ))}
      </ul>
      {!showsAll && found && found.length > SHOWN && (
        <button class="link" type="button" onClick={() => setShowsAll(true)}>
          {t("group.showAll", { n: found.length })}
        </button>
      )}
      {own && !isSilenced(own) && (
        <button class="link" type="button" onClick={() => setNamed(own)}>
          {t("group.ownNameCard")}
        </button>
      )}
      {named && <NameCardDialog id={group.id} member={named} onClose={() => setNamed(null)} />}
      {isAdding && <AddDialog id={group.id} onClose={() => setAdding(false)} />}
    </section>
  );
}

/** The role of a member, and until when they may not write. */
function MemberState({ member }: { member: Member }) {
  const { role, muted_until: mutedUntil, name_card: card } = member;
  return (
    <small class="member-state">
      {card && <bdi>{card}</bdi>}
      {role !== "member" && <span>{t(`group.role.${role}`)}</span>}
      {isSilenced(member) && (
        <span title={mutedUntil > 0 ? moment(mutedUntil) : undefined}>{t("group.mutedMember")}</span>
      )}
    </small>
  );
}

function AddDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const { chat } = useAccount();
  const [users, setUsers] = useState<readonly User[]>([]);
  const add = useAction(async () => {
    const body = { user_ids: users.map((user) => user.id) };
    const added = await chat.api.call("post", "/v1/conversations/{id}/members", { path: { id }, body });
    sayAsked(users, added.asked);
    onClose();
  });
  return (
    <Dialog title={t("group.add")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void add.run();
        }}
      >
        <UserPicker chosen={users} onChange={setUsers} />
        <ProblemText text={add.problem} />
        <button class="primary" type="submit" disabled={add.isBusy || users.length === 0}>
          {t("group.add")}
        </button>
      </form>
    </Dialog>
  );
}
