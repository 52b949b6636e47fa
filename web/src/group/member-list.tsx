import type { Member } from "parley-client/people";
import { hasWords, wordsOf } from "parley-react/text";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { moment } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { PersonRow } from "../people/person-row.tsx";
import { sayAsked } from "../people/say-asked.ts";
import { UserPicker } from "../people/user-picker.tsx";
import { usePaused } from "../search/use-paused.ts";
import { useAccount } from "../state/context.ts";
import type { User } from "../state/types.ts";
import { useAction } from "../state/use-action.ts";
import { usePages } from "../state/use-pages.ts";
import { useMembers, useUser } from "../state/use-people.ts";
import { useReload } from "../state/use-reload.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Placeholder } from "../ui/missing/placeholder.tsx";
import { MoreButton } from "../ui/more.tsx";
import { Menu } from "../ui/overlay/menu.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { memberActions } from "./member-actions.ts";
import { NameCardDialog } from "./name-card-dialog.tsx";
import { type GroupEntry, isChannel, isSilenced } from "./rights.ts";

/** So many members are shown before the user asks for all. */
const SHOWN = 20;

/** A search begins when nothing was typed for this time, in ms. */
const PAUSE = 250;
/** The server takes so many characters. */
const MAX_QUERY = 64;
const NOBODY = { items: [], next_cursor: null };

interface ShownProps {
  group: GroupEntry;
  /** what was typed to filter them */
  filter: string;
  /** a member is to get another name card */
  onName: (member: Member) => void;
}

/** The members of a group, whom one can filter, and add to. */
export function MemberList({ group }: { group: GroupEntry }) {
  const [filter, setFilter] = useState("");
  const [isAdding, setAdding] = useState(false);
  const [named, setNamed] = useState<Member | null>(null);
  const Shown = group.crowd ? CrowdMembers : AllMembers;
  return (
    <section class="group">
      <header class="section-head">
        <h3>{t(isChannel(group) ? "spaces.followers" : "group.members")}</h3>
        {!isChannel(group) && (
          <button class="link" type="button" onClick={() => setAdding(true)}>
            {t("group.add")}
          </button>
        )}
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
      <Shown group={group} filter={filter} onName={setNamed} />
      {named && <NameCardDialog id={group.id} member={named} onClose={() => setNamed(null)} />}
      {isAdding && <AddDialog id={group.id} onClose={() => setAdding(false)} />}
    </section>
  );
}

/** All members of a group, the owner and admins first. */
function AllMembers({ group, filter, onName }: ShownProps) {
  const { me } = useAccount();
  const members = useMembers(group.id);
  const [showsAll, setShowsAll] = useState(false);
  const words = wordsOf(filter);
  const found = members?.filter(({ user, name_card: card }) =>
    hasWords(words, user.nickname, user.username, card),
  );
  const own = members?.find(({ user }) => user.id === me);
  return (
    <Rows group={group} members={showsAll ? found : found?.slice(0, SHOWN)} own={own} onName={onName}>
      {!showsAll && found && found.length > SHOWN && (
        <button class="link" type="button" onClick={() => setShowsAll(true)}>
          {t("group.showAll", { n: found.length })}
        </button>
      )}
    </Rows>
  );
}

/** The members of a crowd, whom the server searches: they come in pages, and never all at once. */
function CrowdMembers({ group, filter, onName }: ShownProps) {
  const { chat, me } = useAccount();
  const { id } = group;
  const self = useUser(me)?.username ?? "";
  const find = (query: { cursor?: string; q?: string }) =>
    chat.api.call("get", "/v1/conversations/{id}/members", { path: { id }, query });
  const q = usePaused(filter.trim().slice(0, MAX_QUERY), PAUSE);
  const found = usePages((query) => find({ ...query, ...(q && { q }) }), q);
  const selves = usePages(async (query) => (self ? find({ ...query, q: self }) : NOBODY), self);
  // Of a crowd few frames come: those about the user, and what room sockets bring.
  useReload(found.reload, (frame) => frame.type === "member" && frame.conversation_id === id);
  const own = selves.items?.find(({ user }) => user.id === me);
  return (
    <Rows group={group} members={found.items} own={own} onName={onName}>
      <ProblemText text={found.problem} />
      <MoreButton pages={found} />
    </Rows>
  );
}

interface RowsProps extends Omit<ShownProps, "filter"> {
  /** undefined: they are not known yet */
  members: readonly Member[] | undefined;
  /** the user as a member */
  own: Member | undefined;
  /** how one gets at more members */
  children: ComponentChildren;
}

function Rows({ group, members, own, onName, children }: RowsProps) {
  const account = useAccount();
  return (
    <>
      {!members && <Placeholder rows={Math.min(group.member_count, SHOWN)} />}
      <ul class="people">
        {members?.map((member) => (
          <PersonRow key={member.user.id} user={member.user}>
            <MemberState member={member} />
            <Menu
              label={t("list.actions", { name: nameOf(member.user) })}
              items={memberActions(account, group, member, () => onName(member))}
            />
          </PersonRow>
        ))}
      </ul>
      {children}
      {own && !isSilenced(own) && !isChannel(group) && (
        <button class="link" type="button" onClick={() => onName(own)}>
          {t("group.ownNameCard")}
        </button>
      )}
    </>
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
