import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { href } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { Avatar } from "../ui/avatar.tsx";

interface Listed {
  id: number;
  username: string;
  nickname: string;
  avatar: string;
}

interface UserPage {
  items: readonly { user: Listed }[];
  next_cursor: string | null;
}

/** Users who come in pages, each with a link. @param load loads the page of a cursor; empty: the first one */
export function UserPages({ load }: { load: (cursor: string) => Promise<UserPage> }) {
  const [users, setUsers] = useState<readonly Listed[]>([]);
  const [next, setNext] = useState<string | null>("");
  const { run, isBusy, problem } = useAction(async () => {
    const page = await load(next ?? "");
    setUsers([...users, ...page.items.map(({ user }) => user)]);
    setNext(page.next_cursor);
  });
  useEffect(() => void run(), []);
  return (
    <>
      <ul class="users">
        {users.map((user) => (
          <li key={user.id}>
            <a class="user-line" href={href({ view: "user", id: user.id })}>
              <Avatar id={user.id} name={nameOf(user)} picture={user.avatar} size="small" />
              <bdi>{nameOf(user)}</bdi>
            </a>
          </li>
        ))}
      </ul>
      {problem && <p class="problem">{problem}</p>}
      {(isBusy || next || problem) && (
        <button type="button" class="link" disabled={isBusy} onClick={() => void run()}>
          {t(isBusy ? "conversation.loading" : problem ? "action.retry" : "message.more")}
        </button>
      )}
    </>
  );
}
